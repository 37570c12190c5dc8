import { OperandKind, registerClass, registerNumber, RegisterClass, type Instruction } from '@mica-vm/x86-decoder'
import type { DecodedUnit } from '../decode-unit.ts'
import type { TlbOffsets } from '../types.ts'
import { ExitCode, Layout, Mode } from '../state/layout.ts'
import { UnitField } from '../cache/unit.ts'
import { FunctionWriter, type Label, type Local } from '../wasm/function-writer.ts'
import type { Signature } from '../wasm/module-writer.ts'
import { Op, type ValueType } from '../wasm/opcodes.ts'
import { Helper } from '../emit/access-emitter.ts'
import { Emitter } from '../emit/emitter.ts'
import { Site } from '../emit/record.ts'
import { isGeneral, type Shape } from '../emit/shape.ts'
import { constant, sizeMask, type Value } from '../emit/value.ts'
import type { Exits, RegionFlow } from './flow.ts'
import { GeneralRegisters } from './general-registers.ts'
import { Temporaries } from './temporaries.ts'
import { TlbEntries } from './tlb-entries.ts'
import { TranslatedFlags } from './translated-flags.ts'
import { TranslatedVectors } from './translated-vectors.ts'
import { Windows } from './windows.ts'

/**
 * The translation-time binding: emits one function (cpu, unit) -> exit code for a region. General registers and flags
 * live in locals, loaded once and written back at the ways out; addresses, immediates and register numbers are
 * constants.
 */
export class TranslatedEmitter extends Emitter {
  override w: FunctionWriter
  override readonly flags: TranslatedFlags
  override readonly vectors: TranslatedVectors = new TranslatedVectors(this)
  readonly entries: TlbEntries = new TlbEntries(this)
  readonly windows: Windows = new Windows(this, this.entries, (write) => this.pushTlbBase(write, undefined))
  readonly unit: Local = 1
  readonly #typeOf: (signature: Signature) => number
  readonly #codeType: number
  readonly #mode: number
  readonly #result: Local
  readonly #aux: Local
  readonly #budget: Local
  readonly #x: readonly Local[]
  readonly #temporaries: Temporaries
  readonly #registers: GeneralRegisters
  #flagsUsed = false
  #flagsDirty = false
  #exits!: Exits
  #instruction!: Instruction
  #offset = 0
  #site = 0
  flow!: RegionFlow

  constructor(
    writer: FunctionWriter,
    tlb: TlbOffsets,
    mode: number,
    codeType: number,
    typeOf: (signature: Signature) => number,
  ) {
    super(tlb)
    this.w = writer
    this.#temporaries = new Temporaries(writer)
    this.#mode = mode
    this.#codeType = codeType
    this.#typeOf = typeOf
    this.#registers = new GeneralRegisters(writer, this.cpu)
    this.#result = writer.local()
    this.#aux = writer.local()
    this.#budget = writer.local()
    this.#x = [writer.local(), writer.local(), writer.local(), writer.local()]
    this.flags = new TranslatedFlags(this, {
      result: this.#result,
      aux: this.#aux,
      use: (written) => {
        this.#flagsUsed = true
        this.#flagsDirty ||= written
      },
    })
  }

  /** Emits the function around `body`, which never falls through. */
  function(body: () => void): void {
    const w = this.w
    const callout = w.block()
    const indirect = w.block()
    const chain = w.block()
    const leave = w.block()
    const limit = this.#mode & Mode.flat ? null : w.block()
    const budget = w.block()
    this.#exits = { callout, indirect, chain, leave, limit, budget }
    body()
    w.op(Op.unreachable).end()
    this.#unitExit(ExitCode.Budget)
    w.end()
    if (limit !== null) {
      this.#unitExit(ExitCode.NeedUnit)
      w.end()
    }
    this.#spill()
    this.cell(Layout.exit).w.op(Op.return).end()
    this.#spill()
    const [target] = this.#x
    w.get(this.cpu).get(target!).get(target!).memory(Op.i32_load, UnitField.code).returnCallIndirect(this.#codeType)
    w.end()
    this.#spill()
    w.get(this.cpu).get(this.unit).returnCall(Helper.continueAtRip).end()
    this.#spill()
    w.get(this.cpu)
    for (const x of this.#x) w.get(x)
    w.returnCall(Helper.callout)
    this.#prologue()
  }

  /** Starts the instruction at `site`. */
  start(instruction: Instruction, shape: Shape, site: number): void {
    this.#instruction = instruction
    this.#offset = Site.offset(site)
    this.#site = site
    this.shape = shape
    this.windows.start()
  }

  /** Ends an instruction: its temporaries are free again, but for those that pending flags need. */
  finish(): void {
    this.#temporaries.end(this.flags.captured())
  }

  /** Enters code with `pending` flags: their temporaries must not be given out. */
  resume(pending: TranslatedFlags['pending']): void {
    this.flags.pending = pending
    for (const local of this.flags.captured()) {
      if (!this.#registers.owns(local)) this.#temporaries.keep(local)
    }
  }

  /**
   * Takes a unit's instructions from the budget, or leaves at its start. So it does where the unit does not lie inside
   * the code segment as a whole: code may have run on from the unit before.
   */
  enter({ count, offset, length }: DecodedUnit): void {
    const w = this.w
    w.get(this.cpu).get(this.#budget).i32(count).op(Op.i32_sub).tee(this.#budget).memory(Op.i32_store, Layout.budget)
    w.get(this.#budget).get(this.cpu).memory(Op.i32_load, Layout.attention).op(Op.i32_or).i32(0).op(Op.i32_lt_s)
    this.rarely(() => this.#leaveUnit(this.#exits.budget, offset, count))
    const { limit } = this.#exits
    if (limit === null) return
    this.pushBeyondLimit(constant(offset), constant(length - 1))
    this.rarely(() => this.#leaveUnit(limit, offset, count))
  }

  #leaveUnit(exit: Label, offset: number, count: number): void {
    this.flags.inArm(() => this.flags.settle())
    const [x0, x1] = this.#x
    this.w.i32(offset).set(x0!).i32(count).set(x1!).br(exit)
  }

  /** Leaves to the unit whose descriptor is `unit`, in the same code page. */
  chainTo(unit: number): void {
    this.flags.settle()
    this.w.i32(unit).set(this.#x[0]!).br(this.#exits.chain)
  }

  /** Leaves to an address outside the code page. */
  goOutside(offset: number): void {
    this.#leaveTo(this.eipOf(constant(offset)))
  }

  /** Leaves at the start of the unit at the page offset in x0, and gives the count in x1 back. */
  #unitExit(exit: number): void {
    const w = this.w
    const [offset, count] = this.#x
    this.#spill()
    w.get(this.cpu).get(this.#budget).get(count!).op(Op.i32_add).memory(Op.i32_store, Layout.budget)
    w.get(this.cpu)
    this.cell(Layout.ripPage).w.get(offset!).op(Op.i32_add).memory(Op.i32_store, Layout.rip)
    w.i32(exit).op(Op.return)
  }

  #spill(): void {
    this.#registers.spill(this.w)
    this.vectors.spill(this.w)
    if (!this.#flagsDirty) return
    this.flags.catchUp()
    this.setCell(Layout.flagResult, this.#result).setCell(Layout.flagAux, this.#aux)
  }

  #prologue(): void {
    const w = new FunctionWriter(0)
    this.#registers.load(w)
    if (this.#flagsUsed) {
      w.get(this.cpu).memory(Op.i32_load, Layout.flagResult).set(this.#result)
      w.get(this.cpu).memory(Op.i32_load, Layout.flagAux).set(this.#aux)
    }
    this.vectors.load(w)
    this.entries.begin(w, this.cpu)
    w.get(this.cpu).memory(Op.i32_load, Layout.budget).set(this.#budget)
    this.w.prologue = w
  }

  override noteChecked(bits: number): void {
    this.checked |= bits
  }

  override typed(type: ValueType): Local {
    return this.#temporaries.typed(type)
  }

  override temporary(): Local {
    return this.#temporaries.word()
  }

  override copy(value: Value): Value {
    return typeof value === 'number' ? this.windows.noteCopy(value, this.push(value).pop()) : value
  }

  override direct(linear: Value, size: number, write: boolean): () => void {
    return this.windows.direct(this.#instruction, linear, size, write) ?? super.direct(linear, size, write)
  }

  protected override slowlyAccessed(): void {
    this.windows.shutAll()
  }

  override gpr(number: number, size: number): Value {
    const local = this.#registers.use(number)
    return size === 4 ? local : this.push(local).mask(size).pop()
  }

  override setGpr(number: number, size: number, value: Value): void {
    this.#insert(number, size, 0, value)
  }

  /** Writes `size` bytes of register `number` from bit `shift` on. */
  #insert(number: number, size: number, shift: number, value: Value): void {
    const local = this.#registers.change(number)
    if (value === local && size === 4) return
    this.flags.protect(local)
    this.entries.forget(number)
    if (size < 4) {
      const mask = sizeMask(size)
      this.push(local)
        .i32(~(mask << shift))
        .op(Op.i32_and)
    }
    this.push(value).mask(size)
    if (shift > 0) this.i32(shift).op(Op.i32_shl)
    if (size < 4) this.op(Op.i32_or)
    this.w.set(local)
    this.windows.forget(number)
  }

  protected override readRegister(i: number): Value {
    const register = this.#instruction.registers[i]!
    const number = registerNumber(register)
    if (registerClass(register) !== RegisterClass.Gpr8High) return this.gpr(number, this.shape.sizes[i]!)
    return this.push(this.#registers.use(number)).i32(8).op(Op.i32_shr_u).mask(1).pop()
  }

  protected override writeRegister(i: number, value: Value): void {
    const register = this.#instruction.registers[i]!
    const shift = registerClass(register) === RegisterClass.Gpr8High ? 8 : 0
    this.#insert(registerNumber(register), this.shape.sizes[i]!, shift, value)
  }

  override gprNumber(i: number): Value {
    return constant(registerNumber(this.#instruction.registers[i]!))
  }

  override registerNumber(i: number): Value {
    const register = this.#instruction.registers[i]!
    if (this.shape.kinds[i] === OperandKind.Register && isGeneral(registerClass(register))) return this.gprNumber(i)
    return constant(registerNumber(register))
  }

  override immediate(): Value {
    return constant(this.#instruction.immediate)
  }

  override immediate2(): Value {
    return constant(this.#instruction.immediate2)
  }

  override targetOffset(): Value {
    return constant(this.#nextOffset + this.#instruction.immediate)
  }

  get #nextOffset(): number {
    return this.#offset + this.#instruction.length
  }

  override ownOffset(): Value {
    return constant(this.#offset)
  }

  override nextOffset(): Value {
    return constant(this.#nextOffset)
  }

  override segment(): Value {
    return constant(this.#instruction.segment)
  }

  override pushSite(): void {
    this.w.i32(this.#site)
  }

  protected override effectiveAddress(): Value {
    const { base, index, displacement } = this.#instruction
    if (base < 0 && index < 0) return constant(displacement)
    if (index < 0 && displacement === 0) return this.windows.noteAddress(this.#registers.use(base))
    this.#registers.pushAddress(this.#instruction)
    return this.windows.noteAddress(this.pop())
  }

  protected override nearRegister(): number {
    return this.#instruction.index < 0 ? this.#instruction.base : -1
  }

  protected override knownEntry(): Local | undefined {
    return this.entries.known(this.near)
  }

  protected override entryLocal(): Local {
    return this.near < 0 ? this.temporary() : this.entries.learn(this.near)
  }

  protected override pushTlbBase(write: boolean, known: Local | undefined): number {
    this.push(known ?? this.cpu)
    if (this.#mode & Mode.user) return write ? this.tlb.writeUser : this.tlb.readUser
    return write ? this.tlb.writeSupervisor : this.tlb.readSupervisor
  }

  override leaveIf(): void {
    if (this.flags.pending === null) return void this.w.rarely().brIf(this.#exits.leave)
    this.rarely(() => {
      this.flags.inArm(() => this.flags.settle())
      this.w.br(this.#exits.leave)
    })
  }

  override callout(id: number, x: Value, y: Value): void {
    this.flags.inArm(() => {
      this.flags.settle()
      const [x0, x1, x2, x3] = this.#x
      this.push(x).w.set(x1!)
      this.push(y).w.set(x2!)
      this.w.i32(id).set(x0!).i32(this.#site).set(x3!).br(this.#exits.callout)
    })
  }

  override callTable(slot: number, signature: Signature): void {
    this.w.i32(slot).callIndirect(this.#typeOf(signature))
  }

  /** Whether direct branches stay within EIP's range, so that page offsets name their targets. */
  get #linear(): boolean {
    return this.shape.flat && this.size !== 2
  }

  override jump(): void {
    if (this.#linear) return this.flow.go(this.#nextOffset + this.#instruction.immediate)
    const target = this.directTarget()
    this.checkCodeLimit(target)
    this.#leaveTo(target)
  }

  override branch(): void {
    const next = this.#nextOffset
    const pending = this.flags.pending
    this.w.if()
    this.jump()
    this.w.else()
    this.resume(pending)
    this.flow.go(next)
    this.w.end()
  }

  override jumpTo(target: Value): void {
    // Code of other units may come next, and use this instruction's temporaries: not this local, where it does not leave.
    const at = this.#x[1]!
    this.push(target).w.set(at)
    this.flow.tryLikely(at)
    this.#leaveTo(at)
  }

  #leaveTo(target: Value): void {
    this.flags.settle()
    this.setCell(Layout.rip, target).w.br(this.#exits.indirect)
  }

  override goNext(): void {
    this.flow.go(this.#nextOffset)
  }

  override again(): void {
    this.flags.inArm(() => {
      const refund = ((this.#site >>> 12) & 0xff) - 1
      this.w.get(this.cpu).get(this.#budget).i32(refund).op(Op.i32_add).memory(Op.i32_store, Layout.budget)
      this.#leaveTo(this.eipOf(constant(this.#offset)))
    })
  }
}
