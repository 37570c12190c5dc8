// F2XM1 (SDM vol. 1, sections 8.3.9 and 8.3.10; vol. 2, F2XM1).
import { BIAS, CONTROL, MAX_EXPONENT, PE, SIGN } from './layout'
import { Result, give, isEmpty, physical, signExponentOf, significandOf, underflowInto, writeBack } from './state'
import { answersSpecial, exponentOf, isDenormal, isZero, normalExponent, normalSignificand, stopsOnDenormal } from './classify'
import { takeNone } from './memory-operand'
import { Real, deliverReal, multiplyReal, realFraction, setReal } from './real'
import { exponentialSeries } from './series'
import { Wide } from './wide'

/** ln(2) with 128 bits. */
const LN2_HIGH: u64 = 0xb17217f7d1cf79ab
const LN2_LOW: u64 = 0xc9e3b39803f2f6af

/** 2^x - 1 = t * ((e^t - 1) / t) with t = x * ln(2); for |x| <= 1. */
function powerLessOne(control: u32, se: u32, significand: u64): void {
  setReal(normalExponent(se, significand) - BIAS, normalSignificand(significand), 0)
  multiplyReal(-1, LN2_HIGH, LN2_LOW)
  const exponent = Real.exponent
  const high = Real.high
  const low = Real.low
  const fraction = realFraction()
  const sum = exponentialSeries(fraction, Wide.low, (se & SIGN) != 0)
  setReal(1, sum, Wide.low)
  multiplyReal(exponent, high, low)
  deliverReal(control, se & SIGN)
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
  powerLessOne(control, se, significand)
}

/** F2XM1: ST(0) := 2^ST(0) - 1. */
export function f2xm1(cpu: usize): void {
  const top = physical(cpu, 0)
  if (isEmpty(cpu, top)) return underflowInto(cpu, top, 0)
  takeNone()
  Result.raised = 0
  compute(load<u32>(cpu, CONTROL), signExponentOf(cpu, top), significandOf(cpu, top))
  writeBack(cpu, top, 0)
}
