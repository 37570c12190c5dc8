import type { DirtyLog } from './dirty-log.ts'
import { FRAME_BYTES } from './geometry.ts'
import { Contents } from './internal/contents.ts'
import { PageEvents } from './internal/page-events.ts'
import { PageFlag, PageTable, requireRange } from './internal/page-table.ts'
import { Pager } from './internal/pager.ts'
import { SlotAccess } from './internal/slot-access.ts'
import type { MachineMemory } from './machine-memory.ts'
import type { SwapReservation } from './swap-reservation.ts'
import { MapEvent, NOT_MEMORY, PageState, RangeKind } from './types.ts'
import type {
  ForkOptions,
  FrameHolder,
  MapEventListener,
  MapFailure,
  MapStatistics,
  MemoryRange,
  PhysicalMapOptions,
  SlotHolder,
  SwapResult,
  VictimOptions,
  WriteListener,
} from './types.ts'

/** What `fork` knows of its child. */
interface ForkedMapOptions extends PhysicalMapOptions {
  readonly table?: PageTable
}

/**
 * The pmap of one virtual machine: guest page number (PPN) to frame (MPN).
 *
 * Pages get frames when first written. A frame with other references is copied before a write. Whoever caches
 * `readAddress` or `writeAddress` must listen with `onChange`: the listener runs after each change that could make a
 * cached answer wrong, before the method that changed it returns.
 *
 * ```ts
 * const map = new PhysicalMap(machine, { ranges: [{ start: 0, length: 32 * 2 ** 20, kind: 'ram' }] })
 * map.write32(0x1000, 0xcafe)
 * map.read32(0x1000) // 0xcafe
 * ```
 */
export class PhysicalMap implements FrameHolder, SlotHolder {
  readonly #machine: MachineMemory
  readonly #zeroAddress: number
  readonly #events = new PageEvents()
  readonly #table: PageTable
  readonly #pager: Pager
  readonly #contents: Contents
  readonly #unregister: readonly (() => void)[]

  constructor(machine: MachineMemory, options: PhysicalMapOptions) {
    const { ranges, swap = null, table = PageTable.of(ranges, swap !== null) } = options as ForkedMapOptions
    this.#machine = machine
    this.#zeroAddress = machine.zeroFrame * FRAME_BYTES
    this.#table = table
    this.#pager = new Pager({ machine, table: this.#table, events: this.#events, swap })
    this.#contents = new Contents(machine.bytes, {
      isMemory: (ppn) => this.stateOf(ppn) !== PageState.Hole,
      isWritable: (ppn) => this.isWritable(ppn),
      readAddress: (ppn) => this.readAddress(ppn),
      privateAddress: (ppn) => this.#privateAddress(ppn),
      slots: new SlotAccess(machine, this.#table, this.#pager),
    })
    this.#table.countShared(machine.sharedPages)
    this.#unregister = [machine.register(this), ...(swap ? [swap.register(this)] : [])]
  }

  /** One past the highest PPN that may be memory. */
  get endPage(): number {
    return this.#table.states.length
  }

  /**
   * Host byte address to read a page from. -1: it is not memory. -2: it is swapped and cannot be read in now, see `failure`; nothing has
   * changed. `ppn` is an integer from 0.
   */
  readAddress(ppn: number): number {
    const { states, frames } = this.#table
    if (ppn >= states.length) return NOT_MEMORY
    const state = states[ppn]!
    if (state === PageState.Resident) return frames[ppn]! * FRAME_BYTES
    return state === PageState.Untouched ? this.#zeroAddress : this.#pager.toRead(ppn)
  }

  /**
   * Host byte address of a frame that is this page's alone, so that the guest may write there; gives the page such a frame if
   * needed. -1: not memory that a guest or device may write. -2: it cannot have one now, see `failure`; nothing has changed.
   */
  writeAddress(ppn: number): number {
    const { states, frames, flags } = this.#table
    if (ppn >= states.length) return NOT_MEMORY
    if (states[ppn] === PageState.Resident && flags[ppn] === 0 && this.#machine.references(frames[ppn]!) === 1)
      return frames[ppn]! * FRAME_BYTES
    return this.isWritable(ppn) ? this.#pager.toWrite(ppn) : NOT_MEMORY
  }

  stateOf(ppn: number): PageState {
    return (this.#table.states[ppn] ?? PageState.Hole) as PageState
  }

  /** MPN of a resident page, -1 of any other. */
  frameOf(ppn: number): number {
    return this.#table.frames[ppn] ?? -1
  }

  /** Whether the guest and devices may write this page. */
  isWritable(ppn: number): boolean {
    return this.stateOf(ppn) !== PageState.Hole && (this.#table.flags[ppn]! & PageFlag.ReadOnly) === 0
  }

  /** Why the last access that got no answer, or `-2`, did not get one; null if there was none. */
  get failure(): MapFailure | null {
    return this.#pager.failure
  }

  /** Calls `listener` with the PPN after each change of a page's frame or permission. Returns the function that stops this. */
  onChange(listener: (ppn: number) => void): () => void {
    return this.#events.onChange(listener)
  }

  /** Calls `listener` with what has happened to a page, after each change. Returns the function that stops this. */
  onEvent(listener: MapEventListener): () => void {
    return this.#events.onEvent(listener)
  }

  /** Calls `listener` after `write`, `write8..32` and `load` have changed bytes of a frame: for caches of contents, such as translated code. */
  onWrite(listener: WriteListener): () => void {
    return this.#contents.onWrite(listener)
  }

  /**
   * Copies guest memory out. False, and `into` unchanged, unless every byte is memory; false, too, if swap cannot be read, and what `into` holds
   * then is undefined.
   */
  read(physical: number, into: Uint8Array): boolean {
    return this.#contents.read(physical, into)
  }

  /**
   * Copies into guest memory as a device does. False, and nothing written, if any byte is not writable memory, or the host has neither frame nor
   * slot for it.
   */
  write(physical: number, from: Uint8Array): boolean {
    return this.#contents.write(physical, from, false)
  }

  /** Copies into guest memory as the host does: into ROM too. */
  load(physical: number, from: Uint8Array): boolean {
    return this.#contents.write(physical, from, true)
  }

  /** The byte at a guest-physical address, or -1 if it is not memory. */
  read8(physical: number): number {
    return this.#contents.readNumber(physical, 1)
  }

  /** Two bytes, little-endian; -1 if any is not memory. */
  read16(physical: number): number {
    return this.#contents.readNumber(physical, 2)
  }

  /** Four bytes, little-endian, unsigned; -1 if any is not memory. */
  read32(physical: number): number {
    return this.#contents.readNumber(physical, 4)
  }

  write8(physical: number, value: number): boolean {
    return this.#contents.writeNumber(physical, value, 1)
  }

  write16(physical: number, value: number): boolean {
    return this.#contents.writeNumber(physical, value, 2)
  }

  write32(physical: number, value: number): boolean {
    return this.#contents.writeNumber(physical, value, 4)
  }

  /**
   * Changes what a range is. Between RAM and ROM contents stay; a hole gives its frames back; a hole that becomes memory is
   * zero. The range must lie below `endPage`. For chipset registers that shadow ROM, and for memory that comes and goes.
   */
  redefine(range: MemoryRange): void {
    requireRange(range)
    const first = range.start / FRAME_BYTES
    const end = first + range.length / FRAME_BYTES
    if (end > this.endPage) throw new RangeError(`range ends at page ${end}; the map ends at page ${this.endPage}`)
    for (let ppn = first; ppn < end; ppn++) this.#redefinePage(ppn, range.kind)
  }

  /** Drops a page's contents: it reads as zero again and owns nothing. Nothing happens to a page that owns nothing. */
  discard(ppn: number): void {
    const state = this.stateOf(ppn)
    if (state === PageState.Resident || state === PageState.Swapped)
      this.#pager.vacate(ppn, PageState.Untouched, MapEvent.Discarded)
  }

  /** Drops all contents, and gives the guest back what it gave up: every memory page is as at first. For a machine that is switched off and on. */
  clear(): void {
    const { states, residents, counts } = this.#table
    residents.forEach((ppn) => this.discard(ppn))
    const isDone = (): boolean => counts[PageState.Ballooned]! + counts[PageState.Swapped]! + this.#table.zeroed === 0
    for (let ppn = 0; ppn < states.length && !isDone(); ppn++) {
      if (states[ppn] === PageState.Untouched) this.#table.become(ppn, PageState.Untouched)
      this.discard(ppn)
      this.deflate(ppn)
    }
  }

  /**
   * The guest promises not to touch the page until it is given back with `deflate`: its frame is free for others. False, and nothing has
   * changed, if the page is not RAM, or was given up before: guests may ask for any page.
   */
  balloon(ppn: number): boolean {
    if (!this.isWritable(ppn) || this.stateOf(ppn) === PageState.Ballooned) return false
    this.#pager.vacate(ppn, PageState.Ballooned, MapEvent.Ballooned)
    return true
  }

  /** Gives back a page that the guest gave up: it is zero. False if it is not ballooned, such as after the guest has touched it. */
  deflate(ppn: number): boolean {
    if (this.stateOf(ppn) !== PageState.Ballooned) return false
    this.#pager.vacate(ppn, PageState.Untouched, MapEvent.Deflated)
    return true
  }

  /**
   * Writes a page's contents to the swap space and gives its reference to the frame up: frees the frame, if nobody else has one. The page is
   * read in again when it is touched. What is shared is better left alone: it frees nothing, and comes back as a copy.
   */
  swapOut(ppn: number): SwapResult {
    return this.#pager.swapOut(ppn)
  }

  /** The right to swap that this map draws on. */
  get swap(): SwapReservation | null {
    return this.#pager.swap
  }

  /**
   * The frame behind a memory page, with a new reference that the caller owns; the page loses its right to write the frame in place.
   * For a page that owns nothing this is the zero frame. -1 for a hole. -2 for a swapped page that cannot be read in now, see `failure`.
   */
  lend(ppn: number): number {
    return this.stateOf(ppn) === PageState.Hole ? NOT_MEMORY : this.#pager.lend(ppn)
  }

  /** Puts a frame behind a memory page, in place of what it held, and takes over one reference from the caller. */
  adopt(ppn: number, mpn: number): void {
    if (this.stateOf(ppn) === PageState.Hole)
      throw new RangeError(`page ${ppn} is a hole; only memory can adopt a frame`)
    if (this.#machine.references(mpn) === 0)
      throw new RangeError(`frame ${mpn} is free; only a frame in use can be adopted`)
    this.#pager.adopt(ppn, mpn)
  }

  /** What a memory page holds and what one of another map holds change places. Both draw on the same swap, or on none. */
  exchange(ppn: number, other: PhysicalMap, otherPpn: number): void {
    for (const [map, page] of [[this, ppn] as const, [other, otherPpn] as const])
      if (map.stateOf(page) === PageState.Hole)
        throw new RangeError(`page ${page} is a hole; only memory can be exchanged`)
    if (this.swap !== other.swap)
      throw new RangeError('the maps draw on different swap; only maps with the same exchange pages')
    this.#pager.noteChange(ppn)
    other.#pager.noteChange(otherPpn)
    this.#table.exchange(ppn, other.#table, otherPpn)
    this.#events.changed(MapEvent.Adopted, ppn)
    other.#events.changed(MapEvent.Adopted, otherPpn)
  }

  /**
   * A second map with the same contents that shares every frame and every slot. Either side copies a page when it writes it. Throws RangeError if
   * its swap has no room for as many pages as are swapped.
   */
  fork({ swap = this.swap }: ForkOptions = {}): PhysicalMap {
    const swapped = this.#table.counts[PageState.Swapped]!
    if (swap?.space !== this.swap?.space) throw new RangeError('a fork swaps to the same swap space as its parent')
    if (swap?.hasRoom(swapped) === false)
      throw new RangeError(
        `${swapped} pages are swapped; the fork's reservation of ${swap.pages} has ${swap.used} in use`,
      )
    const lent: number[] = []
    this.forEachResident((ppn, mpn) => {
      this.#machine.retain(mpn)
      lent.push(ppn)
    })
    const options: ForkedMapOptions = { ranges: [], swap, table: this.#table.copy() }
    const child = new PhysicalMap(this.#machine, options)
    child.#table.forEachSwapped((slot) => swap!.retain(slot))
    // Listeners run only when every frame has its second reference.
    for (const ppn of lent) this.#events.changed(MapEvent.Lent, ppn)
    return child
  }

  /** Gives every frame back and becomes one hole. For the end of a virtual machine; a second call does nothing. */
  release(): void {
    const { states } = this.#table
    for (let ppn = 0; ppn < states.length; ppn++) {
      if (states[ppn] !== PageState.Hole) this.#redefinePage(ppn, RangeKind.Hole)
    }
    this.#table.endSharing()
    for (const end of this.#unregister) end()
    this.#pager.logs.end()
  }

  /** Begins to log which pages change. Several logs may run at a time, each with its own account. */
  startDirtyLog(): DirtyLog {
    return this.#pager.logs.start()
  }

  /** Visits the pages that have frames, in no order, and no others. The visitor may discard the page that it was given. */
  forEachResident(visit: (ppn: number, mpn: number) => void): void {
    const { residents, frames } = this.#table
    residents.forEach((ppn) => visit(ppn, frames[ppn]!))
  }

  /**
   * Resident pages drawn at random, all with the same chance, none twice: `count` of them, or as many as there are. Pages in shared frames
   * are passed over unless asked for, since taking one frees no frame. `random` answers a number from 0 to below 1.
   */
  chooseVictims(count: number, random: () => number, { shared = false }: VictimOptions = {}): number[] {
    const { residents, frames } = this.#table
    const chosen: number[] = []
    if (count <= 0) return chosen
    residents.draw(random, (ppn) => {
      if (shared || this.#machine.references(frames[ppn]!) === 1) chosen.push(ppn)
      return chosen.length < count
    })
    return chosen
  }

  /** How many pages are resident. */
  get residentPages(): number {
    return this.#table.counts[PageState.Resident]!
  }

  get statistics(): MapStatistics {
    const { counts, zeroed, shared } = this.#table
    const events = this.#events.counts
    return {
      pages: this.endPage - counts[PageState.Hole]!,
      untouched: counts[PageState.Untouched]!,
      resident: counts[PageState.Resident]!,
      ballooned: counts[PageState.Ballooned]!,
      swapped: counts[PageState.Swapped]!,
      zero: zeroed,
      shared,
      populations: events[MapEvent.Populated]!,
      copyOnWriteBreaks: events[MapEvent.Copied]!,
      balloonings: events[MapEvent.Ballooned]!,
      deflations: events[MapEvent.Deflated]!,
      pops: events[MapEvent.Popped]!,
      swapOuts: events[MapEvent.SwappedOut]!,
      swapIns: events[MapEvent.SwappedIn]!,
      cleanSwapOuts: this.#pager.cleanSwapOuts,
    }
  }

  countReferences(counts: Uint32Array): void {
    this.forEachResident((_, mpn) => counts[mpn]!++)
  }

  countSlots(counts: Uint32Array): number {
    return this.#table.countSlots(counts)
  }

  dropKeptSlots(): void {
    this.#pager.dropKeptSlots()
  }

  contradictions(): string[] {
    let shared = 0
    this.forEachResident((_, mpn) => (shared += this.#machine.references(mpn) > 1 ? 1 : 0))
    const found = shared === this.#table.shared ? [] : [`${shared} pages share frames, ${this.#table.shared} counted`]
    return [...found, ...this.#table.contradictions()]
  }

  /** As `writeAddress`, whatever the guest's permission. */
  #privateAddress(ppn: number): number {
    const { states, frames, flags } = this.#table
    const isPlain = states[ppn] === PageState.Resident && (flags[ppn]! & ~PageFlag.ReadOnly) === 0
    if (isPlain && this.#machine.references(frames[ppn]!) === 1) return frames[ppn]! * FRAME_BYTES
    return this.#pager.toWrite(ppn)
  }

  #redefinePage(ppn: number, kind: RangeKind): void {
    const { states, flags } = this.#table
    const readOnly = kind === RangeKind.Rom ? PageFlag.ReadOnly : 0
    const isHole = kind === RangeKind.Hole
    if ((states[ppn] === PageState.Hole) === isHole && (flags[ppn]! & PageFlag.ReadOnly) === readOnly) return
    if (isHole || states[ppn] === PageState.Hole) this.#pager.noteChange(ppn)
    flags[ppn] = (flags[ppn]! & ~PageFlag.ReadOnly) | readOnly
    if (isHole) this.#pager.vacate(ppn, PageState.Hole, MapEvent.Redefined)
    else {
      if (states[ppn] === PageState.Hole) this.#table.become(ppn, PageState.Untouched)
      this.#events.changed(MapEvent.Redefined, ppn)
    }
  }
}
