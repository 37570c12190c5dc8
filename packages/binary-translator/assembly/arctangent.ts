// FPATAN (SDM vol. 1, section 8.3.8; vol. 2 has the table of special operands).
import { CONTROL, INTEGER_BIT, MAX_EXPONENT, SIGN } from './layout'
import { Result, give, isEmpty, physical, signExponentOf, significandOf, underflowInto, writeBack } from './state'
import { answersSpecials, exponentOf, isDenormal, isNormal, isZero, normalExponent, normalSignificand, stopsOnDenormal } from './classify'
import { takeNone } from './memory-operand'
import { roundsToNearest } from './quick'
import { Real, deliverReal, divideHalves, finishReal, multiplyReal, setReal } from './real'
import { ARCTANGENT_STEPS } from './table-layout'
import { arctangentAt, reciprocalOf } from './tables'
import { Wide, multiplyHigh, shiftRightSticky } from './wide'

/** pi, in units of 2^-126. */
const PI_HIGH: u64 = 0xc90fdaa22168c234
const PI_LOW: u64 = 0xc4c6628b80dc1cd1

/** The terms of arctan(s) / s - 1 in units of 2^-78. */
const UNIT: f64 = 302231454903657293676544.0
const C2: f64 = UNIT / 3.0
const C4: f64 = UNIT / 5.0
const C6: f64 = UNIT / 7.0
const C8: f64 = UNIT / 9.0

/** A power of two that a double can hold; less counts as zero. */
// @ts-ignore: decorator
@inline
function powerOfTwo(exponent: i32): f64 {
  return reinterpret<f64>(<u64>(max(exponent, -1000) + 0x3ff) << 52)
}

/**
 * Real, which is s below 2^-7, becomes arctan(s) = s * (1 - w), not normalized: w is below 2^-15, so that a double is precise enough. Where it
 * is too small to show, the angle is less than s all the same, for directed rounding.
 */
// @ts-ignore: decorator
@inline
function smallArctangent(s: f64): void {
  const square = s * s
  const w = <i64>(square * (C2 - C4 * square + square * square * (C6 - C8 * square)))
  const change = multiplyHigh(Real.high, <u64>w)
  const low = Real.low - (change << 50 | u64((Real.high | Real.low) != 0))
  Real.high -= (change >> 14) + u64(low > Real.low)
  Real.low = low
}

/** k / 128 next to u / v * 2^-distance, and whether that is less; 0 where the quotient is so small that the table has no say. */
class Nearest {
  static k: u32 = 0
  static below: bool = false
}

/** Real := arctan(u / v * 2^-distance), not normalized. */
// @ts-ignore: decorator
@inline
function arctangentOfQuotient(u: u64, v: u64, distance: i32): void {
  const ratio = divideHalves(u >> 1, u << 63, v >> 1, v << 63)
  Real.exponent = -distance
  smallArctangent(ratio * powerOfTwo(-distance))
}

/**
 * Real := |arctan(q) - arctan(k/128)|, not normalized, for q = u / v * 2^-distance with distance < 8: the arctangent of n / d where
 * n = u * 2^-distance - v * k/128 and d = v + u * 2^-distance * k/128.
 */
// @ts-ignore: decorator
@inline
function arctangentFromNearest(u: u64, v: u64, distance: i32): void {
  // By a table's reciprocal of v, which is right to 2^-8; k is less than one off.
  const reciprocal = reciprocalOf(<u32>(v >> 55) & 0xff)
  const k = min((((u >> 32) * reciprocal >> (32 + distance)) + 1) >> 1, ARCTANGENT_STEPS)
  Nearest.k = <u32>k
  if (k == 0) return arctangentOfQuotient(u, v, distance)
  // 128 n, below v. Its sign is clear from the upper bits, or else from the difference.
  const difference = (u << (7 - distance)) - k * v
  const upper = <i64>(((u >> 8) << (7 - distance)) - k * (v >> 8))
  const below = abs(upper) > 0x100000000 ? upper < 0 : <i64>difference < 0
  Nearest.below = below
  const n = below ? 0 - difference : difference
  const high = ((u >> 32) * k + (((u & 0xffffffff) * k) >> 32)) >> 32
  const low = u * k
  // u * k * 2^-distance / 128: a whole part of 64 bits, and a fraction.
  const whole = (high << (57 - distance)) | (low >> (7 + distance))
  const fraction = low << (57 - distance)
  const sum = v + whole
  let ratio: f64
  if (sum < v) {
    // A quarter of it.
    ratio = divideHalves(n >> 1, n << 63, INTEGER_BIT >> 1 | sum >> 2, (sum << 62) | (fraction >> 2))
    Real.exponent = -8
    ratio *= 1.0 / 256.0
  } else {
    ratio = divideHalves(n >> 1, n << 63, sum >> 1, (sum << 63) | (fraction >> 1))
    Real.exponent = -7
    ratio *= 1.0 / 128.0
  }
  smallArctangent(ratio)
}

/** Real := the angle of the point (x, y), both finite and not zero, between 0 and pi. */
function angle(xSe: u32, x: u64, xExponent: i32, ySe: u32, y: u64, yExponent: i32): void {
  const steep = yExponent > xExponent || (yExponent == xExponent && y > x)
  const u = steep ? x : y
  const v = steep ? y : x
  const distance = steep ? yExponent - xExponent : xExponent - yExponent
  Nearest.k = 0
  Nearest.below = false
  if (distance < 8) arctangentFromNearest(u, v, distance)
  else arctangentOfQuotient(u, v, distance)
  const left = (xSe & SIGN) != 0
  if (Nearest.k != 0 || steep || left) addAngles(steep, left)
  else setReal(Real.exponent, Real.high, Real.low)
}

/** Real becomes the whole angle: arctan(k / 128) +/- Real, and that from the half turn or to or from the quarter. */
// @ts-ignore: decorator
@inline
function addAngles(steep: bool, left: bool): void {
  const distance = 1 - Real.exponent
  let restHigh: u64
  let restLow: u64
  if (distance < 64) {
    restHigh = Real.high >> distance
    restLow = (Real.high << (64 - distance)) | (Real.low >> distance)
  } else {
    restHigh = shiftRightSticky(Real.high, Real.low, distance)
    restLow = Wide.low
  }
  const at = arctangentAt(Nearest.k)
  let high = load<u64>(at)
  let low = load<u64>(at, 8)
  const away = steep != left
  if (away) {
    // The angle is taken from an axis.
    const axis = steep ? PI_HIGH >> 1 : PI_HIGH
    const axisLow = steep ? (PI_HIGH << 63) | (PI_LOW >> 1) : PI_LOW
    high = axis - high - u64(axisLow < low)
    low = axisLow - low
  } else if (steep) {
    const sum = low + ((PI_HIGH << 63) | (PI_LOW >> 1))
    high += (PI_HIGH >> 1) + u64(sum < low)
    low = sum
  }
  if (Nearest.below == away) {
    const sum = low + restLow
    setReal(1, high + restHigh + u64(sum < low), sum)
  } else {
    setReal(1, high - restHigh - u64(low < restLow), low - restLow)
  }
}

/** Gives +/- eighths of a turn, pi / 4 each. */
function giveEighths(control: u32, sign: u32, eighths: i32): void {
  if (eighths == 0) return give(sign, 0)
  setReal(-1, PI_HIGH, PI_LOW)
  if (eighths == 3) multiplyReal(1, 0xc000000000000000)
  else Real.exponent += eighths >> 1
  deliverReal(control, sign)
}

function arctangent(control: u32, xSe: u32, x: u64, ySe: u32, y: u64): void {
  if (answersSpecials(xSe, x, ySe, y)) return
  if (stopsOnDenormal(control, isDenormal(xSe, x) || isDenormal(ySe, y))) return
  const sign = ySe & SIGN
  const left = (xSe & SIGN) != 0
  const xInfinite = exponentOf(xSe) == MAX_EXPONENT
  if (exponentOf(ySe) == MAX_EXPONENT) return giveEighths(control, sign, xInfinite ? (left ? 3 : 1) : 2)
  if (xInfinite || isZero(ySe, y)) return giveEighths(control, sign, left ? 4 : 0)
  if (isZero(xSe, x)) return giveEighths(control, sign, 2)
  angle(xSe, normalSignificand(x), normalExponent(xSe, x), ySe, normalSignificand(y), normalExponent(ySe, y))
  deliverReal(control, sign)
}

/** FPATAN: ST(1) := the angle of (ST(0), ST(1)), then pops. */
export function fpatan(cpu: usize): void {
  const top = physical(cpu, 0)
  const into = physical(cpu, 1)
  if (isEmpty(cpu, top) || isEmpty(cpu, into)) return underflowInto(cpu, into, 1)
  const xSe = signExponentOf(cpu, top)
  const x = significandOf(cpu, top)
  const ySe = signExponentOf(cpu, into)
  const y = significandOf(cpu, into)
  if (roundsToNearest(cpu) && isNormal(xSe, x) && isNormal(ySe, y)) {
    angle(xSe, x, exponentOf(xSe), ySe, y, exponentOf(ySe))
    if (finishReal(cpu, into, ySe & SIGN, 1)) return
  }
  takeNone()
  Result.raised = 0
  arctangent(load<u32>(cpu, CONTROL), xSe, x, ySe, y)
  writeBack(cpu, into, 1)
}
