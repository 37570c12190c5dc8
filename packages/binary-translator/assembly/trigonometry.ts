// FSIN FCOS FSINCOS FPTAN (SDM vol. 1, section 8.3.8). Arguments are reduced by the 66-bit pi that the section prescribes.
import { BIAS, C1, C2, CONTROL, INTEGER_BIT, MAX_EXPONENT, PE, SIGN, STATUS, UE } from './layout'
import { WRAP } from './round'
import { Result, give, giveInvalid, isEmpty, isStopped, physical, setRegister, settleConditions, signExponentOf, significandOf, underflowInto } from './state'
import { answersSpecial, exponentOf, isDenormal, isZero, normalExponent, normalSignificand, stopsOnDenormal } from './classify'
import { takeNone } from './memory-operand'
import { Pushed, faultsOnPush, pushSame, writeBackAndPush } from './scale'
import { Real, deliverReal, divideReal, multiplyReal, setReal, squaredFraction } from './real'
import { sineSeries } from './series'
import { Rest, Wide, quotientWord } from './wide'

/** pi / 2 in units of 2^-65, shifted up by 62 bits to be normalized. */
const HALF_PI_HIGH: u64 = 0xc90fdaa22168c234
const HALF_PI_LOW: u64 = 0xc000000000000000

/** The reduced argument: |x| = quadrant * pi/2 + (negative ? -rest : rest), rest at most pi/4. */
class Angle {
  static quadrant: u32 = 0
  static negative: bool = false
  static exponent: i32 = 0
  static high: u64 = 0
  static low: u64 = 0
}

function keepReal(quadrant: u32, negative: bool): void {
  Angle.quadrant = quadrant & 3
  Angle.negative = negative
  Angle.exponent = Real.exponent
  Angle.high = Real.high
  Angle.low = Real.low
}

/** Reduces significand * 2^(exponent - 63), exponent below 63; exact, since the divisor is an integer of 66 bits. */
function reduce(exponent: i32, significand: u64): void {
  if (exponent < -1 || (exponent == -1 && significand < HALF_PI_HIGH)) {
    setReal(exponent, significand, 0)
    return keepReal(0, false)
  }
  let quotient: u64 = 0
  if (exponent < 0) {
    Rest.high = significand >> 1
    Rest.low = significand << 63
  } else {
    const high = exponent ? significand >> (64 - exponent) : 0
    quotient = quotientWord(high, significand << exponent, HALF_PI_HIGH, HALF_PI_LOW)
  }
  const otherHigh = HALF_PI_HIGH - Rest.high - u64(HALF_PI_LOW < Rest.low)
  const otherLow = HALF_PI_LOW - Rest.low
  // Rest is in units of 2^-127.
  const over = Rest.high > otherHigh || (Rest.high == otherHigh && Rest.low > otherLow)
  if (over) setReal(0, otherHigh, otherLow)
  else setReal(0, Rest.high, Rest.low)
  keepReal(<u32>quotient + u32(over), over)
}

/** Real := sin(rest), positive. */
function sineOfRest(): void {
  Real.exponent = Angle.exponent
  Real.high = Angle.high
  Real.low = Angle.low
  const square = squaredFraction()
  const sum = sineSeries(square, Wide.low, 2)
  setReal(1, sum, Wide.low)
  multiplyReal(Angle.exponent, Angle.high, Angle.low)
}

/** Real := cos(rest). */
function cosineOfRest(): void {
  Real.exponent = Angle.exponent
  Real.high = Angle.high
  Real.low = Angle.low
  const square = squaredFraction()
  const sum = sineSeries(square, Wide.low, 1)
  setReal(1, sum, Wide.low)
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

/** Gives the sine `turns` quadrants further on: 0 for the sine, 1 for the cosine. */
function giveSine(control: u32, sign: u32, turns: u32): void {
  const quadrant = Angle.quadrant + turns
  if (quadrant & 1) {
    cosineOfRest()
  } else {
    if (Angle.exponent < -62 && !Angle.negative) return giveTiny(control, quadrant & 2 ? sign ^ SIGN : sign)
    sineOfRest()
    if (Angle.negative) sign ^= SIGN
  }
  deliverReal(control, quadrant & 2 ? sign ^ SIGN : sign)
}

/** A rest r below 2^-62: tan(r) is r, like the sine, and 1/tan(r) lies just below 1/r, by less than the working precision shows. */
function giveTangentOfTiny(control: u32, sign: u32, odd: bool): void {
  if (odd) {
    setReal(0, INTEGER_BIT, 0)
    divideReal(Angle.exponent, Angle.high, Angle.low)
    setReal(Real.exponent, Real.high - u64(Real.low == 0), Real.low - 1)
    return deliverReal(control, sign)
  }
  giveTiny(control, sign)
}

/** tan = sin / cos, or -cos / sin in odd quadrants. */
function giveTangent(control: u32, sign: u32): void {
  const odd = (Angle.quadrant & 1) != 0
  if (odd != Angle.negative) sign ^= SIGN
  if (Angle.exponent < -62) return giveTangentOfTiny(control, sign, odd)
  if (odd) sineOfRest()
  else cosineOfRest()
  const exponent = Real.exponent
  const high = Real.high
  const low = Real.low
  if (odd) cosineOfRest()
  else sineOfRest()
  divideReal(exponent, high, low)
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

function replaceTop(cpu: usize, operation: u32): void {
  const top = physical(cpu, 0)
  if (isEmpty(cpu, top)) {
    store<u32>(cpu, load<u32>(cpu, STATUS) & ~C2, STATUS)
    return underflowInto(cpu, top, 0)
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
