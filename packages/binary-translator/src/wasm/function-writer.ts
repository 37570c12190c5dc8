import { ByteBuffer } from './byte-buffer.ts'
import { Op, type Simd, ValueType, noResult, simdPrefix } from './opcodes.ts'

/** The place a branch may go to: made by `block`, `loop` and `if`, valid until its `end`. */
export type Label = number

/** A local's index. */
export type Local = number

/** log2 of the natural alignment, by load and store opcode; x86 promises none, so all accesses say 0. */
const alignmentHint = 0

/** Whether the branch at byte `at` is likely to be taken. */
export interface BranchHint {
  readonly at: number
  readonly likely: boolean
}

/**
 * Writes the body of one WebAssembly function. Calls chain, so that emitted code reads in its own order:
 *
 * ```ts
 * w.get(a).get(b).op(Op.i32_add).set(sum)
 * ```
 */
export class FunctionWriter {
  readonly code: ByteBuffer = new ByteBuffer(1024)
  readonly #parameters: number
  readonly #locals: ValueType[] = []
  readonly #free: Local[] = []
  readonly #hints: BranchHint[] = []
  #depth = 0

  constructor(parameters: number) {
    this.#parameters = parameters
  }

  /** A new local of `type` (zero at the function's start). */
  local(type: ValueType = ValueType.i32): Local {
    this.#locals.push(type)
    return this.#parameters + this.#locals.length - 1
  }

  /** A scratch i32 local: one given back by `release`, else a new one. Its value is undefined. */
  scratch(): Local {
    return this.#free.pop() ?? this.local(ValueType.i32)
  }

  /** Gives a scratch local back. */
  release(local: Local): void {
    this.#free.push(local)
  }

  op(opcode: Op): this {
    this.code.byte(opcode)
    return this
  }

  i32(value: number): this {
    this.code.byte(Op.i32_const)
    this.code.signed(value)
    return this
  }

  i64(low: number, high: number = low >> 31): this {
    this.code.byte(Op.i64_const)
    this.code.signed64(low, high)
    return this
  }

  get(local: Local): this {
    this.code.byte(Op.local_get)
    this.code.unsigned(local)
    return this
  }

  set(local: Local): this {
    this.code.byte(Op.local_set)
    this.code.unsigned(local)
    return this
  }

  tee(local: Local): this {
    this.code.byte(Op.local_tee)
    this.code.unsigned(local)
    return this
  }

  /** A load or store; `offset` is added to the address on the stack. */
  memory(opcode: Op, offset = 0): this {
    this.code.byte(opcode)
    this.code.byte(alignmentHint)
    this.code.unsigned(offset)
    return this
  }

  /** A vector instruction without immediates, or with a lane number. */
  simd(opcode: Simd, lane?: number): this {
    this.code.byte(simdPrefix)
    this.code.unsigned(opcode)
    if (lane !== undefined) this.code.byte(lane)
    return this
  }

  /** A vector load or store, of one lane if `lane` is given; `offset` is added to the address on the stack. */
  simdMemory(opcode: Simd, offset = 0, lane?: number): this {
    this.simd(opcode)
    this.code.byte(alignmentHint)
    this.code.unsigned(offset)
    if (lane !== undefined) this.code.byte(lane)
    return this
  }

  /** The constant vector, or the shuffle, of 16 bytes. */
  simdBytes(opcode: typeof Simd.v128_const | typeof Simd.i8x16_shuffle, bytes: readonly number[]): this {
    this.simd(opcode)
    for (const byte of bytes) this.code.byte(byte)
    return this
  }

  block(result: number = noResult): Label {
    return this.#open(Op.block, result)
  }

  loop(result: number = noResult): Label {
    return this.#open(Op.loop, result)
  }

  /** Says of the `if` or `brIf` that comes next that its condition seldom holds: what follows it is laid out aside. */
  rarely(): this {
    return this.#hint(false)
  }

  /** The same, of a condition that seldom fails. */
  mostly(): this {
    return this.#hint(true)
  }

  #hint(likely: boolean): this {
    this.#hints.push({ at: this.code.length, likely })
    return this
  }

  /** Takes the condition from the stack. */
  if(result: number = noResult): Label {
    return this.#open(Op.if, result)
  }

  else(): this {
    this.code.byte(Op.else)
    return this
  }

  end(): this {
    this.code.byte(Op.end)
    this.#depth--
    return this
  }

  br(label: Label): this {
    this.code.byte(Op.br)
    this.code.unsigned(this.#depth - label)
    return this
  }

  brIf(label: Label): this {
    this.code.byte(Op.br_if)
    this.code.unsigned(this.#depth - label)
    return this
  }

  brTable(labels: readonly Label[], otherwise: Label): this {
    this.code.byte(Op.br_table)
    this.code.unsigned(labels.length)
    for (const label of labels) this.code.unsigned(this.#depth - label)
    this.code.unsigned(this.#depth - otherwise)
    return this
  }

  call(functionIndex: number): this {
    this.code.byte(Op.call)
    this.code.unsigned(functionIndex)
    return this
  }

  returnCall(functionIndex: number): this {
    this.code.byte(Op.return_call)
    this.code.unsigned(functionIndex)
    return this
  }

  /** Takes the table index from the stack, after the arguments. */
  callIndirect(typeIndex: number, table = 0): this {
    return this.#indirect(Op.call_indirect, typeIndex, table)
  }

  returnCallIndirect(typeIndex: number, table = 0): this {
    return this.#indirect(Op.return_call_indirect, typeIndex, table)
  }

  /** i32.trunc_sat_f64_s. */
  truncateSaturated(): this {
    for (const byte of [0xfc, 0x02]) this.code.byte(byte)
    return this
  }

  /** memory.copy: destination, source and length are on the stack. */
  memoryCopy(): this {
    for (const byte of [0xfc, 0x0a, 0x00, 0x00]) this.code.byte(byte)
    return this
  }

  /** memory.fill: destination, byte value and length are on the stack. */
  memoryFill(): this {
    for (const byte of [0xfc, 0x0b, 0x00]) this.code.byte(byte)
    return this
  }

  /** Code to run before the body, written once the body is known: straight-line code over the same locals. */
  prologue: FunctionWriter | null = null

  /** Writes the finished body (size, locals, code, end) to `out`; returns the hints, their places counted from the locals' start. */
  finish(out: ByteBuffer): BranchHint[] {
    if (this.#depth !== 0) throw new Error(`function body ends ${this.#depth} blocks deep`)
    const runs = runLengths(this.#locals)
    const header = new ByteBuffer(16)
    header.unsigned(runs.length)
    for (const [count, type] of runs) {
      header.unsigned(count)
      header.byte(type)
    }
    this.code.byte(Op.end)
    const prologue = this.prologue?.code
    out.unsigned(header.length + (prologue?.length ?? 0) + this.code.length)
    out.append(header)
    if (prologue) out.append(prologue)
    out.append(this.code)
    const start = header.length + (prologue?.length ?? 0)
    return this.#hints.map(({ at, likely }) => ({ at: start + at, likely }))
  }

  #open(opcode: Op, result: number): Label {
    this.code.byte(opcode)
    this.code.byte(result)
    return ++this.#depth
  }

  #indirect(opcode: Op, typeIndex: number, table: number): this {
    this.code.byte(opcode)
    this.code.unsigned(typeIndex)
    this.code.unsigned(table)
    return this
  }
}

function runLengths(types: readonly ValueType[]): [number, ValueType][] {
  const runs: [number, ValueType][] = []
  for (const type of types) {
    const last = runs.at(-1)
    if (last && last[1] === type) last[0]++
    else runs.push([1, type])
  }
  return runs
}
