import type { Local } from '../../wasm/function-writer.ts'
import { Op, Simd, ValueType } from '../../wasm/opcodes.ts'
import type { Emitter } from '../emitter.ts'
import { type Place, laneOf, pushVector, setVector } from './vector-common.ts'

/*
 * The short way of floating-point instructions: WebAssembly's arithmetic, whenever it gives what the processor would and
 * no flag of MXCSR can change. A finite result well above the denormal range comes from finite operands and raises PE
 * at most; so PE has to be set and masked already, rounding is to be to nearest, and no operand may be denormal, which
 * would raise DE. Everything else is left to the exact functions of `assembly/sse-*.ts`.
 *
 * After a short way, its result and its operands are known to be plain: finite, and not denormal. After the long way they need not be, so that
 * ends with telling `Vectors` which of them are not.
 */

/** How numbers of one size are handled. */
interface Scalar {
  readonly size: 4 | 8
  readonly type: ValueType
  readonly load: Op
  readonly store: Op
  readonly extract: Simd
  readonly replace: Simd
  readonly equal: Op
  /** Makes of the number on top of the stack its upper 32 bits; its exponent. */
  readonly upper: (e: Emitter) => void
  readonly exponent: (e: Emitter) => void
  /** Its bits as an i64's upper ones. */
  readonly bits: (e: Emitter) => void
  readonly zero: (e: Emitter) => void
  /** A unit in the exponent's last place, of the upper 32 bits, the sign being shifted out. */
  readonly unit: number
  /** Exponent of infinity. */
  readonly infinity: number
}

const single: Scalar = {
  size: 4,
  type: ValueType.f32,
  load: Op.f32_load,
  store: Op.f32_store,
  extract: Simd.f32x4_extract_lane,
  replace: Simd.f32x4_replace_lane,
  equal: Op.f32_eq,
  upper: (e) => void e.op(Op.i32_reinterpret_f32),
  exponent: (e) => void e.op(Op.i32_reinterpret_f32).i32(23).op(Op.i32_shr_u).i32(0xff).op(Op.i32_and),
  bits: (e) => void e.op(Op.i32_reinterpret_f32).op(Op.i64_extend_i32_u).w.i64(32).op(Op.i64_shl),
  zero: (e) => void e.i32(0).op(Op.f32_reinterpret_i32),
  unit: 0x0100_0000,
  infinity: 0xff,
}
const double: Scalar = {
  size: 8,
  type: ValueType.f64,
  load: Op.f64_load,
  store: Op.f64_store,
  extract: Simd.f64x2_extract_lane,
  replace: Simd.f64x2_replace_lane,
  equal: Op.f64_eq,
  upper: (e) => void e.op(Op.i64_reinterpret_f64).w.i64(32).op(Op.i64_shr_u).op(Op.i32_wrap_i64),
  exponent(e) {
    e.op(Op.i64_reinterpret_f64).w.i64(52).op(Op.i64_shr_u).op(Op.i32_wrap_i64)
    e.i32(0x7ff).op(Op.i32_and)
  },
  bits: (e) => void e.op(Op.i64_reinterpret_f64),
  zero: (e) => void e.w.i64(0).op(Op.f64_reinterpret_i64),
  unit: 0x0020_0000,
  infinity: 0x7ff,
}

const scalarOf = (size: number): Scalar => (size === 4 ? single : double)

/** Pushes the number at a place, as a single or double. */
function pushFloat(e: Emitter, s: Scalar, place: Place): void {
  if (place.register === undefined) e.w.get(place.base).memory(s.load, place.offset)
  else e.w.get(e.vectors.local(place.register)).simd(s.extract, laneOf(place, s.size))
}

/** Writes the number that `push` leaves to a place. */
export function setFloat(e: Emitter, place: Place, size: number, push: () => void): void {
  const s = scalarOf(size)
  if (place.register === undefined) {
    e.w.get(place.base)
    push()
    e.w.memory(s.store, place.offset)
    return
  }
  const local = e.vectors.local(place.register)
  const lane = laneOf(place, size)
  e.w.get(local)
  push()
  e.w.simd(s.replace, lane).set(local)
  e.vectors.changed(place.register, lane * size, size)
}

const elementsOf = (place: Place, size: number, count = 1): { at: number; size: number; count: number } => ({
  at: place.register === undefined ? 0 : laneOf(place, 1),
  size,
  count,
})

const knows = (e: Emitter, place: Place, size: number, count = 1): boolean =>
  e.vectors.knows(place.register, elementsOf(place, size, count))

/** The number at `place` is plain, or `distrust` was told. */
export const learnScalar = (e: Emitter, place: Place, size: number, count = 1): void =>
  e.vectors.learn(place.register, elementsOf(place, size, count))

function floatLocal(e: Emitter, s: Scalar, place: Place): Local {
  const local = e.typed(s.type)
  pushFloat(e, s, place)
  e.w.set(local)
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

/** Goes the short way on only with a number that is not denormal. */
function requireNormal(e: Emitter, s: Scalar, value: Local, require: () => void): void {
  e.w.get(value)
  s.exponent(e)
  e.op(Op.i32_eqz)
  e.rarely(() => {
    e.w.get(value)
    s.zero(e)
    e.op(s.equal)
    require()
  })
}

/**
 * Goes the short way on only with a result that is finite and well above the denormal range, and if MXCSR allows it. Most numbers are of middle
 * size, which is asked first.
 */
function requireSafe(e: Emitter, s: Scalar, value: Local, require: () => void): void {
  e.w.get(value)
  s.bits(e)
  e.vectors.pushAddend()
  e.op(Op.i64_add)
  e.vectors.pushSafe()
  e.op(Op.i64_and).op(Op.i64_eqz)
  e.rarely(() => {
    e.w.get(value)
    s.upper(e)
    e.i32(1)
      .op(Op.i32_shl)
      .i32(-2 * s.unit)
      .op(Op.i32_add)
      .i32((s.infinity - 2) * s.unit)
      .op(Op.i32_lt_u)
    pushAllowed(e)
    e.op(Op.i32_and)
    require()
  })
}

/** Pushes whether short ways may be taken. */
function pushAllowed(e: Emitter): void {
  e.vectors.pushSafe()
  e.op(Op.i64_eqz).op(Op.i32_eqz)
}

/** At the end of the long way: what a register holds now need not be plain. */
function distrustScalar(e: Emitter, s: Scalar, place: Place): void {
  if (place.register === undefined) return
  const value = floatLocal(e, s, place)
  e.w.get(value)
  s.exponent(e)
  e.i32(1)
    .op(Op.i32_sub)
    .i32(s.infinity - 1)
    .op(Op.i32_lt_u)
  e.w.get(value)
  s.zero(e)
  e.op(s.equal).op(Op.i32_or)
  e.vectors.distrust()
}

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
  e.vectors.prepare()
  const operands = unary ? [from] : [to, from]
  const unknown = operands.filter((place) => !knows(e, place, size))
  const short = (require: () => void): void => {
    const values = operands.map((place) => floatLocal(e, s, place))
    const result = e.typed(s.type)
    for (const value of values) e.w.get(value)
    e.op(opcode).w.set(result)
    requireSafe(e, s, result, require)
    for (const place of unknown) requireNormal(e, s, values[operands.indexOf(place)]!, require)
    setFloat(e, to, size, () => e.w.get(result))
  }
  unlessLeft(e, short, () => {
    slow()
    distrustScalar(e, s, to)
    if (unknown.includes(from) && from.register !== to.register) distrustScalar(e, s, from)
  })
  for (const place of [from, to]) learnScalar(e, place, size)
}

/** How vectors of one element size are handled as integers. */
interface Packed {
  readonly add: Simd
  readonly lower: Simd
  readonly equal: Simd
  readonly allTrue: Simd
  readonly scalar: Scalar
}

export const singles: Packed = {
  add: Simd.i32x4_add,
  lower: Simd.i32x4_lt_s,
  equal: Simd.i32x4_eq,
  allTrue: Simd.i32x4_all_true,
  scalar: single,
}
export const doubles: Packed = {
  add: Simd.i64x2_add,
  lower: Simd.i64x2_lt_s,
  equal: Simd.i64x2_eq,
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

/** The same of a vector as `distrustScalar`. */
function distrustPacked(e: Emitter, p: Packed, place: Place): void {
  if (place.register === undefined) return
  const { unit, infinity } = p.scalar
  const value = e.vectors.local(place.register)
  pushLower(e, p, value, -unit | 0, ((infinity - 1) * unit) | 0, false)
  e.w.get(value).get(value).simd(p.add)
  pushElements(e, p, 0)
  e.w.simd(p.equal).simd(Simd.v128_or).simd(p.allTrue)
  e.vectors.distrust()
}

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
  const count = 16 / size
  const { unit, infinity } = p.scalar
  e.vectors.prepare()
  const operands = unary ? [from] : [to, from]
  const unknown = operands.filter((place) => !knows(e, place, size, count))
  const values = operands.map((place) => {
    const local = e.typed(ValueType.v128)
    pushVector(e, place, 16)
    e.w.set(local)
    return local
  })
  const result = e.typed(ValueType.v128)
  for (const value of values) e.w.get(value)
  e.w.simd(opcode).set(result)
  pushLower(e, p, result, (-2 * unit) | 0, ((infinity - 2) * unit) | 0, false)
  for (const place of unknown) {
    pushDenormal(e, p, values[operands.indexOf(place)]!)
    e.w.simd(Simd.v128_andnot)
  }
  e.w.simd(p.allTrue)
  pushAllowed(e)
  e.op(Op.i32_and).w.mostly().if()
  setVector(e, to, 16, () => e.w.get(result))
  e.w.else()
  slow()
  distrustPacked(e, p, to)
  if (unknown.includes(from) && from.register !== to.register) distrustPacked(e, p, from)
  e.w.end()
  for (const place of [from, to]) learnScalar(e, place, size, count)
}

/** Two doubles that compare as the operands do. */
export interface Comparison {
  readonly a: Local
  readonly b: Local
}

/** Compares: plain numbers raise nothing, all others go to `slow`, which returns the local of an EFLAGS image. */
export function fastCompare(e: Emitter, size: number, to: Place, from: Place, slow: () => Local): Comparison {
  const s = scalarOf(size)
  const compared = { a: e.typed(ValueType.f64), b: e.typed(ValueType.f64) }
  const places = [to, from]
  e.vectors.prepare()
  const unknown = places.filter((place) => !knows(e, place, size))
  const short = (require: () => void): void => {
    const values = places.map((place) => floatLocal(e, s, place))
    if (unknown.length < 2) {
      pushAllowed(e)
      require()
    }
    for (const place of unknown) {
      const value = values[places.indexOf(place)]!
      requireNormal(e, s, value, require)
      e.w.get(value).get(value).op(s.equal)
      require()
    }
    values.forEach((value, i) => {
      e.w.get(value)
      if (s === single) e.op(Op.f64_promote_f32)
      e.w.set(i === 0 ? compared.a : compared.b)
    })
  }
  unlessLeft(e, short, () => compareAs(e, slow(), compared))
  return compared
}

/** Makes two doubles that compare as an EFLAGS image says: zero and 1, zero or -1, or no number and one. */
function compareAs(e: Emitter, image: Local, { a, b }: Comparison): void {
  const pushBit = (n: number): Emitter => e.push(image).i32(n).op(Op.i32_shr_u).i32(1).op(Op.i32_and)
  e.i32(0)
  pushBit(2).op(Op.i32_sub).op(Op.f64_convert_i32_s).op(Op.f64_sqrt).w.set(a)
  pushBit(0)
  e.push(image).i32(carryAndZero).op(Op.i32_and).op(Op.i32_eqz).op(Op.i32_sub)
  e.op(Op.f64_convert_i32_s).w.set(b)
}

const carryAndZero = 0x41

/** The exponent of doubles from 2^31 on. */
const beyondIntegers = 1023 + 31

/** Pushes a scalar truncated to an integer: numbers in range, if they are exact or PE says nothing new; the rest is `slow`'s. */
export function fastTruncate(e: Emitter, size: number, from: Place, slow: () => void): void {
  const s = scalarOf(size)
  const value = e.typed(ValueType.f64)
  const integer = e.temporary()
  e.vectors.prepare()
  pushFloat(e, s, from)
  if (size === 4) e.op(Op.f64_promote_f32)
  e.w.set(value)
  const short = (require: () => void): void => {
    e.w.get(value)
    double.exponent(e)
    e.i32(beyondIntegers).op(Op.i32_lt_u)
    require()
    e.w.get(value).truncateSaturated().set(integer)
    e.vectors.pushSafe()
    e.op(Op.i64_eqz)
    e.rarely(() => {
      e.w.get(value).get(integer).op(Op.f64_convert_i32_s).op(Op.f64_eq)
      require()
    })
  }
  unlessLeft(e, short, () => {
    slow()
    e.w.set(integer)
  })
  e.push(integer)
}
