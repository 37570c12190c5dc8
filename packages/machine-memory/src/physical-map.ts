import { FRAME_BYTES } from './geometry.ts'
import { Contents } from './internal/contents.ts'
import { copyPageTable, createPageTable, requireRange } from './internal/page-table.ts'
import type { PageTable } from './internal/page-table.ts'
import type { MachineMemory } from './machine-memory.ts'
import { NOT_MEMORY, OUT_OF_FRAMES, PageState, RangeKind } from './types.ts'
import type { FrameHolder, MapStatistics, MemoryRange, PhysicalMapOptions, WriteListener } from './types.ts'

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
export class PhysicalMap implements FrameHolder {
  readonly #machine: MachineMemory
  readonly #zeroAddress: number
  #table: PageTable
  #changeListeners: readonly ((ppn: number) => void)[] = []
  readonly #contents: Contents
  readonly #unregister: () => void
  #untouched = 0
  #resident = 0
  #populations = 0
  #copyOnWriteBreaks = 0

  constructor(machine: MachineMemory, { ranges }: PhysicalMapOptions) {
    this.#machine = machine
    this.#zeroAddress = machine.zeroFrame * FRAME_BYTES
    this.#table = createPageTable(ranges)
    this.#untouched = countState(this.#table.states, PageState.Untouched)
    this.#contents = new Contents(machine.bytes, {
      isMemory: (ppn) => this.stateOf(ppn) !== PageState.Hole,
      isWritable: (ppn) => this.isWritable(ppn),
      readAddress: (ppn) => this.readAddress(ppn),
      privateAddress: (ppn) => this.#privateAddress(ppn),
    })
    this.#unregister = machine.register(this)
  }

  /** One past the highest PPN that may be memory. */
  get endPage(): number {
    return this.#table.states.length
  }

  /** Host byte address to read a page from, or -1 if it is not memory. `ppn` is an integer from 0. */
  readAddress(ppn: number): number {
    const { states, frames } = this.#table
    if (ppn >= states.length) return NOT_MEMORY
    const state = states[ppn]!
    if (state === PageState.Resident) return frames[ppn]! * FRAME_BYTES
    return state === PageState.Untouched ? this.#zeroAddress : NOT_MEMORY
  }

  /**
   * Host byte address of a frame that is this page's alone, so that the guest may write there; gives the page such a frame if
   * needed. -1: not memory that a guest or device may write. -2: the host is out of frames; nothing has changed.
   */
  writeAddress(ppn: number): number {
    const { states, frames, readOnly } = this.#table
    if (ppn >= states.length || readOnly[ppn] !== 0) return NOT_MEMORY
    if (states[ppn] === PageState.Resident && this.#machine.references(frames[ppn]!) === 1)
      return frames[ppn]! * FRAME_BYTES
    return this.#makePrivate(ppn)
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
    return this.stateOf(ppn) !== PageState.Hole && this.#table.readOnly[ppn] === 0
  }

  /** Calls `listener` with the PPN after each change of a page's frame or permission. Returns the function that stops this. */
  onChange(listener: (ppn: number) => void): () => void {
    this.#changeListeners = [...this.#changeListeners, listener]
    return () => {
      this.#changeListeners = this.#changeListeners.filter((other) => other !== listener)
    }
  }

  /** Calls `listener` after `write`, `write8..32` and `load` have changed bytes of a frame: for caches of contents, such as translated code. */
  onWrite(listener: WriteListener): () => void {
    return this.#contents.onWrite(listener)
  }

  /** Copies guest memory out. False, and `into` unchanged, unless every byte is memory. */
  read(physical: number, into: Uint8Array): boolean {
    return this.#contents.read(physical, into)
  }

  /** Copies into guest memory as a device does. False, and nothing written, if any byte is not writable memory or the host is out of frames. */
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

  /** Drops a page's contents: it reads as zero again and owns no frame. Nothing happens to a hole. */
  discard(ppn: number): void {
    if (this.stateOf(ppn) !== PageState.Resident) return
    this.#dropFrame(ppn)
    this.#changed(ppn)
  }

  /**
   * The frame behind a memory page, with a new reference that the caller owns; the page loses its right to write the frame in place.
   * For an untouched page this is the zero frame. -1 for a hole.
   */
  lend(ppn: number): number {
    const state = this.stateOf(ppn)
    if (state === PageState.Hole) return NOT_MEMORY
    const mpn = state === PageState.Resident ? this.frameOf(ppn) : this.#machine.zeroFrame
    this.#machine.retain(mpn)
    if (state === PageState.Resident) this.#changed(ppn)
    return mpn
  }

  /** Puts a frame behind a memory page, in place of what it held, and takes over one reference from the caller. */
  adopt(ppn: number, mpn: number): void {
    if (this.stateOf(ppn) === PageState.Hole)
      throw new RangeError(`page ${ppn} is a hole; only memory can adopt a frame`)
    if (this.#machine.references(mpn) === 0)
      throw new RangeError(`frame ${mpn} is free; only a frame in use can be adopted`)
    const isZero = mpn === this.#machine.zeroFrame
    if (this.stateOf(ppn) === PageState.Resident) this.#dropFrame(ppn)
    if (isZero) this.#machine.release(mpn)
    else this.#setFrame(ppn, mpn)
    this.#changed(ppn)
  }

  /** A second map with the same contents that shares every frame. Either side copies a page when it writes it. */
  fork(): PhysicalMap {
    const child = new PhysicalMap(this.#machine, { ranges: [] })
    child.#table = copyPageTable(this.#table)
    child.#untouched = this.#untouched
    child.#resident = this.#resident
    const { states, frames } = child.#table
    for (let ppn = 0; ppn < states.length; ppn++) {
      if (states[ppn] === PageState.Resident) this.#machine.retain(frames[ppn]!)
    }
    // Listeners run only when every frame has its second reference.
    for (let ppn = 0; ppn < states.length; ppn++) {
      if (states[ppn] === PageState.Resident) this.#changed(ppn)
    }
    return child
  }

  /** Gives every frame back and becomes one hole. For the end of a virtual machine; a second call does nothing. */
  release(): void {
    const { states } = this.#table
    for (let ppn = 0; ppn < states.length; ppn++) {
      if (states[ppn] !== PageState.Hole) this.#redefinePage(ppn, RangeKind.Hole)
    }
    this.#unregister()
  }

  get statistics(): MapStatistics {
    const { states, frames } = this.#table
    let shared = 0
    for (let ppn = 0; ppn < states.length; ppn++) {
      if (states[ppn] === PageState.Resident && this.#machine.references(frames[ppn]!) > 1) shared++
    }
    const untouched = this.#untouched
    const resident = this.#resident
    return {
      pages: untouched + resident,
      untouched,
      resident,
      shared,
      populations: this.#populations,
      copyOnWriteBreaks: this.#copyOnWriteBreaks,
    }
  }

  countReferences(counts: Uint32Array): void {
    const { states, frames } = this.#table
    for (let ppn = 0; ppn < states.length; ppn++) {
      if (states[ppn] === PageState.Resident) counts[frames[ppn]!]!++
    }
  }

  contradictions(): string[] {
    const { states, frames } = this.#table
    const found: string[] = []
    for (let ppn = 0; ppn < states.length; ppn++) {
      const isResident = states[ppn] === PageState.Resident
      if (isResident !== frames[ppn]! >= 0)
        found.push(`page ${ppn} is in state ${states[ppn]} with frame ${frames[ppn]}`)
    }
    const untouched = countState(states, PageState.Untouched)
    const resident = countState(states, PageState.Resident)
    if (untouched !== this.#untouched) found.push(`${untouched} pages are untouched, ${this.#untouched} counted`)
    if (resident !== this.#resident) found.push(`${resident} pages are resident, ${this.#resident} counted`)
    return found
  }

  /** As `writeAddress`, whatever the guest's permission. */
  #privateAddress(ppn: number): number {
    const { states, frames } = this.#table
    if (states[ppn] === PageState.Resident && this.#machine.references(frames[ppn]!) === 1)
      return frames[ppn]! * FRAME_BYTES
    return this.#makePrivate(ppn)
  }

  #makePrivate(ppn: number): number {
    const state = this.stateOf(ppn)
    if (state === PageState.Hole) return NOT_MEMORY
    const isShared = state === PageState.Resident
    const mpn = isShared ? this.#machine.allocateCopy(this.frameOf(ppn)) : this.#machine.allocate()
    if (mpn < 0) return OUT_OF_FRAMES
    if (isShared) {
      this.#dropFrame(ppn)
      this.#copyOnWriteBreaks++
    } else this.#populations++
    this.#setFrame(ppn, mpn)
    this.#changed(ppn)
    return mpn * FRAME_BYTES
  }

  #redefinePage(ppn: number, kind: RangeKind): void {
    const { states, readOnly } = this.#table
    const isReadOnly = kind === RangeKind.Rom ? 1 : 0
    const isHole = kind === RangeKind.Hole
    if ((states[ppn] === PageState.Hole) === isHole && readOnly[ppn] === isReadOnly) return
    if (isHole) {
      if (states[ppn] === PageState.Resident) this.#dropFrame(ppn)
      states[ppn] = PageState.Hole
      this.#untouched--
    } else if (states[ppn] === PageState.Hole) {
      states[ppn] = PageState.Untouched
      this.#untouched++
    }
    readOnly[ppn] = isReadOnly
    this.#changed(ppn)
  }

  /** Resident to untouched. */
  #dropFrame(ppn: number): void {
    const { states, frames } = this.#table
    this.#machine.release(frames[ppn]!)
    frames[ppn] = -1
    states[ppn] = PageState.Untouched
    this.#resident--
    this.#untouched++
  }

  /** Untouched to resident; takes over one reference. */
  #setFrame(ppn: number, mpn: number): void {
    const { states, frames } = this.#table
    frames[ppn] = mpn
    states[ppn] = PageState.Resident
    this.#untouched--
    this.#resident++
  }

  #changed(ppn: number): void {
    for (const listener of this.#changeListeners) listener(ppn)
  }
}

function countState(states: Uint8Array, wanted: PageState): number {
  let count = 0
  for (const state of states) if (state === wanted) count++
  return count
}
