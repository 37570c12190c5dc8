// Addition, multiplication, division and square root of 80-bit operands (SDM vol. 1, section 8.3.3).
// Each leaves the value and the status bits in Result; `a` and `b` are (sign and exponent, significand) pairs.
import { BIAS, INTEGER_BIT, RC_DOWN, SIGN, ZE } from './layout'
import { Result, give, giveInvalid } from './state'
import {
  answersSpecial, answersSpecials, isDenormal, isInfinity, isNormal, isZero, normalExponent, normalSignificand,
  stopsOnDenormal, MemoryOperand,
} from './classify'
import { precisionOf, roundToRegister, roundingOf } from './round'
import { Below, integerRoot } from './quotient'
import { Wide, divideWide, multiplyHigh, shiftRightSticky } from './wide'

export function add(control: u32, aSe: u32, a: u64, bSe: u32, b: u64): void {
  if (!(isNormal(aSe, a) && isNormal(bSe, b) && !MemoryOperand.denormal)) {
    if (answersSpecials(aSe, a, bSe, b)) return
    const aInfinite = isInfinity(aSe, a)
    const bInfinite = isInfinity(bSe, b)
    if (aInfinite && bInfinite && aSe != bSe) return giveInvalid()
    if (stopsOnDenormal(control, isDenormal(aSe, a) || isDenormal(bSe, b))) return
    if (aInfinite) return give(aSe, a)
    if (bInfinite) return give(bSe, b)
    if (a == 0 || b == 0) return addZero(control, aSe, a, bSe, b)
  }
  const aExponent = normalExponent(aSe, a)
  const bExponent = normalExponent(bSe, b)
  const aNormal = normalSignificand(a)
  const bNormal = normalSignificand(b)
  const signs = (aSe ^ bSe) & SIGN
  if (aExponent > bExponent || (aExponent == bExponent && aNormal >= bNormal)) {
    combine(control, signs, aSe & SIGN, aExponent, aNormal, aExponent - bExponent, bNormal)
  } else {
    combine(control, signs, bSe & SIGN, bExponent, bNormal, bExponent - aExponent, aNormal)
  }
}

/** a - b. A NaN keeps its own sign, so the sign of b turns only once both are known to be numbers. */
export function subtract(control: u32, aSe: u32, a: u64, bSe: u32, b: u64): void {
  if (!isNormal(aSe, a) || !isNormal(bSe, b)) {
    if (answersSpecials(aSe, a, bSe, b)) return
  }
  add(control, aSe, a, bSe ^ SIGN, b)
}

/** One operand is zero, the other finite. */
function addZero(control: u32, aSe: u32, a: u64, bSe: u32, b: u64): void {
  const sum = a | b
  if (sum == 0) return give(aSe == bSe ? aSe : zeroSign(control), 0)
  const se = a ? aSe : bSe
  roundToRegister(control, precisionOf(control), se & SIGN, normalExponent(se, sum), normalSignificand(sum), 0)
}

/** The sign of an exact difference of equals (section 4.8.4). */
function zeroSign(control: u32): u32 {
  return roundingOf(control) == RC_DOWN ? SIGN : 0
}

/** larger +/- smaller * 2^-distance, both normalized and larger first in magnitude. */
function combine(control: u32, subtract: u32, sign: u32, exponent: i32, larger: u64, distance: i32, smaller: u64): void {
  let high = shiftRightSticky(smaller, 0, distance)
  let low = Wide.low
  if (subtract) {
    high = larger - high - u64(low != 0)
    low = 0 - low
    if ((high | low) == 0) return give(zeroSign(control), 0)
    if (high == 0) {
      high = low
      low = 0
      exponent -= 64
    }
    const shift = <i32>clz(high)
    if (shift) {
      high = (high << shift) | (low >> (64 - shift))
      low <<= shift
      exponent -= shift
    }
  } else {
    high += larger
    if (high < larger) {
      low = (high << 63) | (low >> 1) | (low & 1)
      high = (high >> 1) | INTEGER_BIT
      exponent++
    }
  }
  roundToRegister(control, precisionOf(control), sign, exponent, high, low)
}

export function multiply(control: u32, aSe: u32, a: u64, bSe: u32, b: u64): void {
  const sign = (aSe ^ bSe) & SIGN
  if (!(isNormal(aSe, a) && isNormal(bSe, b) && !MemoryOperand.denormal)) {
    if (answersSpecials(aSe, a, bSe, b)) return
    const infinite = isInfinity(aSe, a) || isInfinity(bSe, b)
    const zero = isZero(aSe, a) || isZero(bSe, b)
    if (infinite && zero) return giveInvalid()
    if (stopsOnDenormal(control, isDenormal(aSe, a) || isDenormal(bSe, b))) return
    if (infinite) return give(sign | 0x7fff, INTEGER_BIT)
    if (zero) return give(sign, 0)
  }
  let exponent = normalExponent(aSe, a) + normalExponent(bSe, b) - BIAS + 1
  const aNormal = normalSignificand(a)
  const bNormal = normalSignificand(b)
  let high = multiplyHigh(aNormal, bNormal)
  let low = aNormal * bNormal
  if (<i64>high >= 0) {
    high = (high << 1) | (low >> 63)
    low <<= 1
    exponent--
  }
  roundToRegister(control, precisionOf(control), sign, exponent, high, low)
}

/** a / b. */
export function divide(control: u32, aSe: u32, a: u64, bSe: u32, b: u64): void {
  const sign = (aSe ^ bSe) & SIGN
  if (!(isNormal(aSe, a) && isNormal(bSe, b) && !MemoryOperand.denormal)) {
    if (answersSpecials(aSe, a, bSe, b)) return
    const aInfinite = isInfinity(aSe, a)
    const bInfinite = isInfinity(bSe, b)
    const aZero = isZero(aSe, a)
    const bZero = isZero(bSe, b)
    if ((aInfinite && bInfinite) || (aZero && bZero)) return giveInvalid()
    if (bZero && !aInfinite) {
      Result.raised |= ZE
      return give(sign | 0x7fff, INTEGER_BIT)
    }
    if (stopsOnDenormal(control, isDenormal(aSe, a) || isDenormal(bSe, b))) return
    if (aInfinite) return give(sign | 0x7fff, INTEGER_BIT)
    if (aZero || bInfinite) return give(sign, 0)
  }
  const exponent = normalExponent(aSe, a) - normalExponent(bSe, b) + BIAS
  divideNormal(control, sign, exponent, normalSignificand(a), normalSignificand(b))
}

function divideNormal(control: u32, sign: u32, exponent: i32, a: u64, b: u64): void {
  const halve = a >= b
  const quotient = halve ? divideWide(a >> 1, a << 63, b) : divideWide(a, 0, b)
  roundToRegister(control, precisionOf(control), sign, halve ? exponent : exponent - 1, quotient, belowQuotient(b))
}

/** What follows the quotient's last place, as far as rounding needs it: none, below, exactly or above half. */
function belowQuotient(divisor: u64): u64 {
  const rest = Wide.remainder
  if (rest == 0) return 0
  const other = divisor - rest
  if (rest == other) return INTEGER_BIT
  return rest > other ? INTEGER_BIT | 1 : 1
}

export function squareRoot(control: u32, se: u32, a: u64): void {
  if (!(isNormal(se, a) && !(se & SIGN))) {
    if (answersSpecial(se, a)) return
    if (isZero(se, a)) return give(se, 0)
    if (se & SIGN) return giveInvalid()
    if (stopsOnDenormal(control, isDenormal(se, a))) return
    if (isInfinity(se, a)) return give(se, a)
  }
  const exponent = normalExponent(se, a) - BIAS
  const significand = normalSignificand(a)
  // The radicand, as high:low * 2^-126, lies in [1, 4): an odd exponent gives one bit to it.
  const odd = exponent & 1
  const high = odd ? significand : significand >> 1
  const low = odd ? 0 : significand << 63
  const root = integerRoot(high, low)
  roundToRegister(control, precisionOf(control), 0, (exponent >> 1) + BIAS, root, Below.root)
}
