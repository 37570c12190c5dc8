// FNSTENV FLDENV FNSAVE FRSTOR in their four formats, FXSAVE and FXRSTOR (SDM vol. 1, sections 8.1.10, 8.1.11 and 10.5).
// `buffer` is the address of enough bytes in the linear memory; `format`: bit 0 protected mode, bit 1 32-bit operand size.
import {
  CODE_OFFSET, CODE_SELECTOR, CONTROL, DATA_OFFSET, DATA_SELECTOR, EXCEPTIONS, OPCODE, SIGN_EXPONENT, REGISTERS, STATUS, TAGS,
  TOP, TOP_ALONE,
} from './layout'
import { isEmpty, physical, signExponentOf, significandOf, summarize } from './state'
import { isNormal, isZero } from './classify'

const PROTECTED: u32 = 1
const WIDE: u32 = 2

/** The full tag word: each register's class from its contents (section 8.1.7). */
function fullTags(cpu: usize): u32 {
  let tags: u32 = 0
  for (let register: u32 = 0; register < 8; register++) {
    const se = signExponentOf(cpu, register)
    const significand = significandOf(cpu, register)
    let tag: u32 = 2
    if (isEmpty(cpu, register)) tag = 3
    else if (isNormal(se, significand)) tag = 0
    else if (isZero(se, significand)) tag = 1
    tags |= tag << (register << 1)
  }
  return tags
}

/** In real-address mode the pointers are linear addresses. */
function linear(selector: u32, offset: u32): u32 {
  return (selector << 4) + offset
}

function writeNarrow(cpu: usize, buffer: usize, format: u32): void {
  store<u16>(buffer, <u16>load<u32>(cpu, CONTROL))
  store<u16>(buffer, <u16>load<u32>(cpu, STATUS), 2)
  store<u16>(buffer, <u16>fullTags(cpu), 4)
  const codeSelector = load<u32>(cpu, CODE_SELECTOR)
  const codeOffset = load<u32>(cpu, CODE_OFFSET)
  const dataSelector = load<u32>(cpu, DATA_SELECTOR)
  const dataOffset = load<u32>(cpu, DATA_OFFSET)
  if (format & PROTECTED) {
    store<u16>(buffer, <u16>codeOffset, 6)
    store<u16>(buffer, <u16>codeSelector, 8)
    store<u16>(buffer, <u16>dataOffset, 10)
    store<u16>(buffer, <u16>dataSelector, 12)
    return
  }
  const code = linear(codeSelector, codeOffset)
  const data = linear(dataSelector, dataOffset)
  store<u16>(buffer, <u16>code, 6)
  store<u16>(buffer, <u16>(((code >> 4) & 0xf000) | (load<u32>(cpu, OPCODE) & 0x7ff)), 8)
  store<u16>(buffer, <u16>data, 10)
  store<u16>(buffer, <u16>((data >> 4) & 0xf000), 12)
}

/** Reserved upper halves read as ones, as the CPUs write them. */
function writeWide(cpu: usize, buffer: usize, format: u32): void {
  const reserved: u32 = 0xffff0000
  store<u32>(buffer, reserved | load<u32>(cpu, CONTROL))
  store<u32>(buffer, reserved | load<u32>(cpu, STATUS), 4)
  store<u32>(buffer, reserved | fullTags(cpu), 8)
  const opcode = load<u32>(cpu, OPCODE) & 0x7ff
  const codeSelector = load<u32>(cpu, CODE_SELECTOR) & 0xffff
  const codeOffset = load<u32>(cpu, CODE_OFFSET)
  const dataSelector = load<u32>(cpu, DATA_SELECTOR) & 0xffff
  const dataOffset = load<u32>(cpu, DATA_OFFSET)
  if (format & PROTECTED) {
    store<u32>(buffer, codeOffset, 12)
    store<u32>(buffer, codeSelector | (opcode << 16), 16)
    store<u32>(buffer, dataOffset, 20)
    store<u32>(buffer, reserved | dataSelector, 24)
    return
  }
  const code = linear(codeSelector, codeOffset)
  const data = linear(dataSelector, dataOffset)
  store<u32>(buffer, reserved | (code & 0xffff), 12)
  store<u32>(buffer, ((code >> 4) & 0x0ffff000) | opcode, 16)
  store<u32>(buffer, reserved | (data & 0xffff), 20)
  store<u32>(buffer, (data >> 4) & 0x0ffff000, 24)
}

/** FNSTENV: writes 14 or 28 bytes; once they are in the guest's memory, `commit_fnstenv` masks all exceptions. */
export function fnstenv(cpu: usize, buffer: usize, format: u32): void {
  if (format & WIDE) writeWide(cpu, buffer, format)
  else writeNarrow(cpu, buffer, format)
}

/** What FNSTENV does after its store. */
export function commit_fnstenv(cpu: usize): void {
  const control = load<u32>(cpu, CONTROL) | EXCEPTIONS
  store<u32>(cpu, control, CONTROL)
  store<u32>(cpu, summarize(load<u32>(cpu, STATUS), control), STATUS)
}

/** Control, status and tags as the CPU takes them: reserved bits settle, ES and B follow from flags and masks. */
function setWords(cpu: usize, control: u32, status: u32, tags: u32): void {
  const settled = (control & 0x1f3f) | 0x40
  store<u32>(cpu, settled, CONTROL)
  store<u32>(cpu, summarize(status & 0xffff, settled), STATUS)
  store<u32>(cpu, status & TOP, TOP_ALONE)
  store<u32>(cpu, tags & 0xffff, TAGS)
}

function setPointers(cpu: usize, code: u32, codeSelector: u32, data: u32, dataSelector: u32): void {
  store<u64>(cpu, <u64>code, CODE_OFFSET)
  store<u32>(cpu, codeSelector & 0xffff, CODE_SELECTOR)
  store<u64>(cpu, <u64>data, DATA_OFFSET)
  store<u32>(cpu, dataSelector & 0xffff, DATA_SELECTOR)
}

function readNarrow(cpu: usize, buffer: usize, format: u32): void {
  setWords(cpu, load<u16>(buffer), load<u16>(buffer, 2), load<u16>(buffer, 4))
  const code = <u32>load<u16>(buffer, 6)
  const codeHigh = <u32>load<u16>(buffer, 8)
  const data = <u32>load<u16>(buffer, 10)
  const dataHigh = <u32>load<u16>(buffer, 12)
  if (format & PROTECTED) return setPointers(cpu, code, codeHigh, data, dataHigh)
  store<u32>(cpu, codeHigh & 0x7ff, OPCODE)
  setPointers(cpu, code | ((codeHigh & 0xf000) << 4), 0, data | ((dataHigh & 0xf000) << 4), 0)
}

function readWide(cpu: usize, buffer: usize, format: u32): void {
  setWords(cpu, load<u32>(buffer), load<u32>(buffer, 4), load<u32>(buffer, 8))
  const code = load<u32>(buffer, 12)
  const codeHigh = load<u32>(buffer, 16)
  const data = load<u32>(buffer, 20)
  const dataHigh = load<u32>(buffer, 24)
  if (format & PROTECTED) {
    store<u32>(cpu, (codeHigh >> 16) & 0x7ff, OPCODE)
    return setPointers(cpu, code, codeHigh, data, dataHigh)
  }
  store<u32>(cpu, codeHigh & 0x7ff, OPCODE)
  setPointers(cpu, (code & 0xffff) | ((codeHigh & 0x0ffff000) << 4), 0, (data & 0xffff) | ((dataHigh & 0x0ffff000) << 4), 0)
}

/** FLDENV: reads 14 or 28 bytes. */
export function fldenv(cpu: usize, buffer: usize, format: u32): void {
  if (format & WIDE) readWide(cpu, buffer, format)
  else readNarrow(cpu, buffer, format)
}

/** FNSAVE: writes 94 or 108 bytes, registers in stack order; once they are in the guest's memory, call `fninit`. */
export function fnsave(cpu: usize, buffer: usize, format: u32): void {
  fnstenv(cpu, buffer, format)
  const registers = buffer + (format & WIDE ? 28 : 14)
  for (let i: u32 = 0; i < 8; i++) {
    const register = physical(cpu, i)
    store<u64>(registers + 10 * i, significandOf(cpu, register))
    store<u16>(registers + 10 * i, <u16>signExponentOf(cpu, register), 8)
  }
}

function readRegister(cpu: usize, i: u32, from: usize): void {
  const at = cpu + (physical(cpu, i) << 4)
  store<u64>(at, load<u64>(from), REGISTERS)
  store<u16>(at, load<u16>(from, 8), SIGN_EXPONENT)
}

/** FRSTOR: reads 94 or 108 bytes. */
export function frstor(cpu: usize, buffer: usize, format: u32): void {
  fldenv(cpu, buffer, format)
  const registers = buffer + (format & WIDE ? 28 : 14)
  for (let i: u32 = 0; i < 8; i++) readRegister(cpu, i, registers + 10 * i)
}

/** One bit per physical register: 1 for "not empty" (section 10.5.1.1). */
function abridgedTags(cpu: usize): u32 {
  let tags: u32 = 0
  for (let register: u32 = 0; register < 8; register++) tags |= u32(!isEmpty(cpu, register)) << register
  return tags
}

/** FXSAVE: writes the x87 part, bytes 0-23 and 32-159; `wide` 1 for the REX.W form with 64-bit pointers. */
export function fxsave(cpu: usize, buffer: usize, wide: u32): void {
  store<u16>(buffer, <u16>load<u32>(cpu, CONTROL))
  store<u16>(buffer, <u16>load<u32>(cpu, STATUS), 2)
  store<u16>(buffer, <u16>abridgedTags(cpu), 4)
  store<u16>(buffer, <u16>(load<u32>(cpu, OPCODE) & 0x7ff), 6)
  if (wide) {
    store<u64>(buffer, load<u64>(cpu, CODE_OFFSET), 8)
    store<u64>(buffer, load<u64>(cpu, DATA_OFFSET), 16)
  } else {
    store<u32>(buffer, load<u32>(cpu, CODE_OFFSET), 8)
    store<u32>(buffer, load<u32>(cpu, CODE_SELECTOR) & 0xffff, 12)
    store<u32>(buffer, load<u32>(cpu, DATA_OFFSET), 16)
    store<u32>(buffer, load<u32>(cpu, DATA_SELECTOR) & 0xffff, 20)
  }
  for (let i: u32 = 0; i < 8; i++) {
    const register = physical(cpu, i)
    store<u64>(buffer + (i << 4), significandOf(cpu, register), 32)
    store<u64>(buffer + (i << 4), <u64>signExponentOf(cpu, register), 40)
  }
}

/** FXRSTOR: reads the x87 part. */
export function fxrstor(cpu: usize, buffer: usize, wide: u32): void {
  const present = <u32>load<u8>(buffer, 4)
  let tags: u32 = 0
  for (let register: u32 = 0; register < 8; register++) {
    if (!((present >> register) & 1)) tags |= <u32>3 << (register << 1)
  }
  setWords(cpu, load<u16>(buffer), load<u16>(buffer, 2), tags)
  store<u32>(cpu, load<u16>(buffer, 6) & 0x7ff, OPCODE)
  if (wide) {
    store<u64>(cpu, load<u64>(buffer, 8), CODE_OFFSET)
    store<u64>(cpu, load<u64>(buffer, 16), DATA_OFFSET)
  } else {
    setPointers(cpu, load<u32>(buffer, 8), load<u16>(buffer, 12), load<u32>(buffer, 16), load<u16>(buffer, 20))
  }
  for (let i: u32 = 0; i < 8; i++) readRegister(cpu, i, buffer + 32 + (i << 4))
}
