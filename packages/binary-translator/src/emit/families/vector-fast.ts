import { Layout } from '../../state/layout.ts'
import type { Local } from '../../wasm/function-writer.ts'
import { Op, Simd, ValueType } from '../../wasm/opcodes.ts'
import type { Emitter } from '../emitter.ts'
import { type Place, pushVector, setVector } from './vector-common.ts'

/*
 * The short way of floating-point instructions: WebAssembly's arithmetic, whenever it gives what the processor would and
 * no flag of MXCSR can change. A finite result well above the denormal range comes from finite operands and raises PE
 * at most; so PE has to be set and masked already, rounding is to be to nearest, and no operand may be denormal, which
 * would raise DE. Everything else is left to the exact functions of `assembly/sse-*.ts`.
 */

/** MXCSR: RC, FTZ, DAZ, PM and PE; and the two that have to be set. */
const decisive = 0xf060
const settled = 0x1020

/** Pushes whether MXCSR allows the short way. */
export const pushSettled = (e: Emitter): void =>
  void e.cell(Layout.mxcsr).i32(decisive).op(Op.i32_and).i32(settled).op(Op.i32_eq)

/** How scalars of one size are handled as integers. */
interface Scalar {
  readonly type: ValueType
  readonly load: Op
  readonly store: Op
  readonly add: Op
  readonly less: Op
  readonly toFloat: Op
  readonly fromFloat: Op
  readonly equal: Op
  readonly lower: Op
  readonly isZero: Op
  /** Pushes a constant whose upper 32 bits (all, of a single) are `high`, less one if `less`. */
  readonly constant: (e: Emitter, high: number, less?: boolean) => void
  /** A unit in the exponent's last place, the sign being shifted out. */
  readonly unit: number
  /** Exponent of infinity. */
  readonly infinity: number
}

const single: Scalar = {
  type: ValueType.i32,
  load: Op.i32_load,
  store: Op.i32_store,
  add: Op.i32_add,
  less: Op.i32_lt_u,
  toFloat: Op.f32_reinterpret_i32,
  fromFloat: Op.i32_reinterpret_f32,
  equal: Op.f32_eq,
  lower: Op.f32_lt,
  isZero: Op.i32_eqz,
  constant: (e, high, less = false) => void e.i32(less ? high - 1 : high),
  unit: 0x0100_0000,
  infinity: 0xff,
}
const double: Scalar = {
  type: ValueType.i64,
  load: Op.i64_load,
  store: Op.i64_store,
  add: Op.i64_add,
  less: Op.i64_lt_u,
  toFloat: Op.f64_reinterpret_i64,
  fromFloat: Op.i64_reinterpret_f64,
  equal: Op.f64_eq,
  lower: Op.f64_lt,
  isZero: Op.i64_eqz,
  constant: (e, high, less = false) => void (less ? e.w.i64(-1, high - 1) : e.w.i64(0, high)),
  unit: 0x0020_0000,
  infinity: 0x7ff,
}

const scalarOf = (size: number): Scalar => (size === 4 ? single : double)

function loadScalar(e: Emitter, s: Scalar, { base, offset }: Place): Local {
  const local = e.typed(s.type)
  e.w.get(base).memory(s.load, offset).set(local)
  return local
}

/**
 * Emits a short way that branches to `slow` where a condition does not hold: one fused instruction for each, where collecting conditions would
 * take four. `short` gets what leaves it unless the top of the stack is true.
 */
function unlessLeft(e: Emitter, short: (require: () => void) => void, slow: () => void): void {
  const done = e.w.block()
  const left = e.w.block()
  short(() => void e.op(Op.i32_eqz).w.rarely().brIf(left))
  e.w.br(done).end()
  slow()
  e.w.end()
}

/** Pushes value << 1: the sign is gone, and exponents compare as integers. */
const pushMagnitude = (e: Emitter, s: Scalar, value: Local): void => void e.w.get(value).get(value).op(s.add)

/** Goes the short way on only with a value that is not denormal: its upper 32 bits tell, but for zeros. */
function requireOrdinary(e: Emitter, s: Scalar, { base, offset }: Place, value: Local, require: () => void): void {
  if (s === single) e.w.get(value)
  else e.w.get(base).memory(Op.i32_load, offset + 4)
  e.i32(1).op(Op.i32_shl).i32(s.unit).op(Op.i32_lt_u)
  e.rarely(() => {
    pushMagnitude(e, s, value)
    e.op(s.isZero)
    require()
  })
}

/** Pushes whether a result's exponent lies between 2 and the highest of a finite number. */
function pushSafe(e: Emitter, s: Scalar, value: Local): void {
  pushMagnitude(e, s, value)
  s.constant(e, (-2 * s.unit) | 0)
  e.op(s.add)
  s.constant(e, ((s.infinity - 2) * s.unit) | 0)
  e.op(s.less)
}

const float = (e: Emitter, s: Scalar, value: Local): void => void e.w.get(value).op(s.toFloat)

/** `slow` unless the scalar `opcode` (of one operand, if `unary`) can be done the short way. */
export function fastScalar(
  e: Emitter,
  size: number,
  opcode: Op,
  unary: boolean,
  to: Place,
  from: Place,
  slow: () => void,
): void {
  const s = scalarOf(size)
  const short = (require: () => void): void => {
    const b = loadScalar(e, s, from)
    const a = unary ? b : loadScalar(e, s, to)
    const result = e.typed(s.type)
    pushSettled(e)
    require()
    if (!unary) float(e, s, a)
    float(e, s, b)
    e.op(opcode).op(s.fromFloat).w.set(result)
    pushSafe(e, s, result)
    require()
    requireOrdinary(e, s, from, b, require)
    if (!unary) requireOrdinary(e, s, to, a, require)
    e.w.get(to.base).get(result).memory(s.store, to.offset)
  }
  unlessLeft(e, short, slow)
}

/** How vectors of one element size are handled as integers. */
interface Packed {
  readonly add: Simd
  readonly lower: Simd
  readonly allTrue: Simd
  readonly scalar: Scalar
}

export const singles: Packed = {
  add: Simd.i32x4_add,
  lower: Simd.i32x4_lt_s,
  allTrue: Simd.i32x4_all_true,
  scalar: single,
}
export const doubles: Packed = {
  add: Simd.i64x2_add,
  lower: Simd.i64x2_lt_s,
  allTrue: Simd.i64x2_all_true,
  scalar: double,
}

const signBit = 1 << 31

/** Pushes a vector whose elements' upper 32 bits are `high`, the elements less one if `less`. */
function pushElements(e: Emitter, { scalar }: Packed, high: number, less = false): void {
  const words = scalar === single ? [less ? high - 1 : high] : less ? [-1, high - 1] : [0, high]
  const element = words.flatMap((word) => [0, 8, 16, 24].map((shift) => (word >> shift) & 0xff))
  const bytes: number[] = []
  while (bytes.length < 16) bytes.push(...element)
  e.w.simdBytes(Simd.v128_const, bytes)
}

/** Pushes a mask of elements for which (value << 1) + `add` < `limit`, unsigned: signed, the sign bit being turned on both sides. */
function pushLower(e: Emitter, p: Packed, value: Local, add: number, limit: number, less: boolean): void {
  e.w.get(value).get(value).simd(p.add)
  pushElements(e, p, (add ^ signBit) | 0, less)
  e.w.simd(p.add)
  pushElements(e, p, (limit ^ signBit) | 0, less)
  e.w.simd(p.lower)
}

/** Pushes a mask of the elements that are denormal. */
export const pushDenormal = (e: Emitter, p: Packed, value: Local): void =>
  pushLower(e, p, value, 0, p.scalar.unit, true)

/** The same for all elements of a vector. */
export function fastPacked(
  e: Emitter,
  size: number,
  opcode: Simd,
  unary: boolean,
  to: Place,
  from: Place,
  slow: () => void,
): void {
  const p = size === 4 ? singles : doubles
  const { unit, infinity } = p.scalar
  const [a, b, result] = [ValueType.v128, ValueType.v128, ValueType.v128].map((type) => e.typed(type))
  pushVector(e, from, 16)
  e.w.set(b!)
  if (!unary) {
    pushVector(e, to, 16)
    e.w.set(a!).get(a!)
  }
  e.w.get(b!).simd(opcode).set(result!)
  pushLower(e, p, result!, (-2 * unit) | 0, ((infinity - 2) * unit) | 0, false)
  for (const value of unary ? [b!] : [a!, b!]) {
    pushDenormal(e, p, value)
    e.w.simd(Simd.v128_andnot)
  }
  e.w.simd(p.allTrue)
  pushSettled(e)
  e.op(Op.i32_and).w.mostly().if()
  setVector(e, to, 16, () => e.w.get(result!))
  e.w.else()
  slow()
  e.w.end()
}

/** Pushes ZF, PF and CF of a comparison: numbers that are not denormal raise nothing, all others go to `slow`. */
export function fastCompare(e: Emitter, size: number, to: Place, from: Place, slow: () => void): void {
  const s = scalarOf(size)
  const answer = e.temporary()
  const short = (require: () => void): void => {
    const a = loadScalar(e, s, to)
    const b = loadScalar(e, s, from)
    requireOrdinary(e, s, to, a, require)
    requireOrdinary(e, s, from, b, require)
    for (const value of [a, b]) {
      float(e, s, value)
      float(e, s, value)
      e.op(s.equal)
      require()
    }
    float(e, s, a)
    float(e, s, b)
    e.op(s.lower)
    float(e, s, a)
    float(e, s, b)
    e.op(s.equal).i32(6).op(Op.i32_shl).op(Op.i32_or).w.set(answer)
  }
  unlessLeft(e, short, () => {
    slow()
    e.w.set(answer)
  })
  e.push(answer)
}

const [lowest, highest] = [-0x8000_0000, 0x7fff_ffff]

/** Pushes a scalar truncated to an integer: exact ones, and others in range where PE says nothing new; the rest is `slow`'s. */
export function fastTruncate(e: Emitter, size: number, from: Place, slow: () => void): void {
  const s = scalarOf(size)
  const value = e.typed(ValueType.f64)
  e.w.get(loadScalar(e, s, from)).op(s.toFloat)
  if (size === 4) e.op(Op.f64_promote_f32)
  e.w.set(value).get(value).truncateSaturated()
  const integer = e.pop()
  e.w.get(value).get(integer).op(Op.f64_convert_i32_s).op(Op.f64_eq)
  e.w.get(value).get(value).op(Op.f64_eq)
  pushSettled(e)
  e.op(Op.i32_and).op(Op.i32_or)
  for (const bound of [lowest, highest]) e.w.get(integer).i32(bound).op(Op.i32_ne).op(Op.i32_and)
  e.w.mostly().if(ValueType.i32)
  e.w.get(integer).else()
  slow()
  e.w.end()
}
