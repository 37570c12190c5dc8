// FRNDINT, FSCALE, FXTRACT (SDM vol. 1, section 8.3.3; each instruction's page in vol. 2). Precision control has no say here.
import { BIAS, C1, CONTROL, IE, INTEGER_BIT, PE, SF, SIGN, ZE } from './layout'
import {
  Result, give, giveInvalid, isEmpty, isStopped, moveTop, physical, setRegister, settle, signExponentOf, significandOf, underflowInto, writeBack,
} from './state'
import {
  answersSpecial, answersSpecials, exponentOf, isDenormal, isInfinity, isZero, normalExponent, normalSignificand, stopsOnDenormal,
} from './classify'
import { takeNone } from './memory-operand'
import { roundToRegister, roundingOf, roundsUp } from './round'
import { Wide, shiftRightSticky } from './wide'

function roundToInteger(control: u32, se: u32, significand: u64): void {
  if (answersSpecial(se, significand)) return
  if (stopsOnDenormal(control, isDenormal(se, significand))) return
  const shift = BIAS + 63 - <i32>exponentOf(se)
  if (shift <= 0 || isZero(se, significand)) return give(se, significand)
  const sign = se & SIGN
  const whole = shiftRightSticky(significand, 0, shift)
  const fraction = Wide.low
  if (fraction == 0) return give(se, significand)
  const up = roundsUp(roundingOf(control), sign != 0, (whole & 1) != 0, fraction)
  Result.raised |= up ? PE | C1 : PE
  const rounded = whole + u64(up)
  if (rounded == 0) return give(sign, 0)
  const zeros = <u32>clz(rounded)
  give(sign | (BIAS + 63 - zeros), rounded << zeros)
}

/** FRNDINT: ST(0) rounded to an integer by RC. */
export function frndint(cpu: usize): void {
  const top = physical(cpu, 0)
  if (isEmpty(cpu, top)) return underflowInto(cpu, top, 0)
  takeNone()
  Result.raised = 0
  roundToInteger(load<u32>(cpu, CONTROL), signExponentOf(cpu, top), significandOf(cpu, top))
  writeBack(cpu, top, 0)
}

/** The integer part of a finite number, held within what can matter to an exponent. */
function scaleCount(se: u32, significand: u64): i32 {
  const exponent = <i32>exponentOf(se) - BIAS
  if (exponent < 0) return 0
  const magnitude = exponent > 16 ? 0x20000 : <i32>(significand >> (63 - exponent))
  return se & SIGN ? -magnitude : magnitude
}

function scale(control: u32, se: u32, significand: u64, bySe: u32, by: u64): void {
  if (answersSpecials(se, significand, bySe, by)) return
  const byInfinity = isInfinity(bySe, by)
  const down = (bySe & SIGN) != 0
  if (byInfinity && (down ? isInfinity(se, significand) : isZero(se, significand))) return giveInvalid()
  if (stopsOnDenormal(control, isDenormal(se, significand) || isDenormal(bySe, by))) return
  if (isInfinity(se, significand) || isZero(se, significand)) return give(se, significand)
  const sign = se & SIGN
  if (byInfinity) return down ? give(sign, 0) : give(sign | 0x7fff, INTEGER_BIT)
  roundToRegister(control, 64, sign, normalExponent(se, significand) + scaleCount(bySe, by), normalSignificand(significand), 0)
}

/** FSCALE: ST(0) := ST(0) * 2^truncate(ST(1)). */
export function fscale(cpu: usize): void {
  const top = physical(cpu, 0)
  const by = physical(cpu, 1)
  if (isEmpty(cpu, top) || isEmpty(cpu, by)) return underflowInto(cpu, top, 0)
  takeNone()
  Result.raised = 0
  scale(load<u32>(cpu, CONTROL), signExponentOf(cpu, top), significandOf(cpu, top), signExponentOf(cpu, by), significandOf(cpu, by))
  writeBack(cpu, top, 0)
}

/** The second value of an instruction that replaces ST(0) and pushes another; the first is in Result. */
export class Pushed {
  static signExponent: u32 = 0
  static significand: u64 = 0
}

/** Both results are the same: a NaN, an indefinite. */
export function pushSame(): void {
  Pushed.signExponent = Result.signExponent
  Pushed.significand = Result.significand
}

function giveExponent(exponent: i32): void {
  if (exponent == 0) return give(0, 0)
  const magnitude = <u64>abs(exponent)
  const zeros = <u32>clz(magnitude)
  give((exponent < 0 ? SIGN : 0) | (BIAS + 63 - zeros), magnitude << zeros)
}

function extract(control: u32, se: u32, significand: u64): void {
  if (answersSpecial(se, significand)) return pushSame()
  Pushed.signExponent = se
  Pushed.significand = significand
  if (isInfinity(se, significand)) return give(0x7fff, INTEGER_BIT)
  if (isZero(se, significand)) {
    Result.raised |= ZE
    return give(SIGN | 0x7fff, INTEGER_BIT)
  }
  if (stopsOnDenormal(control, isDenormal(se, significand))) return
  Pushed.signExponent = (se & SIGN) | BIAS
  Pushed.significand = normalSignificand(significand)
  giveExponent(normalExponent(se, significand) - BIAS)
}

/** A stack fault of an instruction that replaces ST(0) and pushes; true when there is one. */
export function faultsOnPush(cpu: usize): bool {
  Result.raised = 0
  if (isEmpty(cpu, physical(cpu, 0))) Result.raised = SF | IE
  else if (!isEmpty(cpu, physical(cpu, 7))) Result.raised = SF | IE | C1
  else return false
  giveInvalid()
  pushSame()
  return true
}

/** Writes Result to ST(0) and pushes Pushed, unless an unmasked exception forbids it. */
export function writeBackAndPush(cpu: usize): void {
  settle(cpu)
  if (isStopped(load<u32>(cpu, CONTROL))) return
  setRegister(cpu, physical(cpu, 0), Result.signExponent, Result.significand)
  setRegister(cpu, physical(cpu, 7), Pushed.signExponent, Pushed.significand)
  moveTop(cpu, 7)
}

/** FXTRACT: ST(0) becomes the exponent, and the significand is pushed. */
export function fxtract(cpu: usize): void {
  if (!faultsOnPush(cpu)) {
    const top = physical(cpu, 0)
    takeNone()
    extract(load<u32>(cpu, CONTROL), signExponentOf(cpu, top), significandOf(cpu, top))
  }
  writeBackAndPush(cpu)
}
