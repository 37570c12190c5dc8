import type { Chain } from '@mica-vm/virtio'
import { PAGE_BYTES } from './registers.ts'
import type { BalloonEvent, BalloonPages, Violation } from './types.ts'

/** The rules that a driver has broken: each is told of once, and all are counted. */
export class Violations {
  readonly #emit: (event: BalloonEvent) => void
  readonly #told = new Set<Violation>()
  #count = 0

  constructor(emit: (event: BalloonEvent) => void) {
    this.#emit = emit
  }

  get count(): number {
    return this.#count
  }

  /** `what` the guest did, as a sentence without its subject. */
  add(rule: Violation, what: string): void {
    this.#count++
    if (this.#told.has(rule)) return
    this.#told.add(rule)
    this.#emit({ kind: 'violation', rule, message: `the guest's balloon driver ${what}` })
  }

  /** Calls `visit` for each page of RAM that the writable part of a buffer names; anything else in it breaks a rule. */
  wholePages(chain: Chain, pages: BalloonPages, visit: (ppn: number) => void): void {
    if (chain.writableBytes > pages.endPage * PAGE_BYTES)
      return this.add('malformed-list', `named ${chain.writableBytes} bytes as free, more than it has`)
    for (const { address, bytes } of chain.writable) {
      if (address % PAGE_BYTES !== 0 || bytes % PAGE_BYTES !== 0) {
        this.add('malformed-list', `named ${bytes} bytes at ${address} as free, which are no whole pages`)
        continue
      }
      const first = address / PAGE_BYTES
      for (let ppn = first; ppn < first + bytes / PAGE_BYTES; ppn++) {
        if (pages.isWritable(ppn)) visit(ppn)
        else this.add('not-memory', `named page ${ppn} as free, which is no memory of its own`)
      }
    }
  }

  reset(): void {
    this.#told.clear()
    this.#count = 0
  }

  restore(count: number): void {
    this.reset()
    this.#count = count
  }
}
