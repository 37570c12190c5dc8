import { FRAME_BYTES } from '../geometry.ts'
import type { MachineMemory } from '../machine-memory.ts'
import type { SwapReservation } from '../swap-reservation.ts'
import { MapEvent, NOT_MEMORY, OUT_OF_FRAMES, PageState, SwapResult } from '../types.ts'
import type { MapFailure, SwapFailure } from '../types.ts'
import { DirtyLogs } from './dirty-logs.ts'
import type { PageEvents } from './page-events.ts'
import { PageFlag } from './page-table.ts'
import type { PageTable } from './page-table.ts'

export interface PagerParts {
  readonly machine: MachineMemory
  readonly table: PageTable
  readonly events: PageEvents
  readonly swap: SwapReservation | null
}

/** Moves pages from state to state: gives them frames and slots, and takes away what they hold. */
export class Pager {
  readonly #machine: MachineMemory
  readonly #table: PageTable
  readonly #events: PageEvents
  readonly swap: SwapReservation | null
  readonly logs: DirtyLogs
  /** Why the last access that could not be served could not. */
  failure: MapFailure | null = null
  cleanSwapOuts = 0

  constructor({ machine, table, events, swap }: PagerParts) {
    this.#machine = machine
    this.#table = table
    this.#events = events
    this.swap = swap
    this.logs = new DirtyLogs(table, events)
  }

  /** Host byte address to read a page from, whatever its state; negative if there is none. */
  toRead(ppn: number): number {
    const { states, frames } = this.#table
    switch (states[ppn]) {
      case PageState.Resident:
        return frames[ppn]! * FRAME_BYTES
      case PageState.Ballooned:
        this.#table.become(ppn, PageState.Untouched)
        this.#events.changed(MapEvent.Popped, ppn)
        return this.#machine.zeroFrame * FRAME_BYTES
      case PageState.Untouched:
        return this.#machine.zeroFrame * FRAME_BYTES
      case PageState.Swapped:
        return this.#swapIn(ppn)
      default:
        return NOT_MEMORY
    }
  }

  /** Host byte address of a frame that is the page's alone, whatever its permission; negative if there is none to have. */
  toWrite(ppn: number): number {
    const address = this.#toOwnFrame(ppn)
    if (address >= 0) {
      this.#dropKept(ppn)
      this.noteChange(ppn)
    }
    return address
  }

  #toOwnFrame(ppn: number): number {
    const { states, frames } = this.#table
    switch (states[ppn]) {
      case PageState.Resident:
        return this.#machine.references(frames[ppn]!) === 1 ? frames[ppn]! * FRAME_BYTES : this.#copy(ppn)
      case PageState.Untouched:
        return this.#populate(ppn, MapEvent.Populated)
      case PageState.Ballooned:
        return this.#populate(ppn, MapEvent.Popped)
      case PageState.Swapped:
        return this.#swapIn(ppn)
      default:
        return NOT_MEMORY
    }
  }

  /** Releases what a page holds. */
  vacate(ppn: number, state: PageState, event: MapEvent): void {
    const old = this.#table.states[ppn]!
    if (old === PageState.Resident || old === PageState.Swapped) this.noteChange(ppn)
    this.#become(ppn, state)
    this.#events.changed(event, ppn)
  }

  /** A new reference to what a memory page reads; negative if its contents cannot be had. */
  lend(ppn: number): number {
    const { states, frames } = this.#table
    if (states[ppn] === PageState.Swapped && this.#swapIn(ppn) < 0) return OUT_OF_FRAMES
    const mpn = states[ppn] === PageState.Resident ? frames[ppn]! : this.#machine.zeroFrame
    this.#machine.retain(mpn)
    if (states[ppn] === PageState.Resident) this.#events.changed(MapEvent.Lent, ppn)
    return mpn
  }

  /** Puts a frame behind a memory page and takes over one reference to it. */
  adopt(ppn: number, mpn: number): void {
    this.noteChange(ppn)
    if (mpn !== this.#machine.zeroFrame) this.#become(ppn, PageState.Resident, mpn)
    else {
      this.#machine.release(mpn)
      if (this.#table.states[ppn] !== PageState.Untouched) {
        this.#become(ppn, PageState.Untouched)
        this.#table.markZeroed(ppn)
      }
    }
    this.#events.changed(MapEvent.Adopted, ppn)
  }

  swapOut(ppn: number): SwapResult {
    const { states, frames } = this.#table
    if (states[ppn] !== PageState.Resident) return SwapResult.NotResident
    if (this.swap === null) return SwapResult.NoSwap
    let slot: number | SwapFailure = this.#table.dropKept(ppn)
    if (slot >= 0) this.cleanSwapOuts++
    else slot = this.swap.save(this.#bytesOf(frames[ppn]!), false)
    if (typeof slot !== 'number') {
      this.fail(ppn, slot)
      return slot.kind === 'swap-full' ? SwapResult.Full : SwapResult.Failed
    }
    this.#become(ppn, PageState.Swapped, -1, slot)
    this.#events.changed(MapEvent.SwappedOut, ppn)
    return SwapResult.Swapped
  }

  /** The frames of resident pages have the contents, too. */
  dropKeptSlots(): void {
    if (this.#table.kept > 0) this.#table.residents.forEach((ppn) => this.#dropKept(ppn))
  }

  /** The slot takes over a reference, and what the page held is released. */
  moveToSlot(ppn: number, slot: number): void {
    const old = this.#table.states[ppn]!
    this.noteChange(ppn)
    this.#become(ppn, PageState.Swapped, -1, slot)
    if (old === PageState.Ballooned) this.#events.changed(MapEvent.Popped, ppn)
    if (old !== PageState.Swapped) this.#events.changed(MapEvent.SwappedOut, ppn)
  }

  /** A page's contents change: tells the dirty logs, if there are any. */
  noteChange(ppn: number): void {
    if ((this.#table.flags[ppn]! & PageFlag.Watched) !== 0) this.logs.note(ppn)
  }

  fail(ppn: number, { kind, message }: SwapFailure | Omit<MapFailure, 'ppn'>): void {
    this.failure = { kind, ppn, message }
  }

  #become(ppn: number, state: PageState, frame = -1, slot = -1): void {
    const oldFrame = this.#table.frames[ppn]!
    const oldSlot = this.#table.slotOf(ppn)
    this.#table.become(ppn, state, frame, slot)
    if (oldSlot >= 0) this.swap!.free(oldSlot)
    if (oldFrame >= 0) this.#machine.release(oldFrame)
  }

  #dropKept(ppn: number): void {
    const slot = this.#table.dropKept(ppn)
    if (slot >= 0) this.swap!.free(slot)
  }

  #populate(ppn: number, event: MapEvent): number {
    const mpn = this.#machine.allocate()
    return mpn < 0 ? this.#outOfFrames(ppn) : this.#settle(ppn, mpn, event)
  }

  #copy(ppn: number): number {
    const mpn = this.#machine.allocateCopy(this.#table.frames[ppn]!)
    return mpn < 0 ? this.#outOfFrames(ppn) : this.#settle(ppn, mpn, MapEvent.Copied)
  }

  #settle(ppn: number, mpn: number, event: MapEvent): number {
    this.#become(ppn, PageState.Resident, mpn)
    this.#events.changed(event, ppn)
    return mpn * FRAME_BYTES
  }

  /** The page keeps its slot as long as it is not written. */
  #swapIn(ppn: number): number {
    const slot = this.#table.slots[ppn]!
    const mpn = this.#machine.allocateUncleared()
    if (mpn < 0) return this.#outOfFrames(ppn)
    const failure = this.swap!.load(slot, this.#bytesOf(mpn))
    if (failure !== null) {
      this.#machine.release(mpn)
      this.fail(ppn, failure)
      return OUT_OF_FRAMES
    }
    this.#table.become(ppn, PageState.Resident, mpn, slot)
    this.#events.changed(MapEvent.SwappedIn, ppn)
    return mpn * FRAME_BYTES
  }

  #bytesOf(mpn: number): Uint8Array {
    return this.#machine.bytes.subarray(mpn * FRAME_BYTES, (mpn + 1) * FRAME_BYTES)
  }

  #outOfFrames(ppn: number): number {
    const { frames } = this.#machine.statistics
    this.fail(ppn, {
      kind: 'out-of-frames',
      message: `page ${ppn} needs a frame of the host's memory, and all ${frames} are in use`,
    })
    return OUT_OF_FRAMES
  }
}
