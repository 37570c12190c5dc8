import type { ClientStatistics, SharablePages, ShareOutcome, SharingClient } from '../types.ts'
import { Counters } from './counters.ts'
import { RandomOrder } from './random-order.ts'
import type { RateCap } from './rate-cap.ts'
import { requireNatural } from './require.ts'

interface MemberParts {
  readonly id: number
  readonly pages: SharablePages
  readonly domain: number
  readonly cap: RateCap
  readonly random: () => number
  readonly tryShare: (member: Member, ppn: number) => ShareOutcome
  readonly remove: (member: Member) => void
}

/** A client as its sharer knows it. */
export class Member implements SharingClient {
  /** The number that hints know it by. */
  readonly id: number
  readonly pages: SharablePages
  readonly domain: number
  readonly cap: RateCap
  readonly counters: Counters = new Counters()
  readonly #parts: MemberParts
  #order: RandomOrder
  #isRemoved = false

  constructor(parts: MemberParts) {
    this.id = parts.id
    this.pages = parts.pages
    this.domain = parts.domain
    this.cap = parts.cap
    this.#parts = parts
    this.#order = new RandomOrder(0, parts.random)
  }

  tryShare(ppn: number): ShareOutcome {
    requireNatural('ppn', ppn)
    if (this.#isRemoved)
      throw new Error('the client has been removed from its sharer; add its pages again to share them')
    return this.#parts.tryShare(this, ppn)
  }

  remove(): void {
    if (this.#isRemoved) return
    this.#isRemoved = true
    this.#parts.remove(this)
  }

  get statistics(): ClientStatistics {
    return this.counters.copy()
  }

  /** Each page once before any comes again. There must be pages. */
  nextPage(): number {
    const ppn = this.#order.next()
    if (ppn >= 0) return ppn
    this.#order = new RandomOrder(this.pages.endPage, this.#parts.random)
    return this.#order.next()
  }
}
