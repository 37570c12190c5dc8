import { OperandKind } from '@mica-vm/x86-decoder'
import { Callout } from '../system/callouts.ts'
import { Vector } from '../system/guest-fault.ts'
import type { Local } from '../wasm/function-writer.ts'
import type { Signature } from '../wasm/module-writer.ts'
import { Op } from '../wasm/opcodes.ts'
import { Flag, Layout, Segment, SegmentField, segmentSlot } from '../state/layout.ts'
import type { Flags } from './flags.ts'
import { isGeneral } from './shape.ts'
import { AccessEmitter, loadOf, storeOf } from './access-emitter.ts'
import { constant, sizeMask, type Value } from './value.ts'
import type { Vectors } from './vectors.ts'

/** Opened destination of a read-modify-write: its old value, and where the new one goes. */
export interface Place {
  readonly operand: number
  readonly value: Value
  /** Host address of a memory operand. */
  readonly host?: Local
}

/**
 * Writes the code of one instruction after another. Instruction families (`families/`) are written once over this
 * interface; its two subclasses bind operands to a decoded record read at run time (the interpreter's handlers) or to
 * locals and constants known now (translated code).
 *
 * Rule for families: everything that can leave the instruction (memory accesses, segment checks) comes before the
 * first change of registers or flags, so that a fault finds the guest as it was before the instruction.
 */
export abstract class Emitter extends AccessEmitter {
  abstract readonly flags: Flags
  abstract readonly vectors: Vectors
  /** `VectorBlock` bits that an earlier instruction of the unit being emitted has found clear. */
  checked = 0

  /** Remembers, where code of a unit is emitted in one piece, what has been checked. */
  noteChecked(_bits: number): void {}

  /** Effective operand size in bytes. */
  get size(): number {
    return this.shape.size
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
  /** The register that the memory operand's address lies near to; -1 if it may lie anywhere. */
  protected nearRegister(): number {
    return -1
  }

  /** Number of the memory operand's segment. */
  abstract segment(): Value
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
    const linear = this.linear(this.segment(), this.offset(), size, write, this.shape.segmented)
    this.near = this.nearRegister()
    return linear
  }

  // ---- leaving -----------------------------------------------------------------------------------------------

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
    this.push(target)
      .cell(segmentSlot(Segment.CS) + SegmentField.limit)
      .op(Op.i32_gt_u)
    this.rarely(() => this.callout(Callout.Raise, constant(Vector.GP), constant(0)))
  }

  /** The same for the direct branch target, before anything of the instruction takes effect. */
  checkDirectTarget(): void {
    if (this.shape.flat && this.size !== 2) return
    this.checkCodeLimit(this.directTarget())
  }

  /** Pushes whether a unit of `last` + 1 bytes at page offset `offset` reaches beyond the code segment's limit. */
  pushBeyondLimit(offset: Value, last: Value): void {
    const first = this.eipOf(offset)
    const end = this.push(first).push(last).op(Op.i32_add).pop()
    this.push(end)
      .cell(segmentSlot(Segment.CS) + SegmentField.limit)
      .op(Op.i32_gt_u)
    this.push(end).push(first).op(Op.i32_lt_u).op(Op.i32_or)
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
    if (typeof number !== 'number')
      return this.cell(segmentSlot(number.constant) + at)
        .mask(2)
        .pop()
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
}
