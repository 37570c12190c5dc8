import { SwapStoreError } from '../errors.ts'
import type { SwapStore } from '../types.ts'

/**
 * Swap in the runtime's own memory, for hosts without files: it frees frames, not memory. A page costs nothing until it is written and after
 * its slot was given back.
 */
export class MemorySwapStore implements SwapStore {
  readonly slots: number
  readonly #pages = new Map<number, Uint8Array>()

  constructor(slots: number) {
    this.slots = slots
  }

  read(slot: number, into: Uint8Array): void {
    const page = this.#pages.get(slot)
    if (page === undefined) throw new SwapStoreError('lost', `slot ${slot} was never written`)
    into.set(page)
  }

  write(slot: number, from: Uint8Array): void {
    const page = this.#pages.get(slot)
    if (page) page.set(from)
    else this.#pages.set(slot, from.slice())
  }

  discard(slot: number): void {
    this.#pages.delete(slot)
  }

  close(): void {
    this.#pages.clear()
  }
}
