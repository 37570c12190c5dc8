// F2XM1 (SDM vol. 1, sections 8.3.9 and 8.3.10; vol. 2, F2XM1).
import { BIAS, CONTROL, MAX_EXPONENT, PE, SIGN } from './layout'
import { Result, give, isEmpty, physical, signExponentOf, significandOf, underflowInto, writeBack } from './state'
import { answersSpecial, exponentOf, isDenormal, isZero, normalExponent, normalSignificand, stopsOnDenormal } from './classify'
import { takeNone } from './memory-operand'
import { roundsToNearest } from './quick'
import { deliverReal, finishReal, setReal } from './real'
import { NEGATIVE_POWERS, POWERS } from './table-layout'
import { TABLES } from './tables'
import { addLowProduct, multiplyHigh } from './wide'

/** ln(2), in units of 2^-64. */
const LN2: u64 = 0xb17217f7d1cf79ac

/** (ln(2) * 2^-70)^n / (n+1)! * 2^71: the terms of (e^t - 1) / t - 1 in units of 2^-71, for t = y * 2^-70 * ln(2). */
const STEP: f64 = 0.6931471805599453 / 1180591620717411303424.0
const UNIT: f64 = 2361183241434822606848.0
const C2: f64 = STEP * STEP * UNIT / 6.0
const C3: f64 = C2 * STEP / 4.0
const C4: f64 = C3 * STEP / 5.0
const C5: f64 = C4 * STEP / 6.0
const C6: f64 = C5 * STEP / 7.0
const C7: f64 = C6 * STEP / 8.0

/** The terms of (e^t - 1) / t - 1 after the first, t/2; they are below 2^-17, so that a double is precise enough. */
// @ts-ignore: decorator
@inline
function laterTerms(y: f64): i64 {
  const square = y * y
  const low = C2 + C3 * y
  const high = C4 + C5 * y + square * (C6 + C7 * y)
  return <i64>(square * (low + square * high))
}

/**
 * Real := |2^x - 1| for |x| = m * 2^(exponent - 63) <= 1. With k/64 next to |x|, y = |x| - k/64 and t = +/- y * ln(2), |t| < 2^-7: 2^x - 1 = T + G * y * (e^t - 1) / t, where
 * T = 2^(+/- k/64) - 1 and G = ln(2) * 2^(+/- k/64) come from the table. Errors stay below 2^-69 of the result.
 */
function powerLessOne(negative: bool, exponent: i32, m: u64): void {
  if (exponent == 0) return setReal(negative ? -1 : 0, m, 0)
  let k: u32 = 0
  // y in units of 2^-70, and its magnitude as precise as it is.
  let y: i64
  let factor = m
  if (exponent >= -7) {
    k = (<u32>(m >> (56 - exponent)) + 1) >> 1
    // In these units k/64 is a multiple of 2^64.
    y = <i64>(m << (exponent + 7))
    factor = <u64>abs(y)
  } else {
    y = <i64>(m >> min(-7 - exponent, 63))
  }
  const entry = TABLES + (negative ? NEGATIVE_POWERS : POWERS) + (k << 5)
  const slope = load<u64>(entry, 16)
  // G * y, the upper word in units of 2^-69.
  let low = factor * slope
  const lower = addLowProduct(low, factor, load<u64>(entry, 24))
  let high = multiplyHigh(factor, slope) + u64(lower < low)
  low = lower
  // w = (e^t - 1) / t - 1 in units of 2^-71.
  const half = <i64>multiplyHigh(<u64>abs(y), LN2)
  const away = (y < 0) == negative
  const w = laterTerms(negative ? -<f64>y : <f64>y) + (away ? half : -half)
  const change = multiplyHigh(high, <u64>abs(w))
  if (w < 0) {
    const less = low - (change << 57)
    high -= (change >> 7) + u64(less > low)
    low = less
  } else {
    const more = low + (change << 57)
    high += (change >> 7) + u64(more < low)
    low = more
  }
  if (k == 0) setReal(exponent + 1, high, low)
  else addToPower(entry, y < 0, high, low)
}

/** Real := T +/- a number in units of 2^-133. */
// @ts-ignore: decorator
@inline
function addToPower(entry: usize, subtract: bool, high: u64, low: u64): void {
  const upper = high >> 6
  const lower = (high << 58) | (low >> 6)
  const base = load<u64>(entry)
  const baseLow = load<u64>(entry, 8)
  if (subtract) {
    setReal(0, base - upper - u64(baseLow < lower), baseLow - lower)
  } else {
    const sum = baseLow + lower
    setReal(0, base + upper + u64(sum < lower), sum)
  }
}

function compute(control: u32, se: u32, significand: u64): void {
  if (answersSpecial(se, significand)) return
  if (stopsOnDenormal(control, isDenormal(se, significand))) return
  if (isZero(se, significand)) return give(se, significand)
  const exponent = exponentOf(se)
  if (exponent == MAX_EXPONENT) {
    if (se & SIGN) give(SIGN | BIAS, significand)
    else give(se, significand)
    return
  }
  // Beyond one the result is undefined; the operand stays.
  if (exponent > <u32>BIAS || (exponent == BIAS && significand << 1 != 0)) {
    Result.raised |= PE
    return give(se, significand)
  }
  powerLessOne((se & SIGN) != 0, normalExponent(se, significand) - BIAS, normalSignificand(significand))
  deliverReal(control, se & SIGN)
}

/** F2XM1: ST(0) := 2^ST(0) - 1. */
export function f2xm1(cpu: usize): void {
  const top = physical(cpu, 0)
  if (isEmpty(cpu, top)) return underflowInto(cpu, top, 0)
  const se = signExponentOf(cpu, top)
  const significand = significandOf(cpu, top)
  // The short way, of a normal number below one.
  if (roundsToNearest(cpu) && exponentOf(se) - 1 < <u32>BIAS - 1 && <i64>significand < 0) {
    powerLessOne((se & SIGN) != 0, <i32>exponentOf(se) - BIAS, significand)
    if (finishReal(cpu, top, se & SIGN, 0)) return
  }
  takeNone()
  Result.raised = 0
  compute(load<u32>(cpu, CONTROL), se, significand)
  writeBack(cpu, top, 0)
}
