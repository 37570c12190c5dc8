import type { SwapSpace } from './swap-space.ts'
import type { SlotHolder, SwapFailure } from './types.ts'

/**
 * A guest's right to slots of a swap space: it never holds more than `pages` references to slots, and is never refused one before.
 * Several maps may draw on one reservation.
 */
export class SwapReservation {
  readonly space: SwapSpace
  readonly #holders = new Set<SlotHolder>()
  readonly #ended: () => void
  #pages: number
  #used = 0
  /** Slots that pages hold for a moment beside the one that they are about to give up. */
  #overdrawn = 0

  /** Made by `SwapSpace.reserve`. */
  constructor(space: SwapSpace, pages: number, ended: () => void) {
    this.space = space
    this.#pages = pages
    this.#ended = ended
  }

  get pages(): number {
    return this.#pages
  }

  /** References to slots that its maps hold. */
  get used(): number {
    return this.#used
  }

  /** Changes how many pages are reserved. False, and nothing has changed, if fewer than are used, or more than are left. */
  resize(pages: number): boolean {
    if (pages < this.#used) this.#giveBack()
    if (pages < this.#used || !this.space.exchangeReserved(this.#pages, pages)) return false
    this.#pages = pages
    return true
  }

  /** Gives the right back. The maps that use it must have been released before. */
  release(): void {
    if (this.#used > 0) throw new RangeError(`${this.#used} slots are in use; release the maps that hold them first`)
    this.resize(0)
    this.#ended()
  }

  /** Whether `count` more references can be had. */
  hasRoom(count: number): boolean {
    const wanted = count - this.#overdrawn
    if (this.#used + wanted > this.#pages) this.#giveBack()
    return this.#used + wanted <= this.#pages
  }

  /**
   * Writes a page to a slot and holds the one reference to it. `overdrawn`: for a page that is about to give up another slot, and so
   * may exceed the reservation until it is settled.
   */
  save(from: Uint8Array, overdrawn: boolean): number | SwapFailure {
    if (!overdrawn && !this.hasRoom(1))
      return { kind: 'swap-full', message: `all ${this.#pages} pages of swap that are reserved for it are in use` }
    const saved = this.space.save(from)
    if (typeof saved !== 'number') return saved
    this.#used++
    if (overdrawn) this.#overdrawn++
    return saved
  }

  /** A page that was saved overdrawn gives one of its two slots up now. */
  settle(): void {
    this.#overdrawn--
  }

  load(slot: number, into: Uint8Array): SwapFailure | null {
    return this.space.load(slot, into)
  }

  /** Holds one more reference to a slot. There must be room. */
  retain(slot: number): void {
    this.space.retain(slot)
    this.#used++
  }

  free(slot: number): void {
    this.space.release(slot)
    this.#used--
  }

  /** Makes `holder` part of the audit; returns the function that ends this. */
  register(holder: SlotHolder): () => void {
    this.#holders.add(holder)
    return () => {
      this.#holders.delete(holder)
    }
  }

  /** Adds, for each reference held, one to `counts[slot]`; answers what does not add up. */
  countSlots(counts: Uint32Array): string[] {
    let held = 0
    for (const holder of this.#holders) held += holder.countSlots(counts)
    return held === this.#used && held <= this.#pages
      ? []
      : [`maps hold ${held} slots of a reservation of ${this.#pages}, ${this.#used} counted`]
  }

  /** Slots whose contents are in frames, too, are the first to go. */
  #giveBack(): void {
    for (const holder of this.#holders) holder.dropKeptSlots()
  }
}
