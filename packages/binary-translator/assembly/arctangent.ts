// FPATAN (SDM vol. 1, section 8.3.8; vol. 2 has the table of special operands).
import { CONTROL, INTEGER_BIT, MAX_EXPONENT, SIGN } from './layout'
import { Result, give, isEmpty, physical, signExponentOf, significandOf, underflowInto, writeBack } from './state'
import { answersSpecials, exponentOf, isDenormal, isZero, normalExponent, normalSignificand, stopsOnDenormal } from './classify'
import { takeNone } from './memory-operand'
import { Real, deliverReal, divideReal, multiplyReal, setReal } from './real'
import { ARCTANGENT_STEPS } from './table-layout'
import { arctangentAt } from './tables'
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
 * Real, which is s below 2^-7, becomes arctan(s) = s * (1 - w): w is below 2^-15, so that a double is precise enough. Where it is too small
 * to show, the angle is less than s all the same, for directed rounding.
 */
// @ts-ignore: decorator
@inline
function smallArctangent(): void {
  const s = <f64>(<i64>(Real.high >> 1)) * powerOfTwo(Real.exponent - 62)
  const square = s * s
  const w = <i64>(square * (C2 - C4 * square + square * square * (C6 - C8 * square)))
  const change = multiplyHigh(Real.high, <u64>w)
  const low = Real.low - (change << 50 | 1)
  setReal(Real.exponent, Real.high - (change >> 14) - u64(low > Real.low), low)
}

/** k / 128 next to u / v * 2^-distance, and what is left: arctan(n / d) with n = u * 2^-distance - v * k/128, d = v + u * 2^-distance * k/128. */
class Nearest {
  static k: u32 = 0
  static below: bool = false
}

/** Real := |n / d|. */
// @ts-ignore: decorator
@inline
function divideFromNearest(u: u64, v: u64, distance: i32): void {
  const steps = <f64>(<i64>(u >> 1)) / <f64>(<i64>(v >> 1)) * <f64>(ARCTANGENT_STEPS >> distance)
  const k = <u64>(<i64>(steps + 0.5))
  Nearest.k = <u32>k
  if (k == 0) {
    Nearest.below = false
    setReal(-distance, u, 0)
    return divideReal(0, v, 0)
  }
  // 128 n, which is below 2^63 and a little: its sign is clear from the double, or else from the difference.
  const difference = (u << (7 - distance)) - k * v
  const part = steps - <f64>(<i64>k)
  const below = abs(part) > 0.25 ? part < 0 : <i64>difference < 0
  Nearest.below = below
  const high = ((u >> 32) * k + (((u & 0xffffffff) * k) >> 32)) >> 32
  const low = u * k
  // u * k * 2^-distance / 128: a whole part of 64 bits, and a fraction.
  const whole = (high << (57 - distance)) | (low >> (7 + distance))
  let fraction = low << (57 - distance)
  let divisor = v + whole
  let exponent = 0
  if (divisor < v) {
    fraction = (divisor << 63) | (fraction >> 1)
    divisor = INTEGER_BIT | (divisor >> 1)
    exponent = 1
  }
  setReal(-7, below ? 0 - difference : difference, 0)
  if (Real.high) divideReal(exponent, divisor, fraction)
}

/** Real := the angle of the point (x, y), both finite and not zero, between 0 and pi. */
function angle(xSe: u32, x: u64, ySe: u32, y: u64): void {
  const xExponent = normalExponent(xSe, x)
  const yExponent = normalExponent(ySe, y)
  const xNormal = normalSignificand(x)
  const yNormal = normalSignificand(y)
  const steep = yExponent > xExponent || (yExponent == xExponent && yNormal > xNormal)
  const u = steep ? xNormal : yNormal
  const v = steep ? yNormal : xNormal
  const distance = steep ? yExponent - xExponent : xExponent - yExponent
  if (distance < 8) {
    divideFromNearest(u, v, distance)
  } else {
    Nearest.k = 0
    Nearest.below = false
    setReal(-distance, u, 0)
    divideReal(0, v, 0)
  }
  const left = (xSe & SIGN) != 0
  if (Real.high) smallArctangent()
  if (Nearest.k != 0 || steep || left) addAngles(steep, left)
}

/** Real becomes the whole angle: arctan(k / 128) +/- Real, and that from the half turn or to or from the quarter. */
// @ts-ignore: decorator
@inline
function addAngles(steep: bool, left: bool): void {
  const restHigh = shiftRightSticky(Real.high, Real.low, Real.high ? min(1 - Real.exponent, 200) : 200)
  const restLow = Wide.low
  const at = arctangentAt(Nearest.k)
  let high = load<u64>(at)
  let low = load<u64>(at, 8)
  if (steep != left) {
    // Away from the axis: the angle is taken from there.
    const axis = steep ? PI_HIGH >> 1 : PI_HIGH
    const axisLow = steep ? (PI_HIGH << 63) | (PI_LOW >> 1) : PI_LOW
    high = axis - high - u64(axisLow < low)
    low = axisLow - low
  } else if (steep) {
    const sum = low + ((PI_HIGH << 63) | (PI_LOW >> 1))
    high += (PI_HIGH >> 1) + u64(sum < low)
    low = sum
  }
  if (Nearest.below == (steep != left)) {
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
  angle(xSe, x, ySe, y)
  deliverReal(control, sign)
}

/** FPATAN: ST(1) := the angle of (ST(0), ST(1)), then pops. */
export function fpatan(cpu: usize): void {
  const top = physical(cpu, 0)
  const into = physical(cpu, 1)
  if (isEmpty(cpu, top) || isEmpty(cpu, into)) return underflowInto(cpu, into, 1)
  takeNone()
  Result.raised = 0
  arctangent(
    load<u32>(cpu, CONTROL), signExponentOf(cpu, top), significandOf(cpu, top), signExponentOf(cpu, into), significandOf(cpu, into),
  )
  writeBack(cpu, into, 1)
}
