// Positive numbers with 128-bit significands, what the transcendental instructions work out before they round.
// There is one accumulator, Real: (high:low / 2^127) * 2^exponent, with the top bit of high set unless it is zero.
import { BIAS, C1, INTEGER_BIT } from './layout'
import { finish } from './quick'
import { roundToRegister } from './round'
import { Wide, addLowProduct, multiplyHigh, shiftRightSticky } from './wide'

export class Real {
  static exponent: i32 = 0
  static high: u64 = 0
  static low: u64 = 0
}

/** Real := (high:low / 2^127) * 2^exponent, normalized. */
// @ts-ignore: decorator
@inline
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
// @ts-ignore: decorator
@inline
export function multiplyReal(exponent: i32, significand: u64): void {
  const low = Real.high * significand
  const sum = addLowProduct(low, Real.low, significand)
  setReal(Real.exponent + exponent + 1, multiplyHigh(Real.high, significand) + u64(sum < low), sum)
}

/**
 * Leaves n:nLow / d:dLow, which is below two, in Real's words in units of 2^-127, right to 2^-85; n and d are below 2^63, d not below 2^62. Returns
 * the quotient as a double, which is known much earlier.
 */
// @ts-ignore: decorator
@inline
export function divideHalves(n: u64, nLow: u64, d: u64, dLow: u64): f64 {
  const divisor = <f64>(<i64>d)
  const ratio = <f64>(<i64>n) / divisor
  const first = <i64>(ratio * 4294967296.0 + 0.5)
  // Between - d/2 and d/2; the low words change it a little.
  const rest = <i64>(n << 32) - first * <i64>d
  const part = <f64>rest + (<f64>(<i64>(nLow >> 1)) - ratio * <f64>(<i64>(dLow >> 1))) * (1.0 / 2147483648.0)
  const tail = <i64>(part * (4611686018427387904.0 / divisor))
  Real.high = (<u64>first << 31) + <u64>(tail >> 31)
  Real.low = <u64>tail << 33
  return ratio
}

/** Real := Real / the number given, which is normalized: 84 bits are right. */
// @ts-ignore: decorator
@inline
export function divideReal(exponent: i32, high: u64, low: u64): void {
  divideHalves(Real.high >> 1, (Real.high << 63) | (Real.low >> 1), high >> 1, (high << 63) | (low >> 1))
  // Just below two, it may have been rounded to that.
  if (Real.high == 0) setReal(Real.exponent - exponent + 1, INTEGER_BIT, 0)
  else setReal(Real.exponent - exponent, Real.high, Real.low)
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

/** The short way to deliver it: to nearest, into a register at once. False if it is not in the range of normal numbers. */
// @ts-ignore: decorator
@inline
export function finishReal(cpu: usize, into: u32, sign: u32, pop: u32, cleared: u32 = C1): bool {
  return finish(cpu, into, sign, Real.exponent + BIAS, Real.high, Real.low | 1, pop, cleared)
}
