import type { SharablePages } from '../types.ts'
import { Counters } from './counters.ts'
import { RandomOrder } from './random-order.ts'
import type { RateCap } from './rate-cap.ts'

/** What the sharer keeps of a client. */
export class Member {
  readonly id: number
  readonly pages: SharablePages
  readonly domain: number
  readonly cap: RateCap
  readonly counters: Counters = new Counters()
  readonly #random: () => number
  #order: RandomOrder

  constructor(id: number, pages: SharablePages, domain: number, cap: RateCap, random: () => number) {
    this.id = id
    this.pages = pages
    this.domain = domain
    this.cap = cap
    this.#random = random
    this.#order = new RandomOrder(0, random)
  }

  /** Each page once before any comes again. There must be pages. */
  nextPage(): number {
    const ppn = this.#order.next()
    if (ppn >= 0) return ppn
    this.#order = new RandomOrder(this.pages.endPage, this.#random)
    return this.#order.next()
  }
}
