import { OperandKind, type Instruction } from '@mica-vm/x86-decoder'
import { Callout } from '../system/callouts.ts'
import { Vector } from '../system/guest-fault.ts'
import type { TlbOffsets } from '../types.ts'
import { FunctionWriter, type Local } from '../wasm/function-writer.ts'
import type { Signature } from '../wasm/module-writer.ts'
import { Op, ValueType } from '../wasm/opcodes.ts'
import { Flag, Layout, Segment, SegmentField, segmentSlot } from '../state/layout.ts'
import type { Flags } from './flags.ts'
import { isGeneral, type Shape } from './shape.ts'
import { constant, sizeMask, type Value } from './value.ts'

/** Indexes of the helper functions that every emitted module imports from the runtime, in import order. */
export const Helper = {
  /** (cpu, linear, size, site) -> host address to read from, 0: leave. */
  read: 0,
  /** (cpu, linear, size, site, value) -> 1, 0: leave. */
  write: 1,
  /** (cpu, linear, size, site) -> host address to read and write, 0: leave. */
  update: 2,
  /** (cpu): writes a bounced update back. */
  commit: 3,
  /** (cpu, segment | size << 8 | write << 16, offset, site) -> 1, 0: leave. */
  checkSegment: 4,
  /** (cpu, callout, x, y, site) -> exit code. */
  callout: 5,
  /** (cpu, unit) -> exit code: goes on at state.rip, found through the fetch TLB and the unit hash. */
  continueAtRip: 6,
} as const

/** Opened destination of a read-modify-write: its old value, and where the new one goes. */
export interface Place {
  readonly operand: number
  readonly value: Value
  /** Host address of a memory operand. */
  readonly host?: Local
}

const loadOp = { 1: Op.i32_load8_u, 2: Op.i32_load16_u, 4: Op.i32_load } as const
const storeOp = { 1: Op.i32_store8, 2: Op.i32_store16, 4: Op.i32_store } as const

/** The load of `size` bytes, zero-extended. */
export const loadOf = (size: number): Op => loadOp[size as 1 | 2 | 4]
/** The store of the low `size` bytes. */
export const storeOf = (size: number): Op => storeOp[size as 1 | 2 | 4]

/**
 * Writes the code of one instruction after another. Instruction families (`families/`) are written once over this
 * interface; its two subclasses bind operands to a decoded record read at run time (the interpreter's handlers) or to
 * locals and constants known now (translated code).
 *
 * Rule for families: everything that can leave the instruction (memory accesses, segment checks) comes before the
 * first change of registers or flags, so that a fault finds the guest as it was before the instruction.
 */
export abstract class Emitter {
  /** Parameter 0 of every emitted function: the state block's address. */
  readonly cpu: Local = 0
  readonly tlb: TlbOffsets
  abstract w: FunctionWriter
  abstract readonly flags: Flags
  /** The instruction being emitted. */
  shape!: Shape

  constructor(tlb: TlbOffsets) {
    this.tlb = tlb
  }

  // ---- values ------------------------------------------------------------------------------------------------

  /** Effective operand size in bytes. */
  get size(): number {
    return this.shape.size
  }

  /** Pushes `value` on the wasm stack. */
  push(value: Value): this {
    if (typeof value === 'number') this.w.get(value)
    else this.w.i32(value.constant)
    return this
  }

  /** Pushes a constant. */
  i32(value: number): this {
    this.w.i32(value)
    return this
  }

  op(opcode: Op): this {
    this.w.op(opcode)
    return this
  }

  /** Pops the top of the wasm stack into a fresh temporary. */
  pop(): Local {
    const local = this.temporary()
    this.w.set(local)
    return local
  }

  /** A value that survives later register writes. */
  copy(value: Value): Value {
    return typeof value === 'number' ? this.push(value).pop() : value
  }

  /** An i32 local that lives until the end of the instruction. */
  abstract temporary(): Local

  /** Pushes `value` sign-extended from `size` bytes. */
  pushSigned(value: Value, size: number): this {
    this.push(value)
    if (size === 1) this.op(Op.i32_extend8_s)
    else if (size === 2) this.op(Op.i32_extend16_s)
    return this
  }

  /** Masks the top of the stack to `size` bytes. */
  mask(size: number): this {
    return size === 4 ? this : this.i32(sizeMask(size)).op(Op.i32_and)
  }

  /** Emits `body` under the condition on top of the stack. */
  when(body: () => void): void {
    this.w.if()
    body()
    this.w.end()
  }

  // ---- state cells -------------------------------------------------------------------------------------------

  /** Pushes the 32-bit state cell at `offset`. */
  cell(offset: number): this {
    this.w.get(this.cpu).memory(Op.i32_load, offset)
    return this
  }

  /** Stores `value` in the 32-bit state cell at `offset`. */
  setCell(offset: number, value: Value): this {
    this.w.get(this.cpu)
    this.push(value).w.memory(Op.i32_store, offset)
    return this
  }

  // ---- operands ----------------------------------------------------------------------------------------------

  /** General register `number`, zero-extended from its low `size` bytes. */
  abstract gpr(number: number, size: number): Value
  /** Writes the low `size` bytes of general register `number`. */
  abstract setGpr(number: number, size: number, value: Value): void
  /** Register operand `i` (general registers only), zero-extended. */
  protected abstract readRegister(i: number): Value
  protected abstract writeRegister(i: number, value: Value): void
  /** Number of general register operand `i` as a value, for callouts that write it. */
  abstract gprNumber(i: number): Value
  /** Number of register operand `i` as a value: segment, control and x87 registers. */
  abstract registerNumber(i: number): Value
  /** The immediate (second immediate), sign-extended as the encoding says. */
  abstract immediate(): Value
  abstract immediate2(): Value
  /** Branch target as an offset from the code page's start (may lie outside the page). */
  abstract targetOffset(): Value
  /** Offset of this and of the next instruction from the code page's start. */
  abstract ownOffset(): Value
  abstract nextOffset(): Value
  /** Offset of the effective address in its segment. */
  protected abstract effectiveAddress(): Value
  /** Number of the memory operand's segment. */
  abstract segment(): Value
  /** Pushes the site word of this instruction. */
  abstract pushSite(): void

  /** Operand `i`, zero-extended to 32 bits from its size. */
  read(i: number): Value {
    switch (this.shape.kinds[i]) {
      case OperandKind.Register:
        return this.readRegister(i)
      case OperandKind.Memory:
        return this.load(this.memoryOperand(this.shape.sizes[i]!, false), this.shape.sizes[i]!)
      default:
        return this.immediateOfSize(this.size)
    }
  }

  /** Writes operand `i`. */
  write(i: number, value: Value): void {
    if (this.shape.kinds[i] === OperandKind.Register) this.writeRegister(i, value)
    else this.store(this.memoryOperand(this.shape.sizes[i]!, true), this.shape.sizes[i]!, value)
  }

  /** Whether operand `i` is a general register. */
  isGeneralRegister(i: number): boolean {
    return isGeneral(this.shape.classes[i]!)
  }

  /** Whether operand `i` is memory. */
  isMemory(i: number): boolean {
    return this.shape.kinds[i] === OperandKind.Memory
  }

  /** Opens operand `i` for a read-modify-write: after this, nothing can fault any more. */
  open(i: number): Place {
    if (!this.isMemory(i)) return { operand: i, value: this.readRegister(i) }
    return this.openAt(this.memoryOperand(this.shape.sizes[i]!, true), this.shape.sizes[i]!, i)
  }

  /** Opens `size` bytes at a linear address for a read-modify-write. */
  openAt(linear: Value, size: number, operand = 0): Place {
    const host = this.updatable(linear, size)
    this.w.get(host).memory(loadOf(size))
    return { operand, value: this.pop(), host }
  }

  /** Writes the new value to an opened place. */
  close(place: Place, value: Value): void {
    if (place.host === undefined) return this.writeRegister(place.operand, value)
    this.closeAt(place, value, this.shape.sizes[place.operand]!)
  }

  /** Writes `size` bytes to a place opened by `openAt`. */
  closeAt(place: Place, value: Value, size: number): void {
    const host = place.host!
    this.w.get(host)
    this.push(value).w.memory(storeOf(size))
    this.commit(host)
  }

  private immediateOfSize(size: number): Value {
    const value = this.immediate()
    if (typeof value !== 'number') return constant(value.constant & sizeMask(size))
    return size === 4 ? value : this.push(value).mask(size).pop()
  }

  // ---- addresses ---------------------------------------------------------------------------------------------

  /** The memory operand's offset in its segment, truncated to the address size. */
  offset(): Value {
    const offset = this.effectiveAddress()
    if (this.shape.addressSize !== 2) return offset
    if (typeof offset !== 'number') return constant(offset.constant & 0xffff)
    return this.push(offset).mask(2).pop()
  }

  /** Linear address of the memory operand, checked for an access of `size` bytes. */
  memoryOperand(size: number, write: boolean): Value {
    return this.linear(this.segment(), this.offset(), size, write, this.shape.segmented)
  }

  /** Linear address of `offset` in a segment known now, such as SS for stacks and ES for strings. */
  linearIn(segment: number, offset: Value, size: number, write: boolean): Value {
    const segmented = !this.shape.flat || segment > Segment.DS || (segment === Segment.CS && write)
    return this.linear(constant(segment), offset, size, write, segmented)
  }

  /** Adds the segment's base after checking its limit and rights, where the mode does not make both moot. */
  linear(segment: Value, offset: Value, size: number, write: boolean, segmented: boolean): Value {
    if (!segmented) return offset
    const record = this.segmentRecord(segment)
    const span = write ? SegmentField.writeSpan : SegmentField.readSpan
    const slot = typeof segment === 'number' ? 0 : segmentSlot(segment.constant)
    const at = this.copy(offset)
    // Spans promise room for 16 bytes; larger operands are always checked exactly.
    if (size > 16) this.i32(1)
    else this.push(at).w.get(record).memory(Op.i32_load, slot + span).op(Op.i32_ge_u)
    this.when(() => {
      this.w.get(this.cpu)
      this.push(segment).i32((Math.min(size, 255) << 8) | (write ? 0x1_0000 : 0))
      this.op(Op.i32_or).push(at).pushSite()
      this.w.call(Helper.checkSegment).op(Op.i32_eqz)
      this.leaveIf()
    })
    this.push(at).w.get(record).memory(Op.i32_load, slot + SegmentField.base).op(Op.i32_add)
    return this.pop()
  }

  /** Address to which a segment record's field offsets are relative. */
  private segmentRecord(segment: Value): Local {
    if (typeof segment !== 'number') return this.cpu
    return this.push(segment).i32(5).op(Op.i32_shl).i32(Layout.segments).op(Op.i32_add).push(this.cpu).op(Op.i32_add).pop()
  }

  // ---- memory ------------------------------------------------------------------------------------------------

  /** Pushes the address of the current privilege's TLB array minus `extra`; the entry's fields follow by memarg. */
  protected abstract pushTlbBase(write: boolean): number

  /** Emits the TLB probe; leaves the hit condition on the stack and returns the entry's address and array offset. */
  private probe(linear: Value, size: number, write: boolean): { entry: Local; offset: number } {
    const entry = this.temporary()
    this.push(linear).i32(9).op(Op.i32_shr_u).i32((this.tlb.entries - 1) << 3).op(Op.i32_and)
    const offset = this.pushTlbBase(write)
    this.op(Op.i32_add).w.tee(entry).memory(Op.i32_load, offset)
    this.push(linear)
    if (size > 1) this.i32(size - 1).op(Op.i32_add)
    this.i32(-4096).op(Op.i32_and).op(Op.i32_eq)
    return { entry, offset }
  }

  /** Host address of `size` readable bytes at `linear`: direct memory, or the bounce buffer after the slow path. */
  readable(linear: Value, size: number): void {
    const { entry, offset } = this.probe(linear, size, false)
    this.w.if(ValueType.i32)
    this.push(linear).w.get(entry).memory(Op.i32_load, offset + 4).op(Op.i32_add)
    this.w.else()
    this.slow(Helper.read, linear, size)
    this.w.end()
  }

  /** Loads `size` (1, 2 or 4) bytes, zero-extended. */
  load(linear: Value, size: number): Local {
    this.readable(linear, size)
    this.w.memory(loadOf(size))
    return this.pop()
  }

  /** Host address of `size` bytes at `linear` for reading and writing. */
  updatable(linear: Value, size: number): Local {
    const { entry, offset } = this.probe(linear, size, true)
    this.w.if(ValueType.i32)
    this.push(linear).w.get(entry).memory(Op.i32_load, offset + 4).op(Op.i32_add)
    this.w.else()
    this.slow(Helper.update, linear, size)
    this.w.end()
    return this.pop()
  }

  /** Writes an update back that went to the bounce buffer. */
  commit(host: Local): void {
    this.w.get(host).get(this.cpu).i32(Layout.bounce).op(Op.i32_add).op(Op.i32_eq)
    this.when(() => this.w.get(this.cpu).call(Helper.commit))
  }

  /** Stores the low `size` (1, 2 or 4) bytes of `value`. */
  store(linear: Value, size: number, value: Value): void {
    const { entry, offset } = this.probe(linear, size, true)
    this.w.if()
    this.push(linear).w.get(entry).memory(Op.i32_load, offset + 4).op(Op.i32_add)
    this.push(value).w.memory(storeOf(size))
    this.w.else()
    this.w.get(this.cpu)
    this.push(linear).i32(size).pushSite()
    this.push(value).w.call(Helper.write).op(Op.i32_eqz)
    this.leaveIf()
    this.w.end()
  }

  private slow(helper: number, linear: Value, size: number): void {
    const host = this.temporary()
    this.w.get(this.cpu)
    this.push(linear).i32(size).pushSite()
    this.w.call(helper).tee(host).op(Op.i32_eqz)
    this.leaveIf()
    this.w.get(host)
  }

  // ---- leaving -----------------------------------------------------------------------------------------------

  /** Leaves the instruction without effect if the top of the stack is not zero; why is in the state already. */
  abstract leaveIf(): void

  /** Runs callout `id` with x and y and ends the unit. */
  abstract callout(id: number, x: Value, y: Value): void

  /** Calls function `name` of the table of helpers that are called indirectly. Arguments are on the stack. */
  abstract callTable(slot: number, signature: Signature): void

  // ---- control flow: each ends the unit ----------------------------------------------------------------------

  /** Goes to the direct branch target. */
  abstract jump(): void
  /** Goes to the direct target if the condition on the stack holds, else to the next instruction. */
  abstract branch(): void
  /** Goes to the EIP in `target` (already truncated to the operand size). */
  abstract jumpTo(target: Value): void

  /** Runs this instruction again from its start, as a repeated string instruction does between two portions. */
  abstract again(): void

  /** Raises #GP(0) if `target` lies outside the code segment, where the mode does not make that impossible. */
  checkCodeLimit(target: Value): void {
    if (this.shape.flat) return
    this.push(target).cell(segmentSlot(Segment.CS) + SegmentField.limit).op(Op.i32_gt_u)
    this.when(() => this.callout(Callout.Raise, constant(Vector.GP), constant(0)))
  }

  /** The same for the direct branch target, before anything of the instruction takes effect. */
  checkDirectTarget(): void {
    if (this.shape.flat && this.size !== 2) return
    this.checkCodeLimit(this.directTarget())
  }

  /** EIP of the direct branch target, truncated to the operand size. */
  directTarget(): Value {
    return this.push(this.eipOf(this.targetOffset())).mask(this.size).pop()
  }

  /** Ends the unit by going to the next instruction. */
  abstract goNext(): void

  /** Asks for attention if IF is set and an interrupt is waiting; the unit is to end soon. */
  noticeInterrupts(): void {
    this.cell(Layout.eflags).i32(Flag.IF).op(Op.i32_and).op(Op.i32_eqz).op(Op.i32_eqz)
    this.cell(Layout.interruptPending).op(Op.i32_and)
    this.when(() => this.setCell(Layout.attention, constant(1 << 31)))
  }

  /** Selector of segment register `number`, zero-extended. */
  selectorOf(number: Value): Value {
    const at = SegmentField.selector
    if (typeof number !== 'number') return this.cell(segmentSlot(number.constant) + at).mask(2).pop()
    this.w.get(this.segmentRecord(number)).memory(Op.i32_load, at)
    return this.mask(2).pop()
  }

  /** EIP of the next instruction. */
  nextEip(): Value {
    return this.eipOf(this.nextOffset())
  }

  /** EIP of an offset from the code page's start. */
  eipOf(offset: Value): Value {
    return this.cell(Layout.ripPage).push(offset).op(Op.i32_add).pop()
  }

  /** Decides whether `instruction` is one whose registers an emitter may read (used by tests and the translator). */
  abstract begin(instruction: Instruction, shape: Shape): void
}
