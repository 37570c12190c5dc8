import { FRAME_BYTES } from './geometry.ts'
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
  readonly #bytes: Uint8Array
  readonly #zeroAddress: number
  #table: PageTable
  #changeListeners: readonly ((ppn: number) => void)[] = []
  #writeListeners: readonly WriteListener[] = []
  readonly #unregister: () => void
  #untouched = 0
  #resident = 0
  #populations = 0
  #copyOnWriteBreaks = 0

  constructor(machine: MachineMemory, { ranges }: PhysicalMapOptions) {
    this.#machine = machine
    this.#bytes = machine.bytes
    this.#zeroAddress = machine.zeroFrame * FRAME_BYTES
    this.#table = createPageTable(ranges)
    this.#untouched = countState(this.#table.states, PageState.Untouched)
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
    this.#writeListeners = [...this.#writeListeners, listener]
    return () => {
      this.#writeListeners = this.#writeListeners.filter((other) => other !== listener)
    }
  }

  /** Copies guest memory out. False, and `into` unchanged, unless every byte is memory. */
  read(physical: number, into: Uint8Array): boolean {
    if (!this.#isMemory(physical, into.length)) return false
    for (let done = 0; done < into.length;) {
      const ppn = Math.floor((physical + done) / FRAME_BYTES)
      const offset = (physical + done) % FRAME_BYTES
      const count = Math.min(FRAME_BYTES - offset, into.length - done)
      const from = this.readAddress(ppn) + offset
      into.set(this.#bytes.subarray(from, from + count), done)
      done += count
    }
    return true
  }

  /** Copies into guest memory as a device does. False, and nothing written, if any byte is not writable memory or the host is out of frames. */
  write(physical: number, from: Uint8Array): boolean {
    return this.#store(physical, from, false)
  }

  /** Copies into guest memory as the host does: into ROM too. */
  load(physical: number, from: Uint8Array): boolean {
    return this.#store(physical, from, true)
  }

  /** The byte at a guest-physical address, or -1 if it is not memory. */
  read8(physical: number): number {
    if (!this.#isMemory(physical, 1)) return NOT_MEMORY
    return this.#bytes[this.readAddress(Math.floor(physical / FRAME_BYTES)) + (physical % FRAME_BYTES)]!
  }

  /** Two bytes, little-endian; -1 if any is not memory. */
  read16(physical: number): number {
    const low = this.read8(physical)
    const high = this.read8(physical + 1)
    return low < 0 || high < 0 ? NOT_MEMORY : low | (high << 8)
  }

  /** Four bytes, little-endian, unsigned; -1 if any is not memory. */
  read32(physical: number): number {
    const low = this.read16(physical)
    const high = this.read16(physical + 2)
    return low < 0 || high < 0 ? NOT_MEMORY : low + high * 65536
  }

  write8(physical: number, value: number): boolean {
    return this.#storeSmall(physical, value, 1)
  }

  write16(physical: number, value: number): boolean {
    return this.#storeSmall(physical, value, 2)
  }

  write32(physical: number, value: number): boolean {
    return this.#storeSmall(physical, value, 4)
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

  /** Whether each byte of a run can be read. Addresses come from guests: any number is allowed here. */
  #isMemory(physical: number, length: number): boolean {
    if (!Number.isSafeInteger(physical) || physical < 0) return false
    const end = Math.ceil((physical + length) / FRAME_BYTES)
    for (let ppn = Math.floor(physical / FRAME_BYTES); ppn < end; ppn++) {
      if (this.stateOf(ppn) === PageState.Hole) return false
    }
    return true
  }

  /** Gives every page of a run a private frame first, so that a store happens whole or not at all. */
  #prepare(physical: number, length: number, asHost: boolean): boolean {
    if (!this.#isMemory(physical, length)) return false
    const first = Math.floor(physical / FRAME_BYTES)
    const end = Math.ceil((physical + length) / FRAME_BYTES)
    if (!asHost) {
      for (let ppn = first; ppn < end; ppn++) if (!this.isWritable(ppn)) return false
    }
    for (let ppn = first; ppn < end; ppn++) if (this.#privateAddress(ppn) < 0) return false
    return true
  }

  #store(physical: number, from: Uint8Array, asHost: boolean): boolean {
    if (!this.#prepare(physical, from.length, asHost)) return false
    for (let done = 0; done < from.length;) {
      const offset = (physical + done) % FRAME_BYTES
      const count = Math.min(FRAME_BYTES - offset, from.length - done)
      const to = this.readAddress(Math.floor((physical + done) / FRAME_BYTES)) + offset
      this.#bytes.set(from.subarray(done, done + count), to)
      this.#written(to, count)
      done += count
    }
    return true
  }

  #storeSmall(physical: number, value: number, size: number): boolean {
    if (!this.#prepare(physical, size, false)) return false
    for (let i = 0; i < size; i++) {
      const to = this.readAddress(Math.floor((physical + i) / FRAME_BYTES)) + ((physical + i) % FRAME_BYTES)
      this.#bytes[to] = value >>> (8 * i)
      this.#written(to, 1)
    }
    return true
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

  #written(address: number, bytes: number): void {
    for (const listener of this.#writeListeners) listener(address, bytes)
  }
}

function countState(states: Uint8Array, wanted: PageState): number {
  let count = 0
  for (const state of states) if (state === wanted) count++
  return count
}
