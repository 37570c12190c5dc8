// Comparison, classification and sign changes (SDM vol. 1, sections 8.3.5, 8.3.6; FXAM in vol. 2).
import { C0, C1, C2, C3, CONDITIONS, CONTROL, IE, MAX_EXPONENT, QUIET_BIT, SF, SIGN, INTEGER_BIT } from './layout'
import { Result, give, isEmpty, isStopped, physical, popMany, settleConditions, signExponentOf, significandOf, underflowInto, writeBack } from './state'
import { MemoryOperand, exponentOf, isDenormal, isNan, isNormal, isUnsupported, isZero, stopsOnDenormal } from './classify'
import { takeF32, takeF64, takeInteger, takeNone } from './memory-operand'

const UNORDERED: u32 = C0 | C2 | C3

/** C3, C2, C0 of comparing a with b. `quiet`: a QNaN raises nothing (FUCOM). */
function order(control: u32, aSe: u32, a: u64, bSe: u32, b: u64, quiet: bool): u32 {
  if (isNormal(aSe, a) && isNormal(bSe, b) && !MemoryOperand.denormal) return orderNumbers(aSe, a, bSe, b)
  if (isUnsupported(aSe, a) || isUnsupported(bSe, b)) {
    Result.raised |= IE
    return UNORDERED
  }
  const aNan = isNan(aSe, a)
  const bNan = isNan(bSe, b)
  if (aNan || bNan) {
    const signaling = (aNan && !(a & QUIET_BIT)) || (bNan && !(b & QUIET_BIT))
    if (signaling || !quiet) Result.raised |= IE
    return UNORDERED
  }
  stopsOnDenormal(control, isDenormal(aSe, a) || isDenormal(bSe, b))
  return orderNumbers(aSe, a, bSe, b)
}

function orderNumbers(aSe: u32, a: u64, bSe: u32, b: u64): u32 {
  if (isZero(aSe, a) && isZero(bSe, b)) return C3
  const negative = (aSe & SIGN) != 0
  if (negative != ((bSe & SIGN) != 0)) return negative ? C0 : 0
  // A denormal's exponent counts as one, like a pseudo-denormal's.
  const aExponent = max(exponentOf(aSe), 1)
  const bExponent = max(exponentOf(bSe), 1)
  if (aExponent == bExponent && a == b) return C3
  const smaller = aExponent < bExponent || (aExponent == bExponent && a < b)
  return smaller != negative ? C0 : 0
}

/** Sets the condition codes and pops unless an unmasked exception stops the instruction. */
function conclude(cpu: usize, conditions: u32, pops: u32): void {
  settleConditions(cpu, CONDITIONS, conditions)
  if (!isStopped(load<u32>(cpu, CONTROL))) popMany(cpu, pops)
}

function compareRegisters(cpu: usize, i: u32, quiet: bool): u32 {
  const a = physical(cpu, 0)
  const b = physical(cpu, i)
  Result.raised = 0
  if (isEmpty(cpu, a) || isEmpty(cpu, b)) {
    Result.raised = IE | SF
    return UNORDERED
  }
  takeNone()
  return order(
    load<u32>(cpu, CONTROL), signExponentOf(cpu, a), significandOf(cpu, a), signExponentOf(cpu, b), significandOf(cpu, b), quiet,
  )
}

function compareMemory(cpu: usize, pops: u32): void {
  const a = physical(cpu, 0)
  Result.raised = 0
  let conditions = UNORDERED
  if (isEmpty(cpu, a)) {
    Result.raised = IE | SF
  } else {
    conditions = order(
      load<u32>(cpu, CONTROL), signExponentOf(cpu, a), significandOf(cpu, a), MemoryOperand.signExponent, MemoryOperand.significand, false,
    )
  }
  conclude(cpu, conditions, pops)
}

/** FCOM ST(i), FCOMP, FCOMPP: pops 0, 1, 2. */
export function fcom(cpu: usize, i: u32, pops: u32): void {
  conclude(cpu, compareRegisters(cpu, i, false), pops)
}

/** FUCOM ST(i), FUCOMP, FUCOMPP. */
export function fucom(cpu: usize, i: u32, pops: u32): void {
  conclude(cpu, compareRegisters(cpu, i, true), pops)
}

/** FCOM m32, FCOMP m32; bits of a single. */
export function fcom_f32(cpu: usize, m: u32, pops: u32): void {
  takeF32(m)
  compareMemory(cpu, pops)
}

/** FCOM m64, FCOMP m64; bits of a double. */
export function fcom_f64(cpu: usize, m: u64, pops: u32): void {
  takeF64(m)
  compareMemory(cpu, pops)
}

/** FICOM m16, FICOMP m16; the low 16 bits count. */
export function ficom_i16(cpu: usize, m: i32, pops: u32): void {
  takeInteger(<i64><i16>m)
  compareMemory(cpu, pops)
}

/** FICOM m32, FICOMP m32. */
export function ficom_i32(cpu: usize, m: i32, pops: u32): void {
  takeInteger(<i64>m)
  compareMemory(cpu, pops)
}

function compareToFlags(cpu: usize, i: u32, pops: u32, quiet: bool): i32 {
  const conditions = compareRegisters(cpu, i, quiet)
  // C1 falls on a stack fault only, and EFLAGS are written even when IE is unmasked: so the CPUs do.
  settleConditions(cpu, Result.raised & SF ? C1 : 0, 0)
  if (!isStopped(load<u32>(cpu, CONTROL))) popMany(cpu, pops)
  // C3, C2, C0 lie eight bits above ZF, PF, CF.
  return conditions >> 8
}

/** FCOMI, FCOMIP: ZF, PF and CF in EFLAGS' places, also after an unmasked exception. */
export function fcomi(cpu: usize, i: u32, pops: u32): i32 {
  return compareToFlags(cpu, i, pops, false)
}

/** FUCOMI, FUCOMIP: as `fcomi`. */
export function fucomi(cpu: usize, i: u32, pops: u32): i32 {
  return compareToFlags(cpu, i, pops, true)
}

/** FTST: compares ST(0) with zero. */
export function ftst(cpu: usize): void {
  takeInteger(0)
  compareMemory(cpu, 0)
}

function classOf(se: u32, significand: u64): u32 {
  if (isUnsupported(se, significand)) return 0
  if (exponentOf(se) == MAX_EXPONENT) return significand == INTEGER_BIT ? C2 | C0 : C0
  if (exponentOf(se) != 0) return C2
  return significand == 0 ? C3 : C3 | C2
}

/** FXAM: the class in C3, C2, C0 and the sign in C1, of an empty register too. */
export function fxam(cpu: usize): void {
  const top = physical(cpu, 0)
  const se = signExponentOf(cpu, top)
  const kind = isEmpty(cpu, top) ? C3 | C0 : classOf(se, significandOf(cpu, top))
  Result.raised = 0
  settleConditions(cpu, CONDITIONS, kind | (se & SIGN ? C1 : 0))
}

function setSign(cpu: usize, keep: u32, flip: u32): void {
  const top = physical(cpu, 0)
  if (isEmpty(cpu, top)) return underflowInto(cpu, top, 0)
  Result.raised = 0
  give((signExponentOf(cpu, top) & keep) ^ flip, significandOf(cpu, top))
  writeBack(cpu, top, 0)
}

/** FCHS: the sign of any value at all turns. */
export function fchs(cpu: usize): void {
  setSign(cpu, 0xffff, SIGN)
}

/** FABS. */
export function fabs(cpu: usize): void {
  setSign(cpu, MAX_EXPONENT, 0)
}
