// FSIN FCOS FSINCOS FPTAN (SDM vol. 1, section 8.3.8). Arguments are reduced by the 66-bit pi that the section prescribes.
import { BIAS, C1, C2, CONTROL, INTEGER_BIT, MAX_EXPONENT, PE, SIGN, STATUS, UE } from './layout'
import { WRAP } from './round'
import { Result, give, giveInvalid, isEmpty, isStopped, physical, setRegister, settleConditions, signExponentOf, significandOf, underflowInto } from './state'
import { answersSpecial, exponentOf, isDenormal, isZero, normalExponent, normalSignificand, stopsOnDenormal } from './classify'
import { takeNone } from './memory-operand'
import { Pushed, faultsOnPush, pushSame, writeBackAndPush } from './scale'
import { roundsToNearest } from './quick'
import { Real, deliverReal, divideReal, finishReal, setReal } from './real'
import { SINES } from './table-layout'
import { TABLES } from './tables'
import { addLowProduct, multiplyHigh } from './wide'

/** pi / 2 in units of 2^-65: 66 bits. */
const HALF_PI_HIGH: u64 = 3
const HALF_PI_LOW: u64 = 0x243f6a8885a308d3
/** The upper 64 of these bits, which is the significand of pi / 4. */
const PI_4: u64 = 0xc90fdaa22168c234
/** 2 / pi, in units of 2^-64. */
const TWO_BY_PI: u64 = 0xa2f9836e4e44152a

/** The reduced argument: |x| = quadrant * pi/2 + (negative ? -rest : rest), rest at most pi/4. */
class Angle {
  static quadrant: u32 = 0
  static negative: bool = false
  static exponent: i32 = 0
  static high: u64 = 0
  static low: u64 = 0
  /** rest = k / 64 + offset * 2^-70. */
  static k: u32 = 0
  static offset: i64 = 0
}

/** Sets Angle's rest to the number given, normalized. */
// @ts-ignore: decorator
@inline
function setRest(quadrant: u32, negative: bool, exponent: i32, high: u64, low: u64): void {
  Angle.quadrant = quadrant & 3
  Angle.negative = negative
  Angle.exponent = exponent
  Angle.high = high
  Angle.low = low
  if (exponent < -7) {
    Angle.k = 0
    Angle.offset = <i64>(high >> min(-7 - exponent, 63))
  } else {
    const shift = 56 - exponent
    Angle.k = (<u32>(high >> shift) + 1) >> 1
    // In these units k / 64 is a multiple of 2^64.
    Angle.offset = <i64>((high << (exponent + 7)) | ((low >> shift) >> 1))
  }
}

/** Reduces significand * 2^(exponent - 63), exponent below 63; exact, since the divisor is an integer of 66 bits and so is the number. */
function reduce(exponent: i32, significand: u64): void {
  if (exponent < -1 || (exponent == -1 && significand < PI_4)) return setRest(0, false, exponent, significand, 0)
  let quotient = ((multiplyHigh(significand, TWO_BY_PI) >> (62 - exponent)) + 1) >> 1
  const productLow = quotient * HALF_PI_LOW
  const productHigh = multiplyHigh(quotient, HALF_PI_LOW) + quotient * HALF_PI_HIGH
  let low = (significand << (exponent + 1)) << 1
  let high = (significand >> (62 - exponent)) - productHigh - u64(low < productLow)
  low -= productLow
  // The quotient of a large number may be one off.
  while (isBeyond(high, low)) {
    const less = low - HALF_PI_LOW
    high -= HALF_PI_HIGH + u64(less > low)
    low = less
    quotient++
  }
  while (isBeyond(~high, ~low)) {
    const more = low + HALF_PI_LOW
    high += HALF_PI_HIGH + u64(more < low)
    low = more
    quotient--
  }
  const negative = <i64>high < 0
  if (negative) {
    high = 0 - high - u64(low != 0)
    low = 0 - low
  }
  // A rest is below 2^65 of its units.
  const shift = <i32>clz(low)
  if (high) setRest(<u32>quotient, negative, -1, INTEGER_BIT | (low >> 1), low << 63)
  else setRest(<u32>quotient, negative, -2 - shift, low << shift, 0)
}

/** Whether a signed number, in units of 2^-65, is more than pi / 4. */
// @ts-ignore: decorator
@inline
function isBeyond(high: u64, low: u64): bool {
  return <i64>high > 1 || (high == 1 && low > (HALF_PI_LOW >> 1 | INTEGER_BIT))
}

/** Terms in d^n of sine and cosine, d in units of 2^-70, in units of 2^-86. */
const STEP: f64 = 1.0 / 1180591620717411303424.0
const UNIT: f64 = 77371252455336267181195264.0
const C3: f64 = UNIT * STEP * STEP * STEP / 6.0
const C5: f64 = C3 * STEP * STEP / 20.0
const C7: f64 = C5 * STEP * STEP / 42.0
const C4: f64 = UNIT * STEP * STEP * STEP * STEP / 24.0
const C6: f64 = C4 * STEP * STEP / 30.0
const C8: f64 = C6 * STEP * STEP / 56.0
const FRACTION: f64 = 1.0 / 9223372036854775808.0

/**
 * Real := p + q * sin(d) - p * (1 - cos(d)), or minus q, for d = Angle.offset; p and q are two words in units of 2^-127. What follows
 * p + q * d - p * d^2 / 2 is below 2^-23, so that a double is precise enough.
 */
// @ts-ignore: decorator
@inline
function addRotated(p: usize, q: usize, minus: bool): void {
  const d = Angle.offset
  const size = <u64>abs(d)
  const pHigh = load<u64>(p)
  const qHigh = load<u64>(q)
  const x = minus ? -<f64>d : <f64>d
  const square = x * x
  const odd = x * square * (C5 * square - C3 - C7 * square * square)
  const even = square * square * (C4 - C6 * square + C8 * square * square)
  const more = <i64>((<f64>(<i64>(qHigh >> 1)) * odd + <f64>(<i64>(pHigh >> 1)) * even) * (2.0 * FRACTION))
  const linear = multiplyHigh(qHigh, size)
  const linearLow = addLowProduct(qHigh * size, size, load<u64>(q, 8))
  const upper = linear + u64(linearLow < qHigh * size)
  const bent = multiplyHigh(pHigh, multiplyHigh(size, size))
  let high = pHigh
  let low = load<u64>(p, 8)
  const stepHigh = upper >> 6
  const stepLow = (upper << 58) | (linearLow >> 6)
  if ((d < 0) != minus) {
    high -= stepHigh + u64(low < stepLow)
    low -= stepLow
  } else {
    low += stepLow
    high += stepHigh + u64(low < stepLow)
  }
  // Both of these in units of 2^-127.
  const bentLow = bent << 51
  high -= (bent >> 13) + u64(low < bentLow)
  low -= bentLow
  const moreLow = <u64>more << 41
  low += moreLow
  high += <u64>(more >> 23) + u64(low < moreLow)
  setReal(0, high, low)
}

/** The terms of sin(x) / x - 1, negated, for x in units of 2^-70, in units of 2^-79. */
const SMALL_UNIT: f64 = 604462909807314587353088.0
const S2: f64 = SMALL_UNIT * STEP * STEP / 6.0
const S4: f64 = S2 * STEP * STEP / 20.0
const S6: f64 = S4 * STEP * STEP / 42.0

/** Real := sin(rest), positive; less than the rest even where that does not show. */
function sineOfRest(): void {
  const entry = TABLES + SINES + (Angle.k << 5)
  if (Angle.k) return addRotated(entry, entry + 16, false)
  const x = <f64>Angle.offset
  const square = x * x
  const w = <i64>(square * (S2 - S4 * square + S6 * square * square))
  const change = multiplyHigh(Angle.high, <u64>w)
  const low = Angle.low - (change << 49 | 1)
  setReal(Angle.exponent, Angle.high - (change >> 15) - u64(low > Angle.low), low)
}

/** Real := cos(rest). */
function cosineOfRest(): void {
  const entry = TABLES + SINES + (Angle.k << 5)
  addRotated(entry + 16, entry, true)
  keepBelowOne()
}

/** A cosine too near to one to be told from it is less all the same, for directed rounding. */
// @ts-ignore: decorator
@inline
function keepBelowOne(): void {
  if (Real.exponent < 0) return
  Real.exponent = -1
  Real.high = 0xffffffffffffffff
  Real.low = 0xffffffffffffffff
}

/** The sine and the tangent of so small a number are the number itself, as the recorded CPU has it, whatever RC says; it counts as inexact, and as tiny where it is denormal. */
function giveTiny(control: u32, sign: u32): void {
  const exponent = Angle.exponent + BIAS
  Result.raised |= PE
  if (exponent > 0) return give(sign | exponent, Angle.high)
  Result.raised |= UE
  if (control & UE) return give(sign, Angle.high >> (1 - exponent))
  give(sign | (exponent + WRAP), Angle.high)
}

/** Real := the sine's magnitude, `turns` quadrants further on: 0 for the sine, 1 for the cosine. Returns its sign. */
function sine(sign: u32, turns: u32): u32 {
  const quadrant = Angle.quadrant + turns
  if (quadrant & 2) sign ^= SIGN
  if (quadrant & 1) {
    cosineOfRest()
    return sign
  }
  sineOfRest()
  return Angle.negative ? sign ^ SIGN : sign
}

function giveSine(control: u32, sign: u32, turns: u32): void {
  const quadrant = Angle.quadrant + turns
  if (Angle.exponent < -62 && !Angle.negative && !(quadrant & 1)) {
    return giveTiny(control, quadrant & 2 ? sign ^ SIGN : sign)
  }
  const signOf = sine(sign, turns)
  deliverReal(control, signOf)
}

/** A rest r below 2^-36: tan(r) lies just above r, and 1/tan(r) just below 1/r, by less than the working precision shows. */
function giveTangentOfTiny(control: u32, sign: u32, odd: bool): void {
  if (odd) {
    setReal(0, INTEGER_BIT, 0)
    divideReal(Angle.exponent, Angle.high, Angle.low)
    setReal(Real.exponent, Real.high - u64(Real.low == 0), Real.low - 1)
    return deliverReal(control, sign)
  }
  if (Angle.exponent < -62) return giveTiny(control, sign)
  setReal(Angle.exponent, Angle.high, Angle.low)
  deliverReal(control, sign)
}

/** Real := |tan|, which is sin / cos, or cos / sin in odd quadrants. */
function tangent(odd: bool): void {
  if (odd) sineOfRest()
  else cosineOfRest()
  const exponent = Real.exponent
  const high = Real.high
  const low = Real.low
  if (odd) cosineOfRest()
  else sineOfRest()
  divideReal(exponent, high, low)
}

function giveTangent(control: u32, sign: u32): void {
  const odd = (Angle.quadrant & 1) != 0
  if (odd != Angle.negative) sign ^= SIGN
  if (Angle.exponent < -36) return giveTangentOfTiny(control, sign, odd)
  tangent(odd)
  deliverReal(control, sign)
}

const SINE: u32 = 0
const COSINE: u32 = 1
const SINE_COSINE: u32 = 2
const TANGENT: u32 = 3

/** The exact results at zero. */
function answerZero(operation: u32, se: u32): void {
  Pushed.signExponent = BIAS
  Pushed.significand = INTEGER_BIT
  if (operation == COSINE) give(BIAS, INTEGER_BIT)
  else give(se, 0)
}

function compute(operation: u32, control: u32, se: u32, significand: u64): void {
  reduce(normalExponent(se, significand) - BIAS, normalSignificand(significand))
  const sign = se & SIGN
  if (operation == SINE) return giveSine(control, sign, 0)
  if (operation == COSINE) return giveSine(control, 0, 1)
  if (operation == TANGENT) {
    giveTangent(control, sign)
    return give1()
  }
  giveSine(control, 0, 1)
  pushSame()
  Result.raised &= ~C1
  giveSine(control, sign, 0)
}

/** FPTAN pushes 1.0 for the sake of older programs. */
function give1(): void {
  Pushed.signExponent = BIAS
  Pushed.significand = INTEGER_BIT
}

/** Results in Result and, where two are produced, Pushed; false when |x| >= 2^63: C2 is set and the operand stays. */
function operate(operation: u32, control: u32, se: u32, significand: u64): bool {
  if (answersSpecial(se, significand)) {
    pushSame()
    return true
  }
  const exponent = exponentOf(se)
  if (exponent == MAX_EXPONENT) {
    giveInvalid()
    pushSame()
    return true
  }
  if (exponent > <u32>BIAS + 62) return false
  if (isZero(se, significand)) {
    answerZero(operation, se)
    return true
  }
  if (!stopsOnDenormal(control, isDenormal(se, significand))) compute(operation, control, se, significand)
  return true
}

/** Whether the short ways do for a number: from 2^-30 to 2^63, where nothing underflows. */
// @ts-ignore: decorator
@inline
function isOrdinary(cpu: usize, se: u32, significand: u64): bool {
  return roundsToNearest(cpu) && exponentOf(se) - <u32>(BIAS - 30) < 93 && <i64>significand < 0
}

// @ts-ignore: decorator
@inline
function replaceTop(cpu: usize, operation: u32): void {
  const top = physical(cpu, 0)
  if (isEmpty(cpu, top)) {
    store<u32>(cpu, load<u32>(cpu, STATUS) & ~C2, STATUS)
    return underflowInto(cpu, top, 0)
  }
  const se = signExponentOf(cpu, top)
  const significand = significandOf(cpu, top)
  if (isOrdinary(cpu, se, significand)) {
    reduce(<i32>exponentOf(se) - BIAS, significand)
    const sign = sine(operation == SINE ? se & SIGN : 0, u32(operation == COSINE))
    if (finishReal(cpu, top, sign, 0, C1 | C2)) return
  }
  takeNone()
  Result.raised = 0
  const control = load<u32>(cpu, CONTROL)
  const reduced = operate(operation, control, signExponentOf(cpu, top), significandOf(cpu, top))
  settleConditions(cpu, C1 | C2, reduced ? 0 : C2)
  if (reduced && !isStopped(control)) setRegister(cpu, top, Result.signExponent, Result.significand)
}

function replaceTopAndPush(cpu: usize, operation: u32): void {
  let reduced = true
  if (!faultsOnPush(cpu)) {
    const top = physical(cpu, 0)
    takeNone()
    reduced = operate(operation, load<u32>(cpu, CONTROL), signExponentOf(cpu, top), significandOf(cpu, top))
  }
  settleConditions(cpu, C1 | C2, reduced ? 0 : C2)
  if (reduced) writeBackAndPush(cpu)
}

/** FSIN. */
export function fsin(cpu: usize): void {
  replaceTop(cpu, SINE)
}

/** FCOS. */
export function fcos(cpu: usize): void {
  replaceTop(cpu, COSINE)
}

/** FSINCOS: ST(0) becomes the sine, and the cosine is pushed. */
export function fsincos(cpu: usize): void {
  replaceTopAndPush(cpu, SINE_COSINE)
}

/** FPTAN: ST(0) becomes the tangent, and 1.0 is pushed. */
export function fptan(cpu: usize): void {
  replaceTopAndPush(cpu, TANGENT)
}
