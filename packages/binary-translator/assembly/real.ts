// Positive numbers with 128-bit significands, the working precision of the transcendental instructions.
// There is one accumulator, Real: (high:low / 2^127) * 2^exponent, with the top bit of high set unless it is zero.
import { BIAS } from './layout'
import { roundToRegister } from './round'
import { Rest, Wide, multiplyUpper, quotientWord, shiftRightSticky } from './wide'

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

/** Real := Real * the number given. */
export function multiplyReal(exponent: i32, high: u64, low: u64): void {
  const upper = multiplyUpper(Real.high, Real.low, high, low)
  setReal(Real.exponent + exponent + 1, upper, Wide.low)
}

/** Real := Real / the number given, which is normalized. */
export function divideReal(exponent: i32, high: u64, low: u64): void {
  const halve = Real.high > high || (Real.high == high && Real.low >= low)
  const upper = halve
    ? quotientWord(Real.high >> 1, (Real.high << 63) | (Real.low >> 1), high, low)
    : quotientWord(Real.high, Real.low, high, low)
  const lower = quotientWord(Rest.high, Rest.low, high, low)
  Real.exponent = Real.exponent - exponent - (halve ? 0 : 1)
  Real.high = upper
  Real.low = lower
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

/** Real's bits as a fraction of 2^128, for a Real below one; low word in Wide.low. */
export function realFraction(): u64 {
  return shiftRightSticky(Real.high, Real.low, -1 - Real.exponent)
}

/** Real^2 as a fraction of 2^128. */
export function squaredFraction(): u64 {
  const high = realFraction()
  const low = Wide.low
  return multiplyUpper(high, low, high, low)
}

/** Gives Real, rounded by RC; the value is irrational, so it is always inexact. */
export function deliverReal(control: u32, sign: u32): void {
  roundToRegister(control, 64, sign, Real.exponent + BIAS, Real.high, Real.low | 1)
}
