// FPREM and FPREM1 (SDM vol. 2). A difference of exponents of 64 or more is reduced in steps, with C2 telling to go on.
import { C0, C1, C2, C3, CONDITIONS, CONTROL, INTEGER_BIT, SIGN, STATUS } from './layout'
import { Result, give, giveInvalid, isEmpty, isStopped, physical, setRegister, settleConditions, signExponentOf, significandOf, underflowInto } from './state'
import { answersSpecials, isDenormal, isInfinity, isZero, normalExponent, normalSignificand, stopsOnDenormal } from './classify'
import { takeNone } from './memory-operand'
import { roundToRegister } from './round'
import { Wide, divideWide } from './wide'

/** The low bits of the quotient in the condition codes: Q2 in C0, Q1 in C3, Q0 in C1. */
function quotientConditions(quotient: u64): u32 {
  return (quotient & 4 ? C0 : 0) | (quotient & 2 ? C3 : 0) | (quotient & 1 ? C1 : 0)
}

/** Gives rest * 2^(exponent - 63), exact. */
function giveRest(control: u32, sign: u32, exponent: i32, rest: u64): void {
  if (rest == 0) return give(sign, 0)
  roundToRegister(control, 64, sign, exponent - <i32>clz(rest), rest << clz(rest), 0)
}

/** The quotient's low bits of a * 2^distance / b (0 <= distance < 64); the rest in Wide.remainder. */
function quotientOf(a: u64, distance: i32, b: u64): u64 {
  const first = a >= b
  const rest = first ? a - b : a
  const high = distance ? rest >> (64 - distance) : 0
  const quotient = divideWide(high, rest << distance, b)
  return quotient + (u64(first) << distance)
}

/** Condition codes of the remainder of two finite non-zero numbers. */
function reduce(control: u32, se: u32, a: u64, bySe: u32, b: u64, nearest: bool): u32 {
  const sign = se & SIGN
  const exponent = normalExponent(se, a)
  const byExponent = normalExponent(bySe, b)
  const dividend = normalSignificand(a)
  const divisor = normalSignificand(b)
  const distance = exponent - byExponent
  if (distance >= 64) {
    const step = (distance & 31) | 32
    quotientOf(dividend, step, divisor)
    giveRest(control, sign, exponent - step, Wide.remainder)
    return C2
  }
  if (distance < -1 || (distance < 0 && (!nearest || dividend <= divisor))) {
    giveRest(control, sign, exponent, dividend)
    return 0
  }
  if (distance < 0) {
    // Between half and one divisor: the nearest multiple is the divisor itself.
    giveRest(control, sign ^ SIGN, exponent, divisor - (dividend - divisor))
    return quotientConditions(1)
  }
  let quotient = quotientOf(dividend, distance, divisor)
  const rest = Wide.remainder
  const other = divisor - rest
  if (nearest && (rest > other || (rest == other && (quotient & 1) != 0))) {
    quotient++
    giveRest(control, sign ^ SIGN, byExponent, other)
  } else {
    giveRest(control, sign, byExponent, rest)
  }
  return quotientConditions(quotient)
}

/** Whether NaNs, an infinite dividend, a zero divisor or an unmasked denormal decide. */
function isDecided(control: u32, se: u32, a: u64, bySe: u32, b: u64): bool {
  if (answersSpecials(se, a, bySe, b)) return true
  if (isInfinity(se, a) || isZero(bySe, b)) {
    giveInvalid()
    return true
  }
  return stopsOnDenormal(control, isDenormal(se, a) || isDenormal(bySe, b))
}

/** Condition codes; the value in Result. */
function remainder(control: u32, se: u32, a: u64, bySe: u32, b: u64, nearest: bool): u32 {
  if (isZero(se, a)) {
    give(se, a)
    return 0
  }
  if (isInfinity(bySe, b)) {
    // Also a denormal one is no underflow.
    if (isDenormal(se, a) && a < INTEGER_BIT) {
      give(se, a)
      return 0
    }
    giveRest(control, se & SIGN, normalExponent(se, a), normalSignificand(a))
    return 0
  }
  return reduce(control, se, a, bySe, b, nearest)
}

function partialRemainder(cpu: usize, nearest: bool): void {
  const top = physical(cpu, 0)
  const by = physical(cpu, 1)
  if (isEmpty(cpu, top) || isEmpty(cpu, by)) {
    store<u32>(cpu, load<u32>(cpu, STATUS) & ~C2, STATUS)
    return underflowInto(cpu, top, 0)
  }
  takeNone()
  Result.raised = 0
  const control = load<u32>(cpu, CONTROL)
  const se = signExponentOf(cpu, top)
  const a = significandOf(cpu, top)
  const bySe = signExponentOf(cpu, by)
  const b = significandOf(cpu, by)
  // Where there is no quotient, C0 and C3 stay.
  if (isDecided(control, se, a, bySe, b)) settleConditions(cpu, C1 | C2, 0)
  else settleConditions(cpu, CONDITIONS, remainder(control, se, a, bySe, b, nearest))
  if (!isStopped(control)) setRegister(cpu, top, Result.signExponent, Result.significand)
}

/** FPREM: ST(0) := remainder of ST(0) / ST(1), the quotient truncated. */
export function fprem(cpu: usize): void {
  partialRemainder(cpu, false)
}

/** FPREM1: the IEEE 754 remainder, the quotient rounded to nearest. */
export function fprem1(cpu: usize): void {
  partialRemainder(cpu, true)
}
