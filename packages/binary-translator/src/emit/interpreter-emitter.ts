import type { TlbOffsets } from '../types.ts'
import { ExitCode, Layout } from '../state/layout.ts'
import { UnitField } from '../cache/unit.ts'
import type { FunctionWriter, Local } from '../wasm/function-writer.ts'
import type { Signature } from '../wasm/module-writer.ts'
import { Op, type ValueType } from '../wasm/opcodes.ts'
import { Helper, loadOf, storeOf } from './access-emitter.ts'
import { Emitter } from './emitter.ts'
import { ImmediateFlags, type Flags } from './flags.ts'
import { HeadField, RecordField, recordBytes } from './record.ts'
import type { Shape } from './shape.ts'
import { constant, type Value } from './value.ts'
import { StateVectors, type Vectors } from './vectors.ts'

/**
 * The run-time binding: emits interpreter handlers. A handler is a function (cpu, record) -> next record, or 0 to
 * leave the interpreter; operands come from the record, registers and flags live in the state block.
 */
export class InterpreterEmitter extends Emitter {
  override w!: FunctionWriter
  override readonly flags: Flags
  override readonly vectors: Vectors = new StateVectors(this)
  readonly #record = 1
  readonly #typeOf: (signature: Signature) => number

  constructor(tlb: TlbOffsets, typeOf: (signature: Signature) => number) {
    super(tlb)
    this.flags = new ImmediateFlags(this, Layout.flagResult, Layout.flagAux)
    this.#typeOf = typeOf
  }

  /** Emits the handler for `shape` whose meaning is `family`. */
  handler(writer: FunctionWriter, shape: Shape, family: (e: Emitter) => void): void {
    this.w = writer
    this.shape = shape
    family(this)
    this.w.get(this.#record).i32(recordBytes).op(Op.i32_add)
  }

  /**
   * Emits the handler of a unit's head: takes the unit's instructions from the budget, or leaves. `bounded`: also
   * where the unit does not lie inside the code segment as a whole, since code may have run on from the unit before.
   */
  head(writer: FunctionWriter, bounded: boolean): void {
    this.w = writer
    const field = (offset: number): this => {
      writer.get(this.#record).memory(Op.i32_load, offset)
      return this
    }
    this.cell(Layout.budget)
    const budget = field(HeadField.count).op(Op.i32_sub).pop()
    this.push(budget).cell(Layout.attention).op(Op.i32_or).i32(0).op(Op.i32_lt_s)
    this.rarely(() => this.#leaveHead(ExitCode.Budget))
    field(HeadField.unit)
    const unit = this.pop()
    if (bounded) this.#leaveBeyondLimit(unit)
    writer.get(unit).get(unit).memory(Op.i32_load, UnitField.heat).i32(1).op(Op.i32_sub)
    const heat = this.temporary()
    writer.tee(heat).memory(Op.i32_store, UnitField.heat).get(heat).op(Op.i32_eqz)
    this.when(() => {
      this.setCell(Layout.nextUnit, unit)
      this.#leaveHead(ExitCode.Hot)
    })
    this.setCell(Layout.budget, budget)
    writer.get(this.#record).i32(recordBytes).op(Op.i32_add)
  }

  /** Emits the handler of a unit's end where the last instruction does not transfer control itself. */
  end(writer: FunctionWriter): void {
    this.w = writer
    this.#chain(RecordField.next, RecordField.linkNext)
    writer.i32(0)
  }

  #leaveBeyondLimit(unit: Local): void {
    this.w.get(unit).memory(Op.i32_load, UnitField.last)
    this.pushBeyondLimit(this.#field(HeadField.offset), this.pop())
    this.when(() => this.#leaveHead(ExitCode.NeedUnit))
  }

  #leaveHead(exit: number): void {
    this.w.get(this.cpu)
    this.cell(Layout.ripPage)
    this.w.get(this.#record).memory(Op.i32_load, HeadField.offset).op(Op.i32_add).memory(Op.i32_store, Layout.rip)
    this.setCell(Layout.exit, constant(exit))
    this.w.i32(0).op(Op.return)
  }

  #field(offset: number): Value {
    this.w.get(this.#record).memory(Op.i32_load, offset)
    return this.pop()
  }

  override temporary(): number {
    return this.w.local()
  }

  override typed(type: ValueType): number {
    return this.w.local(type)
  }

  override gpr(number: number, size: number): Value {
    this.w.get(this.cpu).memory(loadOf(size), number * 8)
    return this.pop()
  }

  override setGpr(number: number, size: number, value: Value): void {
    this.w.get(this.cpu)
    this.push(value).w.memory(storeOf(size), number * 8)
  }

  #registerAddress(i: number): void {
    this.w
      .get(this.cpu)
      .get(this.#record)
      .memory(Op.i32_load, RecordField.registers + 4 * i)
      .op(Op.i32_add)
  }

  protected override readRegister(i: number): Value {
    this.#registerAddress(i)
    this.w.memory(loadOf(this.shape.sizes[i]!))
    return this.pop()
  }

  protected override writeRegister(i: number, value: Value): void {
    this.#registerAddress(i)
    this.push(value).w.memory(storeOf(this.shape.sizes[i]!))
  }

  override registerNumber(i: number): Value {
    return this.#field(RecordField.registers + 4 * i)
  }

  override gprNumber(i: number): Value {
    return this.push(this.#field(RecordField.registers + 4 * i))
      .i32(3)
      .op(Op.i32_shr_u)
      .pop()
  }

  override immediate(): Value {
    return this.#field(RecordField.immediate)
  }

  override immediate2(): Value {
    return this.#field(RecordField.immediate2)
  }

  override targetOffset(): Value {
    return this.#field(RecordField.target)
  }

  override ownOffset(): Value {
    this.pushSite()
    return this.i32(0xfff).op(Op.i32_and).pop()
  }

  override nextOffset(): Value {
    return this.#field(RecordField.next)
  }

  override segment(): Value {
    return this.#field(RecordField.segment)
  }

  override pushSite(): void {
    this.w.get(this.#record).memory(Op.i32_load, RecordField.site)
  }

  protected override effectiveAddress(): Value {
    const record = this.#record
    const register = (field: number): void => {
      this.w.get(this.cpu).get(record).memory(Op.i32_load, field).op(Op.i32_add).memory(Op.i32_load)
    }
    this.w.get(record).memory(Op.i32_load, RecordField.displacement)
    if (this.shape.hasBase) {
      register(RecordField.base)
      this.op(Op.i32_add)
    }
    if (this.shape.hasIndex) {
      register(RecordField.index)
      this.w.get(record).memory(Op.i32_load, RecordField.scale).op(Op.i32_shl).op(Op.i32_add)
    }
    return this.pop()
  }

  protected override pushTlbBase(write: boolean): number {
    this.cell(write ? Layout.tlbWrite : Layout.tlbRead)
    return 0
  }

  override leaveIf(): void {
    this.rarely(() => this.w.i32(0).op(Op.return))
  }

  override callout(id: number, x: Value, y: Value): void {
    this.w.get(this.cpu).get(this.cpu).i32(id)
    this.push(x).push(y).pushSite()
    this.w.call(Helper.callout).memory(Op.i32_store, Layout.exit).i32(0).op(Op.return)
  }

  override callTable(slot: number, signature: Signature): void {
    this.w.i32(slot).callIndirect(this.#typeOf(signature))
  }

  override jump(): void {
    this.#direct(RecordField.target, RecordField.linkTarget)
  }

  override branch(): void {
    this.w.if()
    this.#direct(RecordField.target, RecordField.linkTarget)
    this.w.else()
    this.#chain(RecordField.next, RecordField.linkNext)
    this.w.end()
  }

  override goNext(): void {
    this.#chain(RecordField.next, RecordField.linkNext)
  }

  override jumpTo(target: Value): void {
    this.setCell(Layout.rip, target)
    if (this.shape.flat) this.#noteTarget(target)
    this.w.i32(0).op(Op.return)
  }

  /** Remembers where an indirect transfer goes, for the translator. */
  #noteTarget(target: Value): void {
    this.w.get(this.#record)
    this.push(target).cell(Layout.ripPage).op(Op.i32_sub)
    this.w.memory(Op.i32_store, RecordField.linkTarget)
  }

  override again(): void {
    this.w.get(this.cpu)
    this.cell(Layout.budget).pushSite()
    this.i32(12).op(Op.i32_shr_u).i32(0xff).op(Op.i32_and).op(Op.i32_add).i32(1).op(Op.i32_sub)
    this.w.memory(Op.i32_store, Layout.budget).get(this.cpu)
    this.cell(Layout.ripPage).pushSite()
    this.i32(0xfff).op(Op.i32_and).op(Op.i32_add).w.memory(Op.i32_store, Layout.rip).i32(0).op(Op.return)
  }

  /** Goes to a page offset that a taken branch names; 16-bit code computes and checks the whole address. */
  #direct(offset: number, link: number): void {
    if (this.shape.flat && this.size !== 2) return this.#chain(offset, link)
    const target = this.directTarget()
    this.checkCodeLimit(target)
    this.jumpTo(target)
  }

  /** Continues with the linked unit's records, or leaves to the dispatcher. */
  #chain(offset: number, link: number): void {
    const unit = this.temporary()
    const head = this.temporary()
    this.w.get(this.#record).memory(Op.i32_load, link).tee(unit)
    this.when(() => {
      this.w.get(unit).memory(Op.i32_load, UnitField.head).tee(head)
      this.when(() => this.w.get(head).op(Op.return))
      this.setCell(Layout.nextUnit, unit)
      this.w.i32(0).op(Op.return)
    })
    this.w.get(this.cpu)
    this.cell(Layout.ripPage)
    this.w.get(this.#record).memory(Op.i32_load, offset).op(Op.i32_add).memory(Op.i32_store, Layout.rip)
    this.w.i32(0).op(Op.return)
  }
}
