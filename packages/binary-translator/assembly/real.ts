// Positive numbers with 128-bit significands, what the transcendental instructions work out before they round.
// There is one accumulator, Real: (high:low / 2^127) * 2^exponent, with the top bit of high set unless it is zero.
import { BIAS, INTEGER_BIT, PE, RC_NEAREST } from './layout'
import { Left, LARGEST_DIVISOR, quotientOf } from './quotient'
import { roundToRegister, roundingOf } from './round'
import { Result, give } from './state'
import { Wide, divideWide, multiplyHigh, shiftRightSticky } from './wide'

export class Real {
  static exponent: i32 = 0
  static high: u64 = 0
  static low: u64 = 0
}

/** Real := (high:low / 2^127) * 2^exponent, normalized. */
export function setReal(exponent: i32, high: u64, low: u64): void {
  if (high == 0) {
    high = low
    low = 0
    exponent -= 64
  }
  const shift = <i32>clz(high)
  if (shift && high) {
    high = (high << shift) | (low >> (64 - shift))
    low <<= shift
    exponent -= shift
  }
  Real.exponent = exponent
  Real.high = high
  Real.low = low
}

/** Real := Real * (significand / 2^63) * 2^exponent. */
export function multiplyReal(exponent: i32, significand: u64): void {
  const above = multiplyHigh(Real.low, significand)
  const low = Real.high * significand + above
  setReal(Real.exponent + exponent + 1, multiplyHigh(Real.high, significand) + u64(low < above), low)
}

/** Real := Real / the number given, which is normalized: 94 bits are right. */
export function divideReal(exponent: i32, high: u64, low: u64): void {
  const more = u64(Real.high >= high)
  const first = Real.high - (more ? high : 0)
  let quotient: u64
  let rest: u64
  if (high < LARGEST_DIVISOR) {
    quotient = quotientOf(first, high)
    rest = Left.rest
  } else {
    quotient = divideWide(first, 0, high)
    rest = Wide.remainder
  }
  // The low words change the rest: numerator's more, quotient * divisor's less. In units of 2^-31 of the quotient's last place:
  const divisor = <f64>(<i64>(high >> 1))
  const ratio = <f64>(<i64>more) + <f64>(<i64>(quotient >> 1)) * (1.0 / 9223372036854775808.0)
  const part = <f64>(<i64>(rest >> 1)) + <f64>(<i64>(Real.low >> 1)) - ratio * <f64>(<i64>(low >> 1))
  const tail = <i64>(part / divisor * 2147483648.0)
  const lower = <u64>tail << 33
  const upper = quotient + <u64>(tail >> 31)
  // The quotient so far is more + upper:lower, and upper may have left its word either way.
  const whole = more + u64(tail >= 0 && upper < quotient) - u64(tail < 0 && upper > quotient)
  Real.exponent -= exponent
  if (whole == 0) return setReal(Real.exponent - 1, upper, lower)
  // Just below two, it may have been rounded to that.
  Real.exponent += <i32>(whole >> 1)
  Real.high = INTEGER_BIT | (upper >> 1)
  Real.low = (upper << 63) | (lower >> 1)
}

/** Real := the number given +/- Real, where that number is the larger. */
export function addToReal(exponent: i32, high: u64, low: u64, subtract: bool): void {
  const smallHigh = shiftRightSticky(Real.high, Real.low, exponent - Real.exponent + 1)
  const smallLow = Wide.low
  const largeLow = (high << 63) | (low >> 1)
  if (subtract) {
    setReal(exponent + 1, (high >> 1) - smallHigh - u64(largeLow < smallLow), largeLow - smallLow)
  } else {
    const sum = largeLow + smallLow
    setReal(exponent + 1, (high >> 1) + smallHigh + u64(sum < smallLow), sum)
  }
}

/** Gives Real, rounded by RC; the value is irrational, so it is always inexact. */
export function deliverReal(control: u32, sign: u32): void {
  roundToRegister(control, 64, sign, Real.exponent + BIAS, Real.high, Real.low | 1)
}
