import { OperandKind, registerClass, registerNumber, type Instruction } from '@mica-vm/x86-decoder'
import { RegisterClass } from '@mica-vm/x86-decoder'
import { Layout, gprSlot } from '../state/layout.ts'
import { isGeneral } from './shape.ts'

/**
 * A decoded record: what an interpreter handler reads about its instruction. 16 words in linear memory; offsets in
 * bytes.
 */
export const RecordField = {
  /** Table slot of the handler. */
  handler: 0,
  /** Per register operand: the state-block offset of a general register, else the register's number. */
  registers: 4,
  immediate: 16,
  immediate2: 20,
  /** State-block offsets of base and index register (the zero slot where there is none). */
  base: 24,
  index: 28,
  scale: 32,
  displacement: 36,
  segment: 40,
  /** Branch target and next instruction as offsets from the code page's start. */
  target: 44,
  next: 48,
  site: 52,
  /**
   * Unit descriptors to chain to when the branch is taken and when it is not; 0: look the address up. The first, of an indirect transfer: where it
   * went last, as an offset from the code page's start.
   */
  linkTarget: 56,
  linkNext: 60,
} as const

/** Bytes of a record. */
export const recordBytes = 64

/** The fields of a unit's first record, which counts and checks instead of executing. */
export const HeadField = {
  handler: 0,
  count: 4,
  unit: 8,
  /** Offset of the unit from its page's start. */
  offset: 12,
} as const

/**
 * A site word: where in its unit an access or callout happens. Bits 0-11: offset of the instruction from its code
 * page's start; 12-19: instructions of the unit from this one to the end, itself included; 20-23: its length; 24: the
 * interrupt shadow of the STI before it covers it.
 */
export const siteOf = (offset: number, remaining: number, length: number, covered: boolean): number =>
  (offset & 0xfff) | (remaining << 12) | (length << 20) | (Number(covered) << 24)

export const Site = {
  offset: (site: number): number => site & 0xfff,
  remaining: (site: number): number => (site >>> 12) & 0xff,
  length: (site: number): number => (site >>> 20) & 0xf,
  covered: (site: number): boolean => (site & (1 << 24)) !== 0,
} as const

/** State-block offset of a general register operand: high byte registers lie one byte into their slot. */
export function registerSlot(register: number): number {
  const number = registerNumber(register)
  return registerClass(register) === RegisterClass.Gpr8High ? gprSlot(number) + 1 : gprSlot(number)
}

/** Writes the record of `instruction`, which is at `site`, at word index `word` of `words`. */
export function writeRecord(
  words: Int32Array,
  word: number,
  instruction: Instruction,
  handler: number,
  site: number,
): void {
  const next = Site.offset(site) + instruction.length
  words[word] = handler
  for (let i = 0; i < 3; i++) words[word + 1 + i] = registerField(instruction, i)
  words[word + 4] = instruction.immediate
  words[word + 5] = instruction.immediate2
  words[word + 6] = instruction.base >= 0 ? gprSlot(instruction.base) : Layout.zero
  words[word + 7] = instruction.index >= 0 ? gprSlot(instruction.index) : Layout.zero
  words[word + 8] = instruction.scale
  words[word + 9] = instruction.displacement
  words[word + 10] = instruction.segment
  words[word + 11] = next + instruction.immediate
  words[word + 12] = next
  words[word + 13] = site
  words[word + 14] = 0
  words[word + 15] = 0
}

function registerField(instruction: Instruction, operand: number): number {
  if (operand >= instruction.operandCount || instruction.kinds[operand] !== OperandKind.Register) return 0
  const register = instruction.registers[operand]!
  return isGeneral(registerClass(register)) ? registerSlot(register) : registerNumber(register)
}
