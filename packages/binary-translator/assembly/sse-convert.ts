// Conversions between singles, doubles and 32-bit integers, and rounding to integers.
import {
  Context, DE, IE, PE, Parts, Result, begin, element, end, infinity, isDenormal, isNan, isSignaling, operand, pack, putElement,
  quietBit, roundingMode, signBit, significandOf, value, writeResult,
} from './sse-number'

const INTEGER_TO_SINGLE: i32 = 0
const INTEGER_TO_DOUBLE: i32 = 1
const SINGLE_TO_DOUBLE: i32 = 2
const DOUBLE_TO_SINGLE: i32 = 3
const TRUNCATE: u32 = 3

/** The conversion `x` & 15, of (x >>> 8) & 15 elements, of which x >>> 16 bytes are written. 4 to 7: see `toInteger`. */
export function convert(cpu: usize, to: usize, from: usize, x: i32): i32 {
  begin(cpu)
  Result.low = 0
  Result.high = 0
  const kind = x & 15
  const count: u32 = (x >>> 8) & 15
  const wideResult = i32(kind == INTEGER_TO_DOUBLE || kind == SINGLE_TO_DOUBLE)
  for (let i: u32 = 0; i < count; i++) putElement(wideResult, i, converted(kind, from, i))
  if (end(cpu)) return 1
  writeResult(to, x >>> 16)
  return 0
}

function converted(kind: i32, from: usize, i: u32): u64 {
  switch (kind) {
    case INTEGER_TO_SINGLE:
      return singleOf(load<i32>(from + 4 * i))
    case INTEGER_TO_DOUBLE:
      return reinterpret<u64>(<f64>load<i32>(from + 4 * i))
    case SINGLE_TO_DOUBLE:
      return widened(load<u32>(from + 4 * i))
    case DOUBLE_TO_SINGLE:
      return narrowed(load<u64>(from + 8 * i))
    default: {
      const wide = (kind >> 1) & 1
      return <u64>toInteger(wide, element(wide, from, i), kind & 1 ? TRUNCATE : roundingMode())
    }
  }
}

function singleOf(integer: i32): u64 {
  if (integer == 0) return 0
  const magnitude: u64 = <u32>(integer < 0 ? -integer : integer)
  const shift = clz(magnitude)
  return pack(0, integer < 0, 63 - <i32>shift, magnitude << shift, false)
}

function widened(bits: u32): u64 {
  const a = operand(0, bits)
  if (isNan(0, a)) {
    if (isSignaling(0, a)) Context.raised |= IE
    return ((a & 0x80000000) << 32) | infinity(1) | quietBit(1) | ((a & 0x7fffff) << 29)
  }
  if (isDenormal(0, a)) Context.raised |= DE
  return reinterpret<u64>(value(0, a))
}

function narrowed(bits: u64): u64 {
  const a = operand(1, bits)
  const sign = (a & signBit(1)) != 0
  const signed: u64 = sign ? signBit(0) : 0
  if (isNan(1, a)) {
    if (isSignaling(1, a)) Context.raised |= IE
    return signed | infinity(0) | quietBit(0) | ((a >> 29) & 0x7fffff)
  }
  const magnitude = a & (signBit(1) - 1)
  if (magnitude == infinity(1)) return signed | infinity(0)
  if (magnitude == 0) return signed
  if (isDenormal(1, a)) Context.raised |= DE
  const significand = significandOf(1, a)
  return pack(0, sign, Parts.exponent, significand, false)
}

function rounded(a: f64, mode: u32): f64 {
  if (mode == 0) return nearest<f64>(a)
  if (mode == 1) return floor<f64>(a)
  return mode == 2 ? ceil<f64>(a) : trunc<f64>(a)
}

/** Out of range, or a NaN: the integer indefinite. */
function toInteger(wide: i32, bits: u64, mode: u32): u32 {
  const a = value(wide, operand(wide, bits))
  const result = rounded(a, mode)
  if (!(result >= -2147483648.0 && result <= 2147483647.0)) {
    Context.raised |= IE
    return 0x80000000
  }
  if (result != a) Context.raised |= PE
  return <u32>(<i32>result)
}

/** ROUNDPS and its like. x: elements << 8, double << 16, immediate << 24 (rounding mode; 4: MXCSR's; 8: no PE). */
export function round(cpu: usize, to: usize, from: usize, x: i32): i32 {
  begin(cpu)
  Result.low = 0
  Result.high = 0
  const wide = (x >>> 16) & 1
  const count: u32 = (x >>> 8) & 15
  const immediate: u32 = x >>> 24
  const mode = immediate & 4 ? roundingMode() : immediate & 3
  for (let i: u32 = 0; i < count; i++) {
    putElement(wide, i, roundedBits(wide, element(wide, from, i), mode, !(immediate & 8)))
  }
  if (end(cpu)) return 1
  writeResult(to, count == 1 ? 4 << wide : 16)
  return 0
}

function roundedBits(wide: i32, bits: u64, mode: u32, exact: bool): u64 {
  const a = operand(wide, bits)
  if (isNan(wide, a)) {
    if (isSignaling(wide, a)) Context.raised |= IE
    return a | quietBit(wide)
  }
  const p = value(wide, a)
  const result = rounded(p, mode)
  if (exact && result != p) Context.raised |= PE
  return wide ? reinterpret<u64>(result) : <u64>reinterpret<u32>(<f32>result)
}
