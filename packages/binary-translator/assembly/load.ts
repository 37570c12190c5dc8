// Loads and constants (SDM vol. 1, sections 8.3.1 to 8.3.4).
import { CONTROL, IE, INDEFINITE, INDEFINITE_SIGN_EXPONENT, QUIET_BIT, RC_NEAREST, RC_UP, SF, SIGN } from './layout'
import { Result, give, giveInvalid, isEmpty, isStopped, moveTop, physical, pushExact, pushResult, setRegister, settle, signExponentOf, significandOf } from './state'
import { MemoryOperand, isNan } from './classify'
import { takeF32, takeF64, takeInteger } from './memory-operand'
import { roundingOf } from './round'

/** Stack overflow is found before the operand is looked at. */
function overflows(cpu: usize): bool {
  Result.raised = 0
  if (isEmpty(cpu, physical(cpu, 7))) return false
  pushResult(cpu)
  return true
}

function pushReal(cpu: usize): void {
  if (overflows(cpu)) return
  const se = MemoryOperand.signExponent
  let significand = MemoryOperand.significand
  Result.raised = MemoryOperand.denormal
  if (isNan(se, significand) && !(significand & QUIET_BIT)) {
    Result.raised = IE
    significand |= QUIET_BIT
  }
  give(se, significand)
  pushResult(cpu)
}

/** Whether an exponent field is that of a normal number, which raises nothing. */
function isPlain(exponent: u32, limit: u32): bool {
  return ((exponent & limit) - 1) < limit - 1
}

/** FLD m32; bits of a single. */
export function fld_f32(cpu: usize, bits: u32): void {
  takeF32(bits)
  if (isPlain(bits >> 23, 0xff)) pushExact(cpu, MemoryOperand.signExponent, MemoryOperand.significand)
  else pushReal(cpu)
}

/** FLD m64; bits of a double. */
export function fld_f64(cpu: usize, bits: u64): void {
  takeF64(bits)
  if (isPlain(<u32>(bits >> 52), 0x7ff)) pushExact(cpu, MemoryOperand.signExponent, MemoryOperand.significand)
  else pushReal(cpu)
}

/** FLD m80: any bit pattern loads as it is. */
export function fld_f80(cpu: usize, significand: u64, signExponent: u32): void {
  pushExact(cpu, signExponent & 0xffff, significand)
}

/** FLD ST(i). */
export function fld_st(cpu: usize, i: u32): void {
  const from = physical(cpu, i)
  Result.raised = 0
  if (isEmpty(cpu, from)) return underflowByPush(cpu)
  give(signExponentOf(cpu, from), significandOf(cpu, from))
  pushResult(cpu)
}

/** An empty source counts as underflow (C1 = 0) even where the push would overflow too. */
function underflowByPush(cpu: usize): void {
  Result.raised = SF
  giveInvalid()
  settle(cpu)
  if (isStopped(load<u32>(cpu, CONTROL))) return
  setRegister(cpu, physical(cpu, 7), Result.signExponent, Result.significand)
  moveTop(cpu, 7)
}

/** FILD m16; the low 16 bits count. */
export function fild_i16(cpu: usize, value: i32): void {
  takeInteger(<i64><i16>value)
  pushExact(cpu, MemoryOperand.signExponent, MemoryOperand.significand)
}

/** FILD m32. */
export function fild_i32(cpu: usize, value: i32): void {
  takeInteger(<i64>value)
  pushExact(cpu, MemoryOperand.signExponent, MemoryOperand.significand)
}

/** FILD m64. */
export function fild_i64(cpu: usize, value: i64): void {
  takeInteger(value)
  pushExact(cpu, MemoryOperand.signExponent, MemoryOperand.significand)
}

/** FBLD: 18 packed decimal digits (low: 16 of them; bits 0-7 of high: two more; bit 15 of high: the sign). */
export function fbld(cpu: usize, low: u64, high: u32): void {
  let value: u64 = ((high >> 4) & 15) * 10 + (high & 15)
  for (let shift: i32 = 60; shift >= 0; shift -= 4) value = value * 10 + ((low >> shift) & 15)
  takeInteger(<i64>value)
  pushExact(cpu, MemoryOperand.signExponent | (high & SIGN), MemoryOperand.significand)
}

/** FLD1. */
export function fld1(cpu: usize): void {
  pushExact(cpu, 0x3fff, 0x8000000000000000)
}

/** FLDZ. */
export function fldz(cpu: usize): void {
  pushExact(cpu, 0, 0)
}

/** The constants are held with more bits and rounded by RC, never by PC, without a precision exception (section 8.3.8). */
function pushConstant(cpu: usize, exponent: u32, truncated: u64, nearestIsUp: bool): void {
  const rounding = roundingOf(load<u32>(cpu, CONTROL))
  const up = rounding == RC_UP || (rounding == RC_NEAREST && nearestIsUp)
  pushExact(cpu, exponent, truncated + u64(up))
}

/** FLDPI. */
export function fldpi(cpu: usize): void {
  pushConstant(cpu, 0x4000, 0xc90fdaa22168c234, true)
}

/** FLDL2E: log2(e). */
export function fldl2e(cpu: usize): void {
  pushConstant(cpu, 0x3fff, 0xb8aa3b295c17f0bb, true)
}

/** FLDL2T: log2(10). */
export function fldl2t(cpu: usize): void {
  pushConstant(cpu, 0x4000, 0xd49a784bcd1b8afe, false)
}

/** FLDLG2: log10(2). */
export function fldlg2(cpu: usize): void {
  pushConstant(cpu, 0x3ffd, 0x9a209a84fbcff798, true)
}

/** FLDLN2: ln(2). */
export function fldln2(cpu: usize): void {
  pushConstant(cpu, 0x3ffe, 0xb17217f7d1cf79ab, true)
}

function fillIfEmpty(cpu: usize, register: u32): void {
  if (isEmpty(cpu, register)) setRegister(cpu, register, INDEFINITE_SIGN_EXPONENT, INDEFINITE)
}

/** FXCH ST(i). */
export function fxch(cpu: usize, i: u32): void {
  const a = physical(cpu, 0)
  const b = physical(cpu, i)
  Result.raised = 0
  if (isEmpty(cpu, a) || isEmpty(cpu, b)) {
    Result.raised = SF
    giveInvalid()
  }
  settle(cpu)
  if (isStopped(load<u32>(cpu, CONTROL))) return
  fillIfEmpty(cpu, a)
  fillIfEmpty(cpu, b)
  const se = signExponentOf(cpu, a)
  const significand = significandOf(cpu, a)
  setRegister(cpu, a, signExponentOf(cpu, b), significandOf(cpu, b))
  setRegister(cpu, b, se, significand)
}

/** FCMOVcc: `take` tells whether the condition holds. */
export function fcmov(cpu: usize, i: u32, take: u32): void {
  const into = physical(cpu, 0)
  const from = physical(cpu, i)
  Result.raised = 0
  if (isEmpty(cpu, into) || isEmpty(cpu, from)) {
    Result.raised = SF
    giveInvalid()
    settle(cpu)
    if (isStopped(load<u32>(cpu, CONTROL))) return
    setRegister(cpu, into, INDEFINITE_SIGN_EXPONENT, INDEFINITE)
    return
  }
  if (take) setRegister(cpu, into, signExponentOf(cpu, from), significandOf(cpu, from))
}
