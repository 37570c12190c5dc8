// Stores in two steps, so that a memory fault leaves no trace (SDM vol. 1, sections 8.3.1, 8.3.2, 8.5.4):
// `store_*` computes the value and stages the status word; after the memory write `commit_store` makes it visible and pops.
// SUPPRESSED tells the caller to write nothing because an unmasked exception forbids it; `commit_store` then pops nothing.
import {
  BIAS, C1, CONTROL, IE, INTEGER_BIT, OE, PE, QUIET_BIT, SF, SIGN, STAGED_HIGH, STAGED_LOW, STAGED_STATUS, STATUS, SUPPRESSED, UE,
} from './layout'
import { Result, giveInvalid, isEmpty, physical, popMany, setRegister, signExponentOf, significandOf, summarize, isStopped, settle } from './state'
import { exponentOf, isNan, isUnsupported, isZero, normalExponent, normalSignificand } from './classify'
import { round, roundingOf, roundsUp } from './round'
import { Wide, shiftRightSticky } from './wide'

/** Stages the status word; `stoppers` are the exceptions which, unmasked, keep the value from memory. */
function stage(cpu: usize, stoppers: u32): void {
  const control = load<u32>(cpu, CONTROL)
  const status = (load<u32>(cpu, STATUS) & ~C1) | Result.raised
  store<u32>(cpu, summarize(status, control), STAGED_STATUS)
  store<u32>(cpu, u32((Result.raised & ~control & stoppers) != 0), SUPPRESSED)
}

/** After the memory write (or instead of it when suppressed): the status becomes visible, and `pop` registers are popped. */
export function commit_store(cpu: usize, pop: u32): void {
  store<u32>(cpu, load<u32>(cpu, STAGED_STATUS), STATUS)
  if (!load<u32>(cpu, SUPPRESSED)) popMany(cpu, pop)
}

/** Answers an empty ST(0). */
function underflows(cpu: usize): bool {
  Result.raised = 0
  if (!isEmpty(cpu, physical(cpu, 0))) return false
  Result.raised = IE | SF
  stage(cpu, IE)
  return true
}

/** ST(0) as (sign | exponent of the format, 64-bit aligned significand) in Result. */
function convertReal(cpu: usize, precision: u32, limit: i32): void {
  const top = physical(cpu, 0)
  const se = signExponentOf(cpu, top)
  const significand = significandOf(cpu, top)
  const sign = se & SIGN
  if (isUnsupported(se, significand)) {
    giveInvalid()
    Result.signExponent = SIGN | limit
  } else if (exponentOf(se) == 0x7fff) {
    Result.signExponent = sign | limit
    Result.significand = significand
    if (isNan(se, significand)) {
      if (!(significand & QUIET_BIT)) Result.raised |= IE
      Result.significand |= QUIET_BIT
    }
  } else if (significand == 0) {
    Result.signExponent = sign
    Result.significand = 0
  } else {
    const exponent = normalExponent(se, significand) - BIAS + (limit >> 1)
    round(load<u32>(cpu, CONTROL), precision, limit, sign, exponent, normalSignificand(significand), 0)
  }
  stage(cpu, IE | OE | UE)
}

/** FST m32: the bits to store. */
export function store_f32(cpu: usize): u32 {
  if (underflows(cpu)) return 0xffc00000
  convertReal(cpu, 24, 0xff)
  return ((Result.signExponent & SIGN) << 16) | ((Result.signExponent & 0xff) << 23) | (<u32>(Result.significand >> 40) & 0x7fffff)
}

/** FST m64: the bits to store. */
export function store_f64(cpu: usize): u64 {
  if (underflows(cpu)) return 0xfff8000000000000
  convertReal(cpu, 53, 0x7ff)
  const high = ((Result.signExponent & SIGN) << 16) | ((Result.signExponent & 0x7ff) << 20)
  return (<u64>high << 32) | ((Result.significand >> 11) & 0xfffffffffffff)
}

function stageTenBytes(cpu: usize, low: u64, high: u32): void {
  store<u64>(cpu, low, STAGED_LOW)
  store<u16>(cpu, <u16>high, STAGED_HIGH)
}

/** FSTP m80: the ten bytes lie in the scratch area at 0x4b0. */
export function store_f80(cpu: usize): void {
  if (underflows(cpu)) return stageTenBytes(cpu, 0xc000000000000000, 0xffff)
  const top = physical(cpu, 0)
  stageTenBytes(cpu, significandOf(cpu, top), signExponentOf(cpu, top))
  stage(cpu, 0)
}

/** FST ST(i), FSTP ST(i). */
export function store_st(cpu: usize, i: u32, pop: u32): void {
  const from = physical(cpu, 0)
  Result.raised = 0
  if (isEmpty(cpu, from)) {
    Result.raised = SF
    giveInvalid()
  } else {
    Result.signExponent = signExponentOf(cpu, from)
    Result.significand = significandOf(cpu, from)
  }
  settle(cpu)
  if (isStopped(load<u32>(cpu, CONTROL))) return
  setRegister(cpu, physical(cpu, i), Result.signExponent, Result.significand)
  popMany(cpu, pop)
}

/** FSTPNCE: FSTP to a register, which does not mind an empty ST(0): it is popped, and nothing stored. */
export function fstpnce(cpu: usize, i: u32): void {
  if (!isEmpty(cpu, physical(cpu, 0))) return store_st(cpu, i, 1)
  Result.raised = 0
  settle(cpu)
  popMany(cpu, 1)
}

/** |ST(0)| rounded to an integer; raises PE and C1. Beyond 64 bits (or not a number): IE and all ones. */
function integerMagnitude(se: u32, significand: u64, rounding: u32): u64 {
  if (isZero(se, significand)) return 0
  const shift = BIAS + 63 - <i32>exponentOf(se)
  if (isUnsupported(se, significand) || shift < 0) {
    Result.raised = IE
    return 0xffffffffffffffff
  }
  const whole = shiftRightSticky(significand, 0, shift)
  const fraction = Wide.low
  if (fraction == 0) return whole
  const up = roundsUp(rounding, (se & SIGN) != 0, (whole & 1) != 0, fraction)
  Result.raised = up ? PE | C1 : PE
  return whole + u64(up)
}

/** ST(0) as a signed integer of at most `largest` (2^(n-1) - 1), or the integer indefinite. */
function convertInteger(cpu: usize, largest: u64, rounding: u32): i64 {
  if (underflows(cpu)) return ~(<i64>largest)
  const top = physical(cpu, 0)
  const se = signExponentOf(cpu, top)
  const magnitude = integerMagnitude(se, significandOf(cpu, top), rounding)
  const negative = (se & SIGN) != 0
  // 2^64 - 1 rounded up wraps to zero; it is out of range in every format.
  const wrapped = magnitude == 0 && (Result.raised & C1) != 0
  if (magnitude > largest + u64(negative) || wrapped) Result.raised = IE
  stage(cpu, IE)
  if (Result.raised & IE) return ~(<i64>largest)
  return negative ? 0 - <i64>magnitude : <i64>magnitude
}

function rounding(cpu: usize): u32 {
  return roundingOf(load<u32>(cpu, CONTROL))
}

/** FIST m16: the value to store, sign-extended. */
export function store_i16(cpu: usize): i32 {
  return <i32>convertInteger(cpu, 0x7fff, rounding(cpu))
}

/** FIST m32. */
export function store_i32(cpu: usize): i32 {
  return <i32>convertInteger(cpu, 0x7fffffff, rounding(cpu))
}

/** FISTP m64. */
export function store_i64(cpu: usize): i64 {
  return convertInteger(cpu, 0x7fffffffffffffff, rounding(cpu))
}

/** FISTTP m16: rounds toward zero whatever RC says. */
export function truncate_i16(cpu: usize): i32 {
  return <i32>convertInteger(cpu, 0x7fff, 3)
}

/** FISTTP m32. */
export function truncate_i32(cpu: usize): i32 {
  return <i32>convertInteger(cpu, 0x7fffffff, 3)
}

/** FISTTP m64. */
export function truncate_i64(cpu: usize): i64 {
  return convertInteger(cpu, 0x7fffffffffffffff, 3)
}

/** FBSTP: the ten bytes lie in the scratch area at 0x4b0. */
export function store_bcd(cpu: usize): void {
  if (underflows(cpu)) return stageTenBytes(cpu, INTEGER_BIT | QUIET_BIT, 0xffff)
  const top = physical(cpu, 0)
  const se = signExponentOf(cpu, top)
  let magnitude = integerMagnitude(se, significandOf(cpu, top), rounding(cpu))
  if (magnitude > 999999999999999999 || (magnitude == 0 && <i32>exponentOf(se) > BIAS + 62)) Result.raised = IE
  stage(cpu, IE)
  if (Result.raised & IE) return stageTenBytes(cpu, INTEGER_BIT | QUIET_BIT, 0xffff)
  let low: u64 = 0
  for (let shift: u64 = 0; shift < 64; shift += 4) {
    low |= (magnitude % 10) << shift
    magnitude /= 10
  }
  stageTenBytes(cpu, low, (se & SIGN) | <u32>((magnitude / 10) << 4) | <u32>(magnitude % 10))
}
