import { SwapStoreError } from '../errors.ts'
import type { SwapStore } from '../types.ts'

/** Pages of given-back slots that are kept for the next ones: a runtime collects what lies outside of its heap late. */
const mostSpares = 4096

/**
 * Swap in the runtime's own memory, for hosts without files: it frees frames, not memory. A page costs nothing until it is written, and
 * little after its slot was given back.
 */
export class MemorySwapStore implements SwapStore {
  readonly slots: number
  readonly #pages = new Map<number, Uint8Array>()
  readonly #spares: Uint8Array[] = []

  constructor(slots: number) {
    this.slots = slots
  }

  read(slot: number, into: Uint8Array): void {
    const page = this.#pages.get(slot)
    if (page === undefined) throw new SwapStoreError('lost', `slot ${slot} was never written`)
    into.set(page)
  }

  write(slot: number, from: Uint8Array): void {
    const page = this.#pages.get(slot) ?? this.#spares.pop() ?? new Uint8Array(from.length)
    page.set(from)
    this.#pages.set(slot, page)
  }

  discard(slot: number): void {
    const page = this.#pages.get(slot)
    if (page && this.#spares.length < mostSpares) this.#spares.push(page)
    this.#pages.delete(slot)
  }

  close(): void {
    this.#pages.clear()
    this.#spares.length = 0
  }
}
