// The register stack, tags and the status word (SDM vol. 1, sections 8.1.2, 8.1.3, 8.1.7, 8.5.1.1).
import {
  C1, CONTROL, ES_AND_BUSY, EXCEPTIONS, IE, INDEFINITE, INDEFINITE_SIGN_EXPONENT, PRE_COMPUTATION, REGISTERS, SF,
  SIGN_EXPONENT, STATUS, TAGS, TOP, TOP_ALONE,
} from './layout'

/** What the operation in progress has found: the value, and the status bits to set. */
export class Result {
  static signExponent: u32 = 0
  static significand: u64 = 0
  /** Exception flags, SF and C1. */
  static raised: u32 = 0
}

export function give(signExponent: u32, significand: u64): void {
  Result.signExponent = signExponent
  Result.significand = significand
}

/** The masked response to an invalid operation. */
export function giveInvalid(): void {
  Result.raised |= IE
  give(INDEFINITE_SIGN_EXPONENT, INDEFINITE)
}

export function physical(cpu: usize, i: u32): u32 {
  return ((load<u32>(cpu, TOP_ALONE) >> 11) + i) & 7
}

export function isEmpty(cpu: usize, register: u32): bool {
  return ((load<u32>(cpu, TAGS) >> (register << 1)) & 3) == 3
}

export function significandOf(cpu: usize, register: u32): u64 {
  return load<u64>(cpu + (register << 4), REGISTERS)
}

export function signExponentOf(cpu: usize, register: u32): u32 {
  return load<u16>(cpu + (register << 4), SIGN_EXPONENT)
}

export function setRegister(cpu: usize, register: u32, signExponent: u32, significand: u64): void {
  const at = cpu + (register << 4)
  store<u64>(at, significand, REGISTERS)
  store<u16>(at, <u16>signExponent, SIGN_EXPONENT)
  store<u32>(cpu, load<u32>(cpu, TAGS) & ~(<u32>3 << (register << 1)), TAGS)
}

export function setEmpty(cpu: usize, register: u32): void {
  store<u32>(cpu, load<u32>(cpu, TAGS) | (<u32>3 << (register << 1)), TAGS)
}

/** ES and B follow from the flags and the masks (sections 8.1.3.3 and 8.1.3.4). */
export function summarize(status: u32, control: u32): u32 {
  const unmasked = status & ~control & EXCEPTIONS
  return (status & ~ES_AND_BUSY) | (unmasked ? ES_AND_BUSY : 0)
}

/** Writes the status word with the bits that the operation raised; C1 is cleared unless raised. */
export function settle(cpu: usize): void {
  const status = (load<u32>(cpu, STATUS) & ~C1) | Result.raised
  store<u32>(cpu, summarize(status, load<u32>(cpu, CONTROL)), STATUS)
}

/** Like `settle`, with C0, C2 and C3 replaced too. */
export function settleConditions(cpu: usize, cleared: u32, conditions: u32): void {
  const status = (load<u32>(cpu, STATUS) & ~cleared) | conditions | Result.raised
  store<u32>(cpu, summarize(status, load<u32>(cpu, CONTROL)), STATUS)
}

/** Whether an unmasked exception found before computing forbids to write results. */
export function isStopped(control: u32): bool {
  return (Result.raised & ~control & PRE_COMPUTATION) != 0
}

export function moveTop(cpu: usize, by: u32): void {
  const top = (load<u32>(cpu, TOP_ALONE) + (by << 11)) & TOP
  store<u32>(cpu, top, TOP_ALONE)
  store<u32>(cpu, (load<u32>(cpu, STATUS) & ~TOP) | top, STATUS)
}

/** Marks ST(0) empty and moves TOP. */
export function pop(cpu: usize): void {
  setEmpty(cpu, physical(cpu, 0))
  moveTop(cpu, 1)
}

export function popMany(cpu: usize, count: u32): void {
  for (let i: u32 = 0; i < count; i++) pop(cpu)
}

/** Ends an arithmetic instruction whose destination is a register; pops at most one. */
export function writeBack(cpu: usize, register: u32, pop: u32): void {
  const control = load<u32>(cpu, CONTROL)
  const raised = Result.raised
  let status = summarize((load<u32>(cpu, STATUS) & ~C1) | raised, control)
  if (!(raised & ~control & PRE_COMPUTATION)) {
    const at = cpu + (register << 4)
    store<u64>(at, Result.significand, REGISTERS)
    store<u16>(at, <u16>Result.signExponent, SIGN_EXPONENT)
    let tags = load<u32>(cpu, TAGS) & ~(<u32>3 << (register << 1))
    if (pop) {
      const top = load<u32>(cpu, TOP_ALONE)
      const after = (top + 0x800) & TOP
      tags |= <u32>3 << (top >> 10)
      store<u32>(cpu, after, TOP_ALONE)
      status = (status & ~TOP) | after
    }
    store<u32>(cpu, tags, TAGS)
  }
  store<u32>(cpu, status, STATUS)
}

/** Stack underflow of an instruction that writes `register`: C1 = 0 tells it from overflow. */
export function underflowInto(cpu: usize, register: u32, pops: u32): void {
  Result.raised = SF
  giveInvalid()
  writeBack(cpu, register, pops)
}

/** Pushes a value that no exception came with. */
export function pushExact(cpu: usize, signExponent: u32, significand: u64): void {
  const register = physical(cpu, 7)
  const tags = load<u32>(cpu, TAGS)
  const empty = <u32>3 << (register << 1)
  if ((tags & empty) != empty) {
    Result.raised = 0
    return pushResult(cpu)
  }
  const at = cpu + (register << 4)
  store<u64>(at, significand, REGISTERS)
  store<u16>(at, <u16>signExponent, SIGN_EXPONENT)
  store<u32>(cpu, tags & ~empty, TAGS)
  store<u32>(cpu, register << 11, TOP_ALONE)
  store<u32>(cpu, (load<u32>(cpu, STATUS) & ~(TOP | C1)) | (register << 11), STATUS)
}

/** Pushes Result, or answers stack overflow with C1 = 1. An unmasked denormal operand is pushed all the same. */
export function pushResult(cpu: usize): void {
  const register = physical(cpu, 7)
  if (!isEmpty(cpu, register)) {
    Result.raised = SF | C1
    giveInvalid()
  }
  settle(cpu)
  if (Result.raised & ~load<u32>(cpu, CONTROL) & IE) return
  setRegister(cpu, register, Result.signExponent, Result.significand)
  moveTop(cpu, 7)
}
