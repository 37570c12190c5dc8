// FADD FSUB FSUBR FMUL FDIV FDIVR in all their forms, FSQRT (SDM vol. 1, section 8.3.3; each instruction's page in vol. 2).
import { BIAS, CONTROL, INTEGER_BIT, SIGN, TAGS, TOP_ALONE } from './layout'
import { Result, isEmpty, physical, signExponentOf, significandOf, underflowInto, writeBack } from './state'
import { MemoryOperand } from './classify'
import { takeF32, takeF64, takeInteger, takeNone } from './memory-operand'
import { quickAdd, quickDivide, quickMultiply, quickRoot } from './quick'
import { add, divide, multiply, squareRoot, subtract } from './arithmetic'

const ADD: u32 = 0
const MULTIPLY: u32 = 1
const SUBTRACT: u32 = 2
const SUBTRACT_REVERSED: u32 = 3
const DIVIDE: u32 = 4
const DIVIDE_REVERSED: u32 = 5

function compute(operation: u32, control: u32, aSe: u32, a: u64, bSe: u32, b: u64): void {
  switch (operation) {
    case ADD: return add(control, aSe, a, bSe, b)
    case MULTIPLY: return multiply(control, aSe, a, bSe, b)
    case SUBTRACT: return subtract(control, aSe, a, bSe, b)
    case SUBTRACT_REVERSED: return subtract(control, bSe, b, aSe, a)
    case DIVIDE: return divide(control, aSe, a, bSe, b)
    default: return divide(control, bSe, b, aSe, a)
  }
}

/** The short way, if there is one. */
// @ts-ignore: decorator
@inline
function quick(cpu: usize, operation: u32, into: u32, aSe: u32, a: u64, bSe: u32, b: u64, pop: u32): bool {
  switch (operation) {
    case ADD: return quickAdd(cpu, into, aSe, a, bSe, b, pop)
    case MULTIPLY: return quickMultiply(cpu, into, aSe, a, bSe, b, pop)
    // Of normal numbers: a - b is a + -b.
    case SUBTRACT: return quickAdd(cpu, into, aSe, a, bSe ^ SIGN, b, pop)
    case SUBTRACT_REVERSED: return quickAdd(cpu, into, aSe ^ SIGN, a, bSe, b, pop)
    case DIVIDE: return quickDivide(cpu, into, aSe, a, bSe, b, pop)
    default: return quickDivide(cpu, into, bSe, b, aSe, a, pop)
  }
}

// @ts-ignore: decorator
@inline
function registers(cpu: usize, operation: u32, dst: u32, src: u32, pop: u32): void {
  const top = load<u32>(cpu, TOP_ALONE) >> 11
  const into = (top + dst) & 7
  const from = (top + src) & 7
  const tags = load<u32>(cpu, TAGS)
  // Both bits of an empty register's tag are set.
  const empty = tags & (tags >> 1)
  if (!(((empty >> (into << 1)) | (empty >> (from << 1))) & 1)) {
    const aSe = signExponentOf(cpu, into)
    const a = significandOf(cpu, into)
    if (quick(cpu, operation, into, aSe, a, signExponentOf(cpu, from), significandOf(cpu, from), pop)) return
  }
  registersLongWay(cpu, operation, into, from, pop)
}

function registersLongWay(cpu: usize, operation: u32, into: u32, from: u32, pop: u32): void {
  if (isEmpty(cpu, into) || isEmpty(cpu, from)) return underflowInto(cpu, into, pop)
  takeNone()
  Result.raised = 0
  compute(
    operation, load<u32>(cpu, CONTROL),
    signExponentOf(cpu, into), significandOf(cpu, into), signExponentOf(cpu, from), significandOf(cpu, from),
  )
  writeBack(cpu, into, pop)
}

/** ST(0) and the memory operand taken before. */
function withMemory(cpu: usize, operation: u32): void {
  const into = physical(cpu, 0)
  if (isEmpty(cpu, into)) return underflowInto(cpu, into, 0)
  Result.raised = 0
  compute(
    operation, load<u32>(cpu, CONTROL),
    signExponentOf(cpu, into), significandOf(cpu, into), MemoryOperand.signExponent, MemoryOperand.significand,
  )
  writeBack(cpu, into, 0)
}

/** ST(0) and a normal memory operand; false: not done. */
// @ts-ignore: decorator
@inline
function quickWith(cpu: usize, operation: u32, se: u32, significand: u64): bool {
  const into = physical(cpu, 0)
  if (isEmpty(cpu, into)) return false
  return quick(cpu, operation, into, signExponentOf(cpu, into), significandOf(cpu, into), se, significand, 0)
}

// @ts-ignore: decorator
@inline
function withF64(cpu: usize, operation: u32, m: u64): void {
  const exponent = <u32>(m >> 52) & 0x7ff
  const se = (<u32>(m >> 48) & SIGN) | (exponent + (BIAS - 0x3ff))
  if (<u32>(exponent - 1) < 0x7fe && quickWith(cpu, operation, se, INTEGER_BIT | (m << 11))) return
  takeF64(m)
  withMemory(cpu, operation)
}

// @ts-ignore: decorator
@inline
function withF32(cpu: usize, operation: u32, m: u32): void {
  const exponent = (m >> 23) & 0xff
  const se = ((m >> 16) & SIGN) | (exponent + (BIAS - 0x7f))
  if (<u32>(exponent - 1) < 0xfe && quickWith(cpu, operation, se, INTEGER_BIT | (<u64>m << 40))) return
  takeF32(m)
  withMemory(cpu, operation)
}

/** ST(dst) := ST(dst) + ST(src); pops `pop` times (FADD, FADDP). */
export function fadd(cpu: usize, dst: u32, src: u32, pop: u32): void {
  registers(cpu, ADD, dst, src, pop)
}

/** ST(dst) := ST(dst) * ST(src) (FMUL, FMULP). */
export function fmul(cpu: usize, dst: u32, src: u32, pop: u32): void {
  registers(cpu, MULTIPLY, dst, src, pop)
}

/** ST(dst) := ST(dst) - ST(src) (FSUB, FSUBP). */
export function fsub(cpu: usize, dst: u32, src: u32, pop: u32): void {
  registers(cpu, SUBTRACT, dst, src, pop)
}

/** ST(dst) := ST(src) - ST(dst) (FSUBR, FSUBRP). */
export function fsubr(cpu: usize, dst: u32, src: u32, pop: u32): void {
  registers(cpu, SUBTRACT_REVERSED, dst, src, pop)
}

/** ST(dst) := ST(dst) / ST(src) (FDIV, FDIVP). */
export function fdiv(cpu: usize, dst: u32, src: u32, pop: u32): void {
  registers(cpu, DIVIDE, dst, src, pop)
}

/** ST(dst) := ST(src) / ST(dst) (FDIVR, FDIVRP). */
export function fdivr(cpu: usize, dst: u32, src: u32, pop: u32): void {
  registers(cpu, DIVIDE_REVERSED, dst, src, pop)
}

/** ST(0) := ST(0) + m; m: bits of a single. */
export function fadd_f32(cpu: usize, m: u32): void {
  withF32(cpu, ADD, m)
}

/** ST(0) := ST(0) * m; m: bits of a single. */
export function fmul_f32(cpu: usize, m: u32): void {
  withF32(cpu, MULTIPLY, m)
}

/** ST(0) := ST(0) - m; m: bits of a single. */
export function fsub_f32(cpu: usize, m: u32): void {
  withF32(cpu, SUBTRACT, m)
}

/** ST(0) := m - ST(0); m: bits of a single. */
export function fsubr_f32(cpu: usize, m: u32): void {
  withF32(cpu, SUBTRACT_REVERSED, m)
}

/** ST(0) := ST(0) / m; m: bits of a single. */
export function fdiv_f32(cpu: usize, m: u32): void {
  withF32(cpu, DIVIDE, m)
}

/** ST(0) := m / ST(0); m: bits of a single. */
export function fdivr_f32(cpu: usize, m: u32): void {
  withF32(cpu, DIVIDE_REVERSED, m)
}

/** ST(0) := ST(0) + m; m: bits of a double. */
export function fadd_f64(cpu: usize, m: u64): void {
  withF64(cpu, ADD, m)
}

/** ST(0) := ST(0) * m; m: bits of a double. */
export function fmul_f64(cpu: usize, m: u64): void {
  withF64(cpu, MULTIPLY, m)
}

/** ST(0) := ST(0) - m; m: bits of a double. */
export function fsub_f64(cpu: usize, m: u64): void {
  withF64(cpu, SUBTRACT, m)
}

/** ST(0) := m - ST(0); m: bits of a double. */
export function fsubr_f64(cpu: usize, m: u64): void {
  withF64(cpu, SUBTRACT_REVERSED, m)
}

/** ST(0) := ST(0) / m; m: bits of a double. */
export function fdiv_f64(cpu: usize, m: u64): void {
  withF64(cpu, DIVIDE, m)
}

/** ST(0) := m / ST(0); m: bits of a double. */
export function fdivr_f64(cpu: usize, m: u64): void {
  withF64(cpu, DIVIDE_REVERSED, m)
}

/** ST(0) := ST(0) + m; m: a word, only its low 16 bits count. */
export function fiadd_i16(cpu: usize, m: i32): void {
  takeInteger(<i64><i16>m)
  withMemory(cpu, ADD)
}

/** ST(0) := ST(0) * m; m: a word, only its low 16 bits count. */
export function fimul_i16(cpu: usize, m: i32): void {
  takeInteger(<i64><i16>m)
  withMemory(cpu, MULTIPLY)
}

/** ST(0) := ST(0) - m; m: a word, only its low 16 bits count. */
export function fisub_i16(cpu: usize, m: i32): void {
  takeInteger(<i64><i16>m)
  withMemory(cpu, SUBTRACT)
}

/** ST(0) := m - ST(0); m: a word, only its low 16 bits count. */
export function fisubr_i16(cpu: usize, m: i32): void {
  takeInteger(<i64><i16>m)
  withMemory(cpu, SUBTRACT_REVERSED)
}

/** ST(0) := ST(0) / m; m: a word, only its low 16 bits count. */
export function fidiv_i16(cpu: usize, m: i32): void {
  takeInteger(<i64><i16>m)
  withMemory(cpu, DIVIDE)
}

/** ST(0) := m / ST(0); m: a word, only its low 16 bits count. */
export function fidivr_i16(cpu: usize, m: i32): void {
  takeInteger(<i64><i16>m)
  withMemory(cpu, DIVIDE_REVERSED)
}

/** ST(0) := ST(0) + m; m: a doubleword. */
export function fiadd_i32(cpu: usize, m: i32): void {
  takeInteger(<i64>m)
  withMemory(cpu, ADD)
}

/** ST(0) := ST(0) * m; m: a doubleword. */
export function fimul_i32(cpu: usize, m: i32): void {
  takeInteger(<i64>m)
  withMemory(cpu, MULTIPLY)
}

/** ST(0) := ST(0) - m; m: a doubleword. */
export function fisub_i32(cpu: usize, m: i32): void {
  takeInteger(<i64>m)
  withMemory(cpu, SUBTRACT)
}

/** ST(0) := m - ST(0); m: a doubleword. */
export function fisubr_i32(cpu: usize, m: i32): void {
  takeInteger(<i64>m)
  withMemory(cpu, SUBTRACT_REVERSED)
}

/** ST(0) := ST(0) / m; m: a doubleword. */
export function fidiv_i32(cpu: usize, m: i32): void {
  takeInteger(<i64>m)
  withMemory(cpu, DIVIDE)
}

/** ST(0) := m / ST(0); m: a doubleword. */
export function fidivr_i32(cpu: usize, m: i32): void {
  takeInteger(<i64>m)
  withMemory(cpu, DIVIDE_REVERSED)
}
/** ST(0) := square root of ST(0). */
export function fsqrt(cpu: usize): void {
  const into = physical(cpu, 0)
  if (isEmpty(cpu, into)) return underflowInto(cpu, into, 0)
  if (quickRoot(cpu, into, signExponentOf(cpu, into), significandOf(cpu, into))) return
  takeNone()
  Result.raised = 0
  squareRoot(load<u32>(cpu, CONTROL), signExponentOf(cpu, into), significandOf(cpu, into))
  writeBack(cpu, into, 0)
}
