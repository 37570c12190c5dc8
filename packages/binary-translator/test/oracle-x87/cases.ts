// Inputs of one instruction: whole FPU images, from a seed alone.
import { MEMORY_BYTES, Offset, RECORD_BYTES } from './image.ts'
import { type Extended, extended, memoryBits, partner } from './operands.ts'
import { Random } from './random.ts'

const INTEGER = 1n << 63n

/** Draws ST(0) and ST(1). */
export type OperandSource = (random: Random) => readonly [Extended, Extended]

export const anyOperands: OperandSource = (random) => {
  const first = extended(random)
  return [first, partner(random, first)]
}

/** ST(0) mostly below one in magnitude, where F2XM1 is defined. */
export const belowOne: OperandSource = (random) => {
  const [first, second] = anyOperands(random)
  if ((first.signExponent & 0x7fff) < 0x3fff || random.below(4) === 0) return [first, second]
  return [
    {
      signExponent: (first.signExponent & 0x8000) | (0x3ffe - random.below(random.pick([4, 70]))),
      significand: first.significand | INTEGER,
    },
    second,
  ]
}

/** Every class of operand, with more of the magnitudes that reach the functions' series. */
export const modest: OperandSource = (random) => {
  const operands = anyOperands(random)
  if (random.below(3) === 0) return operands
  const width = random.pick([4, 12, 80])
  return operands.map(({ signExponent, significand }) => {
    if ((signExponent & 0x7fff) === 0x7fff || significand >> 63n === 0n) return { signExponent, significand }
    return { signExponent: (signExponent & 0x8000) | (0x3fff - width / 2 + random.below(width)), significand }
  }) as [Extended, Extended]
}

function controlWord(random: Random): number {
  const masks = random.below(5) < 3 ? 0x3f : random.u32() & 0x3f
  const precision = random.below(10) === 0 ? 1 : random.pick([3, 3, 3, 2, 2, 0])
  return 0x40 | masks | (precision << 8) | (random.below(4) << 10) | (random.below(8) === 0 ? 0x1000 : 0)
}

/** Tags by stack position: mostly two values and room to push; also full, empty and ragged stacks. */
function emptySlots(random: Random): number {
  switch (random.below(10)) {
    case 0:
      return 0
    case 1:
      return random.u32() & 0xff
    case 2:
      return 0xff
    case 3:
      return 0xfe
    default:
      return 0xfc & (0xff << random.below(6))
  }
}

export function fillCase(
  random: Random,
  operands: OperandSource,
  view: DataView,
  at: number,
  instruction: number,
): void {
  const control = controlWord(random)
  const top = random.below(8)
  // Only masked flags may be set: a pending exception would stop the instruction under test.
  const flags = random.below(3) === 0 ? random.u32() & control & 0x3f : 0
  const conditions = random.u32() & 0x4700
  const empty = emptySlots(random)
  let tags = 0
  for (let i = 0; i < 8; i++) if ((empty >> i) & 1) tags |= 3 << (((top + i) & 7) * 2)
  view.setUint32(at + Offset.control, 0xffff0000 | control, true)
  view.setUint32(at + Offset.status, 0xffff0000 | conditions | flags | (top << 11), true)
  view.setUint32(at + Offset.tags, 0xffff0000 | tags, true)
  const [first, second] = operands(random)
  for (let i = 0; i < 8; i++) {
    const value =
      i === 0
        ? first
        : i === 1
          ? second
          : i === 3
            ? extended(random)
            : { signExponent: 0x3fff + i, significand: 0xabcdef0123456789n }
    view.setBigUint64(at + Offset.registers + 10 * i, value.significand, true)
    view.setUint16(at + Offset.registers + 10 * i + 8, value.signExponent, true)
  }
  view.setBigUint64(at + Offset.memory, memoryBits(random), true)
  for (let i = 8; i < MEMORY_BYTES; i += 8) view.setBigUint64(at + Offset.memory + i, random.u64(), true)
  if (random.below(2) === 0) decimal(random, view, at + Offset.memory)
  view.setUint16(at + Offset.flags, (random.u32() & 0x45) | 2, true)
  view.setUint16(at + Offset.instruction, instruction, true)
}

/** Ten bytes of packed decimal digits. */
function decimal(random: Random, view: DataView, at: number): void {
  if (random.below(4) !== 0) return
  for (let i = 0; i < 9; i++) view.setUint8(at + i, random.below(10) * 16 + random.below(10))
  view.setUint8(at + 9, random.u32() & 0x80)
}

export function makeCases(
  seed: number,
  instruction: number,
  operands: OperandSource,
  count: number,
): Uint8Array<ArrayBuffer> {
  const random = new Random(seed + instruction * 7919)
  const records = new Uint8Array(count * RECORD_BYTES)
  const view = new DataView(records.buffer)
  for (let i = 0; i < count; i++) fillCase(random, operands, view, i * RECORD_BYTES, instruction)
  return records
}
