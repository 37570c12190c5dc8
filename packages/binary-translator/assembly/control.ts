// Control, status and stack management (SDM vol. 1, sections 8.1.3 to 8.1.7, 8.3.11).
import { C1, CODE_OFFSET, CODE_SELECTOR, CONTROL, DATA_OFFSET, DATA_SELECTOR, ES_AND_BUSY, EXCEPTIONS, OPCODE, SF, STATUS, TAGS, TOP_ALONE } from './layout'
import { moveTop, physical, pop as popOne, setEmpty, summarize } from './state'

/** FNINIT. */
export function fninit(cpu: usize): void {
  store<u32>(cpu, 0x37f, CONTROL)
  store<u32>(cpu, 0, STATUS)
  store<u32>(cpu, 0, TOP_ALONE)
  store<u32>(cpu, 0xffff, TAGS)
  store<u32>(cpu, 0, OPCODE)
  store<u64>(cpu, 0, CODE_OFFSET)
  store<u32>(cpu, 0, CODE_SELECTOR)
  store<u32>(cpu, 0, DATA_SELECTOR)
  store<u64>(cpu, 0, DATA_OFFSET)
}

/** FNCLEX. */
export function fnclex(cpu: usize): void {
  store<u32>(cpu, load<u32>(cpu, STATUS) & ~(EXCEPTIONS | SF | ES_AND_BUSY), STATUS)
}

/** FLDCW: only the low 16 bits of `value` count; a mask that falls may make an old flag pending. */
export function fldcw(cpu: usize, value: u32): void {
  const control = (value & 0x1f3f) | 0x40
  store<u32>(cpu, control, CONTROL)
  store<u32>(cpu, summarize(load<u32>(cpu, STATUS), control), STATUS)
}

/** FNSTCW. */
export function fnstcw(cpu: usize): u32 {
  return load<u32>(cpu, CONTROL) & 0xffff
}

/** FNSTSW. */
export function fnstsw(cpu: usize): u32 {
  return load<u32>(cpu, STATUS) & 0xffff
}

/** 1 when an unmasked exception waits: the next waiting instruction raises #MF (or the external error with CR0.NE = 0). */
export function pending(cpu: usize): u32 {
  return (load<u32>(cpu, STATUS) >> 7) & 1
}

/** FINCSTP. */
export function fincstp(cpu: usize): void {
  moveTop(cpu, 1)
  store<u32>(cpu, load<u32>(cpu, STATUS) & ~C1, STATUS)
}

/** FDECSTP. */
export function fdecstp(cpu: usize): void {
  moveTop(cpu, 7)
  store<u32>(cpu, load<u32>(cpu, STATUS) & ~C1, STATUS)
}

/** FFREE ST(i). */
export function ffree(cpu: usize, i: u32): void {
  setEmpty(cpu, physical(cpu, i))
  store<u32>(cpu, load<u32>(cpu, STATUS) & ~C1, STATUS)
}

/** Marks ST(0) empty and increments TOP (for FFREEP). */
export function pop(cpu: usize): void {
  popOne(cpu)
}
