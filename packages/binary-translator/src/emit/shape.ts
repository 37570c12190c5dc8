import { Mode, Segment } from '../state/layout.ts'
import { Mnemonic, Operation, OperandKind, RegisterClass, registerClass, type Instruction } from '@mica-vm/x86-decoder'

/**
 * All that the emitted code of one instruction depends on apart from register numbers, addresses and immediates.
 * Instructions of equal shape share one interpreter handler.
 */
export interface Shape {
  readonly operation: number
  /**
   * The condition of Jcc, SETcc and CMOVcc; the segment register that LDS and its like load; `tooLongVariant`; else 0.
   */
  readonly variant: number
  /** Effective operand size in bytes. */
  readonly size: number
  readonly addressSize: number
  readonly kinds: readonly number[]
  readonly sizes: readonly number[]
  /** Register class per operand (0 where it is no register). */
  readonly classes: readonly number[]
  readonly lock: number
  readonly rep: number
  /** Whether the memory operand's segment needs its base added and its limit checked. */
  readonly segmented: boolean
  readonly hasBase: boolean
  readonly hasIndex: boolean
  readonly code32: boolean
  readonly stack32: boolean
  readonly flat: boolean
  readonly user: boolean
}

/** Variant of bytes that go past 15 without having become an instruction: no condition. */
export const tooLongVariant = 16

const general = new Set<number>([RegisterClass.Gpr8, RegisterClass.Gpr8High, RegisterClass.Gpr16, RegisterClass.Gpr32])

/** Whether register class `c` is a general register's. */
export const isGeneral = (c: number): boolean => general.has(c)

/** The shape of `instruction` in a unit of mode `mode`, on a processor to which it means `operation`. */
export function shapeOf(instruction: Instruction, mode: number, operation: number = instruction.operation): Shape {
  const count = instruction.operandCount
  const kinds: number[] = []
  const sizes: number[] = []
  const classes: number[] = []
  for (let i = 0; i < count; i++) {
    const kind = instruction.kinds[i]!
    kinds.push(kind)
    sizes.push(instruction.sizes[i]!)
    classes.push(kind === OperandKind.Register ? registerClass(instruction.registers[i]!) : -1)
  }
  const flat = (mode & Mode.flat) !== 0
  const segmented = needsSegment(instruction, flat)
  return {
    operation,
    variant: variantOf(instruction),
    size: instruction.operandSize,
    addressSize: instruction.addressSize,
    kinds,
    sizes,
    classes,
    lock: instruction.lock,
    rep: instruction.rep,
    segmented,
    hasBase: instruction.base >= 0,
    hasIndex: instruction.index >= 0,
    code32: (mode & Mode.code32) !== 0,
    stack32: (mode & Mode.stack32) !== 0,
    flat,
    user: (mode & Mode.user) !== 0,
  }
}

/** FS and GS are never taken to be flat, and CS may not be written however flat it is. */
const needsSegment = ({ segment }: Instruction, flat: boolean): boolean =>
  !flat || segment > Segment.DS || segment === Segment.CS

const farPointerSegments: Readonly<Record<number, number>> = {
  [Mnemonic.Les]: Segment.ES,
  [Mnemonic.Lss]: Segment.SS,
  [Mnemonic.Lds]: Segment.DS,
  [Mnemonic.Lfs]: Segment.FS,
  [Mnemonic.Lgs]: Segment.GS,
}

function variantOf(instruction: Instruction): number {
  if (instruction.operation === Operation.LoadFarPointer) return farPointerSegments[instruction.mnemonic]!
  return instruction.condition
}

const isHighByte = (instruction: Instruction, operand: number): boolean =>
  instruction.kinds[operand] === OperandKind.Register &&
  registerClass(instruction.registers[operand]!) === RegisterClass.Gpr8High

/**
 * A number that tells the shapes of one form (`Instruction.code`) apart: everything of a shape that the form itself
 * does not decide. Below 2^30.
 */
export function shapeNumber(instruction: Instruction, mode: number): number {
  const { kinds } = instruction
  const memory = kinds[0] === OperandKind.Memory || kinds[1] === OperandKind.Memory
  const segmented = needsSegment(instruction, (mode & Mode.flat) !== 0)
  return (
    (instruction.operandSize & 0x3ff) |
    (instruction.addressSize === 2 ? 0x400 : 0) |
    (memory ? 0x800 : 0) |
    (segmented ? 0x1000 : 0) |
    (instruction.base >= 0 ? 0x2000 : 0) |
    (instruction.index >= 0 ? 0x4000 : 0) |
    (instruction.lock << 15) |
    (instruction.rep << 16) |
    ((mode & 0xf) << 18) |
    (isHighByte(instruction, 0) ? 0x40_0000 : 0) |
    (isHighByte(instruction, 1) ? 0x80_0000 : 0) |
    (instruction.condition << 24)
  )
}
