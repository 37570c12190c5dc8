import { Flag, Layout, Mode, Segment, SegmentField, arithmeticFlags, segmentSlot } from './layout.ts'

/**
 * A vCPU's state block seen from TypeScript: named access to the bytes that translated code works on.
 * All values are unsigned 32-bit numbers unless said otherwise.
 */
export class CpuState {
  /** Byte address of the block in the machine's linear memory. */
  readonly base: number
  readonly u8: Uint8Array
  readonly u16: Uint16Array
  readonly u32: Uint32Array
  readonly i32: Int32Array
  readonly #word: number

  constructor(memory: WebAssembly.Memory, base: number) {
    if (base % 4096 !== 0) throw new RangeError(`the state block must start at a page boundary, not at ${base}`)
    this.base = base
    this.u8 = new Uint8Array(memory.buffer)
    this.u16 = new Uint16Array(memory.buffer)
    this.u32 = new Uint32Array(memory.buffer)
    this.i32 = new Int32Array(memory.buffer)
    this.#word = base >>> 2
  }

  /** Reads the 32-bit cell at byte offset `offset` of the block. */
  get(offset: number): number {
    return this.u32[this.#word + (offset >>> 2)]!
  }

  /** Writes the 32-bit cell at byte offset `offset` of the block. */
  set(offset: number, value: number): void {
    this.u32[this.#word + (offset >>> 2)] = value
  }

  /** General register `number` (0 EAX, 1 ECX, 2 EDX, 3 EBX, 4 ESP, 5 EBP, 6 ESI, 7 EDI). */
  gpr(number: number): number {
    return this.get(number * 8)
  }

  setGpr(number: number, value: number): void {
    this.set(number * 8, value)
  }

  get eip(): number {
    return this.get(Layout.rip)
  }

  set eip(value: number) {
    this.set(Layout.rip, value)
  }

  get nextEip(): number {
    return this.get(Layout.nextRip)
  }

  set nextEip(value: number) {
    this.set(Layout.nextRip, value)
  }

  get cpl(): number {
    return this.get(Layout.cpl)
  }

  /** The complete EFLAGS image; reading it evaluates the lazy flags. */
  get eflags(): number {
    const result = this.get(Layout.flagResult) | 0
    const aux = this.get(Layout.flagAux)
    const parity = (result ^ (aux >>> 8)) & 0xff
    const odd = (0x6996 >>> ((parity ^ (parity >>> 4)) & 0xf)) & 1
    return (
      (this.get(Layout.eflags) & ~arithmeticFlags) |
      2 |
      (aux >>> 31) |
      ((odd ^ 1) << 2) |
      (((aux >>> 3) & 1) << 4) |
      (result === 0 ? Flag.ZF : 0) |
      (((result >>> 31) ^ (aux & 1)) << 7) |
      (((aux >>> 31) ^ ((aux >>> 30) & 1)) << 11)
    )
  }

  set eflags(value: number) {
    const cf = value & Flag.CF
    const of = (value >>> 11) & 1
    const sf = (value >>> 7) & 1
    const odd = value & Flag.PF ? 0 : 0x100
    const af = value & Flag.AF ? 8 : 0
    this.set(Layout.eflags, (value & ~arithmeticFlags) | 2)
    this.set(Layout.flagResult, value & Flag.ZF ? 0 : 0x100)
    this.set(Layout.flagAux, (cf << 31) | ((cf ^ of) << 30) | odd | af | sf)
  }

  /** EFLAGS bits that are not lazy (no arithmetic flags): IF, DF, IOPL, VM ... */
  get systemFlags(): number {
    return this.get(Layout.eflags)
  }

  /** Whether the next instruction has to run alone: it may trap, or something is held off until after it. */
  get isStepwise(): boolean {
    return (this.get(Layout.eflags) & Flag.TF) !== 0 || this.get(Layout.interruptShadow) !== 0
  }

  selector(segment: number): number {
    return this.get(segmentSlot(segment) + SegmentField.selector)
  }

  attributes(segment: number): number {
    return this.get(segmentSlot(segment) + SegmentField.attributes)
  }

  segmentBase(segment: number): number {
    return this.get(segmentSlot(segment) + SegmentField.base)
  }

  limit(segment: number): number {
    return this.get(segmentSlot(segment) + SegmentField.limit)
  }

  /** Whether the `length` bytes at EIP lie inside the code segment, as far as heads of units ask for it. */
  codeHolds(length: number): boolean {
    return (this.get(Layout.mode) & Mode.flat) !== 0 || this.eip + length - 1 <= this.limit(Segment.CS)
  }

  /** Protected mode (CR0.PE). */
  get protectedMode(): boolean {
    return (this.get(Layout.cr0) & 1) !== 0
  }

  /** Virtual-8086 mode. */
  get virtual8086(): boolean {
    return (this.get(Layout.eflags) & Flag.VM) !== 0
  }

  /** SS.B: 32-bit stack pointer. */
  get stack32(): boolean {
    return (this.attributes(Segment.SS) & 0x4000) !== 0
  }

  /** CS.D: 32-bit code. */
  get code32(): boolean {
    return (this.attributes(Segment.CS) & 0x4000) !== 0
  }
}
