import { FRAME_BYTES } from '../geometry.ts'
import type { MachineMemory } from '../machine-memory.ts'
import { MapEvent, NOT_MEMORY, OUT_OF_FRAMES, PageState } from '../types.ts'
import type { MapFailure } from '../types.ts'
import type { PageEvents } from './page-events.ts'
import type { PageTable } from './page-table.ts'

/** Moves pages from state to state: gives them frames, and takes away what they hold. */
export class Pager {
  readonly #machine: MachineMemory
  readonly #table: PageTable
  readonly #events: PageEvents
  /** Why the last access that could not be served could not. */
  failure: MapFailure | null = null

  constructor(machine: MachineMemory, table: PageTable, events: PageEvents) {
    this.#machine = machine
    this.#table = table
    this.#events = events
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
      default:
        return NOT_MEMORY
    }
  }

  /** Host byte address of a frame that is the page's alone, whatever its permission; negative if there is none to have. */
  toWrite(ppn: number): number {
    const { states, frames } = this.#table
    switch (states[ppn]) {
      case PageState.Resident:
        return this.#machine.references(frames[ppn]!) === 1 ? frames[ppn]! * FRAME_BYTES : this.#copy(ppn)
      case PageState.Untouched:
        return this.#populate(ppn, MapEvent.Populated)
      case PageState.Ballooned:
        return this.#populate(ppn, MapEvent.Popped)
      default:
        return NOT_MEMORY
    }
  }

  /** Releases what a page holds. */
  vacate(ppn: number, state: PageState, event: MapEvent): void {
    const mpn = this.#table.frames[ppn]!
    this.#table.become(ppn, state)
    if (mpn >= 0) this.#machine.release(mpn)
    this.#events.changed(event, ppn)
  }

  /** A new reference to what a memory page reads. */
  lend(ppn: number): number {
    if (this.#table.states[ppn] !== PageState.Resident) {
      this.#machine.retain(this.#machine.zeroFrame)
      return this.#machine.zeroFrame
    }
    const mpn = this.#table.frames[ppn]!
    this.#machine.retain(mpn)
    this.#events.changed(MapEvent.Lent, ppn)
    return mpn
  }

  /** Puts a frame behind a memory page and takes over one reference to it. */
  adopt(ppn: number, mpn: number): void {
    const old = this.#table.frames[ppn]!
    if (mpn !== this.#machine.zeroFrame) this.#table.become(ppn, PageState.Resident, mpn)
    else {
      this.#machine.release(mpn)
      if (this.#table.states[ppn] !== PageState.Untouched) {
        this.#table.become(ppn, PageState.Untouched)
        this.#table.markZeroed(ppn)
      }
    }
    if (old >= 0) this.#machine.release(old)
    this.#events.changed(MapEvent.Adopted, ppn)
  }

  #populate(ppn: number, event: MapEvent): number {
    const mpn = this.#machine.allocate()
    return mpn < 0 ? this.#outOfFrames(ppn) : this.#settle(ppn, mpn, event)
  }

  #copy(ppn: number): number {
    const shared = this.#table.frames[ppn]!
    const mpn = this.#machine.allocateCopy(shared)
    if (mpn < 0) return this.#outOfFrames(ppn)
    this.#machine.release(shared)
    return this.#settle(ppn, mpn, MapEvent.Copied)
  }

  #settle(ppn: number, mpn: number, event: MapEvent): number {
    this.#table.become(ppn, PageState.Resident, mpn)
    this.#events.changed(event, ppn)
    return mpn * FRAME_BYTES
  }

  #outOfFrames(ppn: number): number {
    const { frames } = this.#machine.statistics
    const message = `page ${ppn} needs a frame of the host's memory, and all ${frames} are in use`
    this.failure = { kind: 'out-of-frames', ppn, message }
    return OUT_OF_FRAMES
  }
}
