import { FRAME_BYTES } from '../geometry.ts'
import type { MachineMemory } from '../machine-memory.ts'
import { PageState } from '../types.ts'
import type { PageTable } from './page-table.ts'
import type { Pager } from './pager.ts'

/**
 * How devices reach a page that gets no frame because all are in use: by swap. A write composes the page's contents anew, puts them into a slot
 * of their own, and the page takes that slot over when all pages of the write have theirs; so a store that fails half-way has changed nothing.
 */
export class SlotAccess {
  readonly #machine: MachineMemory
  readonly #table: PageTable
  readonly #pager: Pager
  readonly #page = new Uint8Array(FRAME_BYTES)
  /** PPN to the slot with its new contents. */
  readonly #staged = new Map<number, number>()

  constructor(machine: MachineMemory, table: PageTable, pager: Pager) {
    this.#machine = machine
    this.#table = table
    this.#pager = pager
  }

  /** The contents of a page; valid until the next call. Null if they cannot be had. */
  read(ppn: number): Uint8Array | null {
    const { states, frames } = this.#table
    if (this.#isSwapped(ppn)) {
      const failure = this.#pager.swap!.load(this.#table.slots[ppn]!, this.#page)
      // That there was no frame has become no failure.
      if (failure === null) this.#pager.failure = null
      else this.#pager.fail(ppn, failure)
      return failure === null ? this.#page : null
    }
    const mpn = states[ppn] === PageState.Resident ? frames[ppn]! : this.#machine.zeroFrame
    this.#page.set(this.#machine.bytes.subarray(mpn * FRAME_BYTES, (mpn + 1) * FRAME_BYTES))
    return this.#page
  }

  /** Prepares that a page has `from` at `offset`. False if swap cannot take it. */
  stage(ppn: number, offset: number, from: Uint8Array): boolean {
    const { swap } = this.#pager
    const page = swap && this.read(ppn)
    if (!page) return false
    page.set(from, offset)
    const slot = swap.save(page, this.#isSwapped(ppn))
    if (typeof slot === 'number') this.#staged.set(ppn, slot)
    else this.#pager.fail(ppn, slot)
    return typeof slot === 'number'
  }

  isStaged(ppn: number): boolean {
    return this.#staged.has(ppn)
  }

  /** What was prepared holds. */
  commit(): void {
    if (this.#staged.size === 0) return
    const staged = [...this.#staged]
    this.#staged.clear()
    this.#pager.failure = null
    for (const [ppn, slot] of staged) {
      this.#settle(ppn)
      this.#pager.moveToSlot(ppn, slot)
    }
  }

  /** Nothing of what was prepared holds. */
  rollBack(): void {
    for (const [ppn, slot] of this.#staged) {
      this.#settle(ppn)
      this.#pager.swap!.free(slot)
    }
    this.#staged.clear()
  }

  #isSwapped(ppn: number): boolean {
    return this.#table.states[ppn] === PageState.Swapped
  }

  #settle(ppn: number): void {
    if (this.#isSwapped(ppn)) this.#pager.swap!.settle()
  }
}
