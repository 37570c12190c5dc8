// FYL2X and FYL2XP1 (SDM vol. 1, section 8.3.9; vol. 2 has the tables of special operands).
import { BIAS, CONTROL, IE, INTEGER_BIT, MAX_EXPONENT, PE, SIGN, ZE } from './layout'
import { Result, give, giveInvalid, isEmpty, physical, signExponentOf, significandOf, underflowInto, writeBack } from './state'
import { answersSpecials, exponentOf, isDenormal, isInfinity, isNormal, isZero, normalExponent, normalSignificand, stopsOnDenormal } from './classify'
import { takeNone } from './memory-operand'
import { roundsToNearest } from './quick'
import { Real, addToReal, deliverReal, finishReal, setReal } from './real'
import { LOGARITHM_STEPS, ROOT_STEP } from './table-layout'
import { logarithmAt, reciprocalOf } from './tables'
import { addLowProduct, multiplyHigh } from './wide'

/** log2(e), in units of 2^-127. */
const LOG2E: u64 = 0xb8aa3b295c17f0bb
const LOG2E_LOW: u64 = 0xbe87fed0691d3e89

/** +/- 2^(71 - 71n) / (n + 1): the terms of ln(1 + r) / r - 1 in units of 2^-71, for r = x * 2^-71. */
const STEP: f64 = 1.0 / 2361183241434822606848.0
const C2: f64 = STEP / 3.0
const C3: f64 = -STEP * STEP / 4.0
const C4: f64 = STEP * STEP * STEP / 5.0
const C5: f64 = -STEP * STEP * STEP * STEP / 6.0
const C6: f64 = STEP * STEP * STEP * STEP * STEP / 7.0
const C7: f64 = -STEP * STEP * STEP * STEP * STEP * STEP / 8.0
const C8: f64 = STEP * STEP * STEP * STEP * STEP * STEP * STEP / 9.0

/** The terms of ln(1 + r) / r - 1 after the first, -r/2; they are below 2^-17, so that a double is precise enough. */
// @ts-ignore: decorator
@inline
function laterTerms(x: f64): i64 {
  const square = x * x
  const fourth = square * square
  const low = C2 + C3 * x + square * (C4 + C5 * x)
  const high = C6 + C7 * x + square * C8
  return <i64>(square * (low + fourth * high))
}

/**
 * Real := y * |log2(1 + r)| in units of 2^-70 (high), not normalized, for |r| < 2^-8: y * |r| * log2(e) * (1 + w). `rest` is |r| in units of 2^-72;
 * factor:below is |r| as precise as it is, in units in which Real is then to be understood; y in units of 2^-63.
 */
// @ts-ignore: decorator
@inline
function logarithmOfRest(negative: bool, rest: u64, factor: u64, below: u64, y: u64): void {
  const half = <i64>(rest >> 1)
  const quarter = <i64>(rest >> 2)
  const w = laterTerms(negative ? -<f64>half : <f64>half) + (negative ? quarter : -quarter)
  let low = factor * LOG2E
  let lower = addLowProduct(low, factor, LOG2E_LOW)
  let high = multiplyHigh(factor, LOG2E) + u64(lower < low)
  if (below) {
    low = addLowProduct(lower, LOG2E, below)
    high += u64(low < lower)
    lower = low
  }
  low = high * y
  lower = addLowProduct(low, lower, y)
  high = multiplyHigh(high, y) + u64(lower < low)
  const change = multiplyHigh(high, <u64>abs(w))
  if (negative) {
    low = lower + (change << 57)
    high += (change >> 7) + u64(low < lower)
  } else {
    low = lower - (change << 57)
    high -= (change >> 7) + u64(low > lower)
  }
  Real.high = high
  Real.low = low
}

/**
 * Real := y * |log2(m * 2^exponent)|, m = high:low / 2^127 in [1, 2); the logarithm's sign returned. Zero for exactly one. With c/512 next to 1/m
 * from a table, m * c/512 = 1 + r holds exactly, and log2(m) = -log2(c/512) + log2(1 + r), of which the first is the larger.
 */
// @ts-ignore: decorator
@inline
function logarithm(exponent: i32, high: u64, low: u64, y: u64): u32 {
  const step = <u32>(high >> 55) & 0xff
  const c = reciprocalOf(step)
  const carry = low ? ((low >> 32) * c + (((low & 0xffffffff) * c) >> 32)) >> 32 : 0
  let rest = high * c + carry
  let below = low * c
  // The product's upper word, at units of 2^-63, tells whether it is less than one.
  const negative = <i64>((high >> 9) * c + (((high & 511) * c + carry) >> 9)) >= 0
  if (negative) {
    rest = 0 - rest - u64(below != 0)
    below = 0 - below
  }
  const whole = exponent + i32(step >= <u32>ROOT_STEP)
  if (whole == 0 && (step == 0 || step == <u32>(LOGARITHM_STEPS - 1))) return logarithmNearOne(negative, rest, below, y)
  // In units of 2^-112; then its magnitude by y, in units of 2^-111.
  const at = logarithmAt(step)
  let base = load<u64>(at) + (<u64>whole << 48)
  let baseLow = load<u64>(at, 8)
  const sign = <i64>base < 0
  if (sign) {
    base = 0 - base - u64(baseLow != 0)
    baseLow = 0 - baseLow
  }
  const productLow = base * y
  baseLow = addLowProduct(productLow, baseLow, y)
  base = multiplyHigh(base, y) + u64(baseLow < productLow)
  logarithmOfRest(negative, rest, rest, below, y)
  const partHigh = Real.high >> 23
  const partLow = (Real.high << 41) | (Real.low >> 23)
  if (sign == negative) {
    const sum = baseLow + partLow
    setReal(16, base + partHigh + u64(sum < baseLow), sum)
  } else {
    setReal(16, base - partHigh - u64(baseLow < partLow), baseLow - partLow)
  }
  return sign ? SIGN : 0
}

/** The same of 1 +/- rest:below, in units of 2^-72. */
function logarithmNearOne(negative: bool, rest: u64, below: u64, y: u64): u32 {
  setReal(-9, rest, below)
  const exponent = Real.exponent
  if (Real.high) {
    logarithmOfRest(negative, rest, Real.high, Real.low, y)
    setReal(exponent + 2, Real.high, Real.low)
  }
  return negative ? SIGN : 0
}

/** Gives Real, in which y's significand is, with y's exponent and the sign of the logarithm. */
function deliverProduct(control: u32, sign: u32, ySe: u32, y: u64): void {
  Real.exponent += normalExponent(ySe, y) - BIAS
  deliverReal(control, (ySe & SIGN) ^ sign)
}

/** The short way to the same. */
// @ts-ignore: decorator
@inline
function finishProduct(cpu: usize, into: u32, sign: u32, ySe: u32): bool {
  Real.exponent += <i32>exponentOf(ySe) - BIAS
  return finishReal(cpu, into, (ySe & SIGN) ^ sign, 1)
}

/** The short way of FYL2X, for normal numbers of which x is positive and not one; false: not done. */
// @ts-ignore: decorator
@inline
function quickLogarithm(cpu: usize, into: u32, xSe: u32, x: u64, ySe: u32, y: u64): bool {
  if (xSe & SIGN || !isNormal(xSe, x) || !isNormal(ySe, y)) return false
  const sign = logarithm(<i32>xSe - BIAS, x, 0, y)
  return Real.high != 0 && finishProduct(cpu, into, sign, ySe)
}

/** The short way of FYL2XP1, for normal numbers of which x is below one. */
// @ts-ignore: decorator
@inline
function quickLogarithmOfOnePlus(cpu: usize, into: u32, xSe: u32, x: u64, ySe: u32, y: u64): bool {
  if (exponentOf(xSe) >= <u32>BIAS || !isNormal(xSe, x) || !isNormal(ySe, y)) return false
  logarithmOfOnePlus(xSe, x, y)
  return finishProduct(cpu, into, xSe & SIGN, ySe)
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
  const sign = logarithm(normalExponent(xSe, x) - BIAS, normalSignificand(x), 0, normalSignificand(y))
  if (Real.high == 0) return give(ySe & SIGN, 0)
  deliverProduct(control, sign, ySe, y)
}

/** Real := y * |log2(1 + x)| for -1 < x; the logarithm's sign is x's. */
function logarithmOfOnePlus(xSe: u32, x: u64, y: u64): void {
  const exponent = normalExponent(xSe, x) - BIAS
  const significand = normalSignificand(x)
  const negative = (xSe & SIGN) != 0
  if (exponent >= -9) return logarithmOfSum(negative, exponent, significand, y)
  logarithmOfRest(negative, significand >> min(-9 - exponent, 63), significand, 0, y)
  setReal(exponent + 2, Real.high, Real.low)
}

/** The same where |x| >= 2^-9: 1 + x has 128 bits to hold, beyond which x is too large for the one to matter. */
function logarithmOfSum(negative: bool, exponent: i32, significand: u64, y: u64): void {
  if (exponent < 0) {
    setReal(exponent, significand, 0)
    addToReal(0, INTEGER_BIT, 0, negative)
  } else {
    setReal(0, INTEGER_BIT, 0)
    addToReal(exponent, significand, 0, false)
  }
  logarithm(Real.exponent, Real.high, Real.low, y)
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
  logarithmOfOnePlus(xSe, x, normalSignificand(y))
  deliverProduct(control, xSe & SIGN, ySe, y)
}

// @ts-ignore: decorator
@inline
function intoSecond(cpu: usize, onePlus: bool): void {
  const top = physical(cpu, 0)
  const into = physical(cpu, 1)
  if (isEmpty(cpu, top) || isEmpty(cpu, into)) return underflowInto(cpu, into, 1)
  const xSe = signExponentOf(cpu, top)
  const x = significandOf(cpu, top)
  const ySe = signExponentOf(cpu, into)
  const y = significandOf(cpu, into)
  if (roundsToNearest(cpu)) {
    if (onePlus ? quickLogarithmOfOnePlus(cpu, into, xSe, x, ySe, y) : quickLogarithm(cpu, into, xSe, x, ySe, y)) return
  }
  takeNone()
  Result.raised = 0
  const control = load<u32>(cpu, CONTROL)
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
