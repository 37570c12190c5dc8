// FYL2X and FYL2XP1 (SDM vol. 1, section 8.3.9; vol. 2 has the tables of special operands).
import { BIAS, CONTROL, IE, INTEGER_BIT, MAX_EXPONENT, PE, SIGN, ZE } from './layout'
import { Result, give, giveInvalid, isEmpty, physical, signExponentOf, significandOf, underflowInto, writeBack } from './state'
import { answersSpecials, exponentOf, isDenormal, isInfinity, isZero, normalExponent, normalSignificand, stopsOnDenormal } from './classify'
import { takeNone } from './memory-operand'
import { Real, addToReal, deliverReal, divideReal, multiplyReal, setReal, squaredFraction } from './real'
import { arctangentSeries } from './series'
import { Wide, shiftRightSticky } from './wide'

/** 2 / ln(2) with 128 bits. */
const SCALE_HIGH: u64 = 0xb8aa3b295c17f0bb
const SCALE_LOW: u64 = 0xbe87fed0691d3e89
/** The upper half of sqrt(2)'s significand. */
const SQRT2: u64 = 0xb504f333f9de6484

/** Real, which is s, becomes 2 / ln(2) * artanh(s) = log2((1 + s) / (1 - s)). */
function logarithmOfRatio(): void {
  const exponent = Real.exponent
  const high = Real.high
  const low = Real.low
  const square = squaredFraction()
  const sum = arctangentSeries(square, Wide.low, false)
  setReal(1, sum, Wide.low)
  multiplyReal(exponent, high, low)
  multiplyReal(1, SCALE_HIGH, SCALE_LOW)
}

/** Real := |log2(m * 2^exponent)|, m = high:low / 2^127 in [1, 2); the sign returned. Zero for exactly one. */
function logarithm(exponent: i32, high: u64, low: u64): u32 {
  const halved = high > SQRT2
  const dHigh = (high >> 1) | (halved ? INTEGER_BIT : 0)
  const dLow = (high << 63) | (low >> 1)
  if (halved) {
    exponent++
    setReal(-1, 0 - high - u64(low != 0), 0 - low)
  } else {
    setReal(0, high - INTEGER_BIT, low)
  }
  const negative = halved ? SIGN : 0
  if (Real.high != 0) {
    // s = (m - 1) / (m + 1); the sum of the halved m and 1 has its top bit at one, the other at two.
    if (halved) divideReal(0, dHigh, dLow)
    else divideReal(1, dHigh + (INTEGER_BIT >> 1), dLow)
    logarithmOfRatio()
  }
  if (exponent == 0) return negative
  const magnitude = <u64>abs(exponent)
  const zeros = <i32>clz(magnitude)
  const sign: u32 = exponent < 0 ? SIGN : 0
  if (Real.high == 0) setReal(63 - zeros, magnitude << zeros, 0)
  else addToReal(63 - zeros, magnitude << zeros, 0, sign != negative)
  return sign
}

/** Gives y * Real with the sign of the logarithm. */
function deliverProduct(control: u32, sign: u32, ySe: u32, y: u64): void {
  multiplyReal(normalExponent(ySe, y) - BIAS, normalSignificand(y), 0)
  deliverReal(control, (ySe & SIGN) ^ sign)
}

/** Whether x > 1 for a positive x. */
function exceedsOne(xSe: u32, x: u64): bool {
  return xSe > <u32>BIAS || (xSe == BIAS && x > INTEGER_BIT)
}

/** y * log2(x) where x or y is zero or infinite (vol. 2, FYL2X, table of results). */
function logarithmAtEdge(xSe: u32, x: u64, ySe: u32, y: u64): void {
  const ySign = ySe & SIGN
  if (isZero(xSe, x)) {
    if (isZero(ySe, y)) return giveInvalid()
    if (!isInfinity(ySe, y)) Result.raised |= ZE
    return give((ySign ^ SIGN) | MAX_EXPONENT, INTEGER_BIT)
  }
  const sign = exceedsOne(xSe, x) ? ySign : ySign ^ SIGN
  if (isInfinity(ySe, y)) {
    if (xSe == BIAS && x == INTEGER_BIT) return giveInvalid()
    return give(sign | MAX_EXPONENT, INTEGER_BIT)
  }
  if (isZero(ySe, y)) {
    if (isInfinity(xSe, x)) return giveInvalid()
    return give(xSe == BIAS && x == INTEGER_BIT ? ySign : sign, 0)
  }
  give(ySign | MAX_EXPONENT, INTEGER_BIT)
}

function timesLogarithm(control: u32, xSe: u32, x: u64, ySe: u32, y: u64): void {
  if (answersSpecials(xSe, x, ySe, y)) return
  if (xSe & SIGN && !isZero(xSe, x)) return giveInvalid()
  const edge = isZero(xSe, x) || isZero(ySe, y) || exponentOf(xSe) == MAX_EXPONENT || exponentOf(ySe) == MAX_EXPONENT
  if (edge) logarithmAtEdge(xSe, x, ySe, y)
  if (Result.raised & (IE | ZE)) return
  if (stopsOnDenormal(control, isDenormal(xSe, x) || isDenormal(ySe, y)) || edge) return
  const sign = logarithm(normalExponent(xSe, x) - BIAS, normalSignificand(x), 0)
  if (Real.high == 0) return give(ySe & SIGN, 0)
  deliverProduct(control, sign, ySe, y)
}

/** Real := |log2(1 + x)| for -1 < x; the sign is x's. */
function logarithmOfOnePlus(xSe: u32, x: u64): void {
  const exponent = normalExponent(xSe, x) - BIAS
  const significand = normalSignificand(x)
  if (exponent >= -1) return logarithmOfSum(xSe & SIGN, exponent, significand)
  const high = shiftRightSticky(significand, 0, max(1 - exponent, 0))
  const low = Wide.low
  setReal(exponent, significand, 0)
  // s = x / (2 + x), with 2 + x held with its top bit at two; it stays below four.
  if (xSe & SIGN) {
    const numeratorExponent = Real.exponent
    setReal(1, INTEGER_BIT - high - u64(low != 0), 0 - low)
    const dExponent = Real.exponent
    const dHigh = Real.high
    const dLow = Real.low
    setReal(numeratorExponent, significand, 0)
    divideReal(dExponent, dHigh, dLow)
  } else {
    divideReal(1, INTEGER_BIT + high, low)
  }
  logarithmOfRatio()
}

/** The same where |x| >= 1/2: 1 + x has 128 bits to hold, beyond which x is too large for the one to matter. */
function logarithmOfSum(sign: u32, exponent: i32, significand: u64): void {
  if (exponent < 0) {
    setReal(exponent, significand, 0)
    addToReal(0, INTEGER_BIT, 0, sign != 0)
  } else {
    setReal(0, INTEGER_BIT, 0)
    addToReal(exponent, significand, 0, false)
  }
  logarithm(Real.exponent, Real.high, Real.low)
}

function timesLogarithmOfOnePlus(control: u32, xSe: u32, x: u64, ySe: u32, y: u64): void {
  if (answersSpecials(xSe, x, ySe, y)) return
  const sign = (xSe ^ ySe) & SIGN
  const xZero = isZero(xSe, x)
  const yZero = isZero(ySe, y)
  const xInfinite = isInfinity(xSe, x)
  const yInfinite = isInfinity(ySe, y)
  if ((xZero && yInfinite) || (xInfinite && (yZero || xSe & SIGN))) return giveInvalid()
  if (stopsOnDenormal(control, isDenormal(xSe, x) || isDenormal(ySe, y))) return
  if (xInfinite || yInfinite) return give(sign | MAX_EXPONENT, INTEGER_BIT)
  if (xZero || yZero) return give(sign, 0)
  if (xSe & SIGN && exponentOf(xSe) >= <u32>BIAS) {
    // There is no logarithm and the result is undefined; the CPUs answer x.
    Result.raised |= PE
    return give(xSe, x)
  }
  logarithmOfOnePlus(xSe, x)
  deliverProduct(control, xSe & SIGN, ySe, y)
}

function intoSecond(cpu: usize, onePlus: bool): void {
  const top = physical(cpu, 0)
  const into = physical(cpu, 1)
  if (isEmpty(cpu, top) || isEmpty(cpu, into)) return underflowInto(cpu, into, 1)
  takeNone()
  Result.raised = 0
  const control = load<u32>(cpu, CONTROL)
  const xSe = signExponentOf(cpu, top)
  const x = significandOf(cpu, top)
  const ySe = signExponentOf(cpu, into)
  const y = significandOf(cpu, into)
  if (onePlus) timesLogarithmOfOnePlus(control, xSe, x, ySe, y)
  else timesLogarithm(control, xSe, x, ySe, y)
  writeBack(cpu, into, 1)
}

/** FYL2X: ST(1) := ST(1) * log2(ST(0)), then pops. */
export function fyl2x(cpu: usize): void {
  intoSecond(cpu, false)
}

/** FYL2XP1: ST(1) := ST(1) * log2(ST(0) + 1), then pops. */
export function fyl2xp1(cpu: usize): void {
  intoSecond(cpu, true)
}
