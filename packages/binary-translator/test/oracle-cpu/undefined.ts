// What the manual leaves undefined, so that a processor's answer is no oracle. SDM vol. 2, "Flags Affected" of each instruction.
import { Instruction, OperandKind, Operation, RegisterClass, decodeInto, registerClass } from '@mica-vm/x86-decoder'
import { type Input, dataPage } from './case.ts'

const CF = 0x001
const PF = 0x004
const AF = 0x010
const ZF = 0x040
const SF = 0x080
const OF = 0x800
const every = CF | PF | AF | ZF | SF | OF

/** The low five bits of a shift's count, wherever it comes from. */
function countOf(instruction: Instruction, input: Input): number {
  const last = instruction.operandCount - 1
  const isImmediate = instruction.kinds[last] === OperandKind.Immediate
  return (isImmediate ? instruction.immediate : input.registers[1]!) & 31
}

/** SAL/SAR/SHL/SHR: AF for a count that is not zero, OF unless it is one, CF of SHL and SHR from the operand's size on. */
function shift(instruction: Instruction, input: Input): number {
  const count = countOf(instruction, input)
  if (count === 0) return 0
  const isBeyond = instruction.operation !== Operation.Sar && count >= instruction.operandSize * 8
  return AF | (count === 1 ? 0 : OF) | (isBeyond ? CF : 0)
}

/** RCL/RCR/ROL/ROR: OF unless the count is one. */
const rotate = (instruction: Instruction, input: Input): number => (countOf(instruction, input) === 1 ? 0 : OF)

/** SHLD, SHRD: AF; OF unless the count is one; all flags for a count beyond the operand's size. */
function doubleShift(instruction: Instruction, input: Input): number {
  const count = countOf(instruction, input)
  if (count === 0) return 0
  return count > instruction.operandSize * 8 ? every : AF | (count === 1 ? 0 : OF)
}

type Mask = number | ((instruction: Instruction, input: Input) => number)

const masks = new Map<number, Mask>([
  [Operation.And, AF],
  [Operation.Or, AF],
  [Operation.Xor, AF],
  [Operation.Test, AF],
  [Operation.Mul, SF | ZF | AF | PF],
  [Operation.Imul, SF | ZF | AF | PF],
  [Operation.Div, every],
  [Operation.Idiv, every],
  [Operation.Shl, shift],
  [Operation.Shr, shift],
  [Operation.Sar, shift],
  [Operation.Rol, rotate],
  [Operation.Ror, rotate],
  [Operation.Rcl, rotate],
  [Operation.Rcr, rotate],
  [Operation.Shld, doubleShift],
  [Operation.Shrd, doubleShift],
  [Operation.Bt, OF | SF | AF | PF],
  [Operation.Bts, OF | SF | AF | PF],
  [Operation.Btr, OF | SF | AF | PF],
  [Operation.Btc, OF | SF | AF | PF],
  [Operation.Bsf, CF | OF | SF | AF | PF],
  [Operation.Bsr, CF | OF | SF | AF | PF],
  [Operation.Lzcnt, OF | SF | AF | PF],
  [Operation.Daa, OF],
  [Operation.Das, OF],
  [Operation.Aaa, OF | SF | ZF | PF],
  [Operation.Aas, OF | SF | ZF | PF],
  [Operation.Aam, OF | AF | CF],
  [Operation.Aad, OF | AF | CF],
])

const known = new WeakMap<Input, Instruction>()

function decoded(input: Input): Instruction {
  const earlier = known.get(input)
  if (earlier) return earlier
  const instruction = new Instruction()
  known.set(input, instruction)
  decodeInto(input.code, 0, input.code.length, input.code16 ? 16 : 32, instruction)
  return instruction
}

/** Flags that the instruction leaves undefined when it ends normally. */
export function undefinedFlags(input: Input): number {
  const instruction = decoded(input)
  const mask = masks.get(instruction.operation) ?? 0
  return typeof mask === 'number' ? mask : mask(instruction, input)
}

/** Bits of the destination that LAR leaves undefined: 16 to 19. SDM vol. 2, LAR. */
export function undefinedBits(input: Input, register: number): number {
  const { operation, operandSize, registers } = decoded(input)
  return operation === Operation.Lar && operandSize === 4 && (registers[0]! & 7) === register ? 0xf_0000 : 0
}

/**
 * The upper half of a selector that is pushed as four bytes: zero on some processors, on others what was there before. SDM
 * vol. 2, PUSH. Offset of its two bytes from the data page, or -1.
 */
export function undefinedHalf(input: Input): number {
  const { operation, operandSize, operandCount, kinds, registers } = decoded(input)
  const isRegister = operandCount === 1 && kinds[0] === OperandKind.Register
  const isSelector = isRegister && registerClass(registers[0]!) === RegisterClass.Segment
  if (operation !== Operation.Push || operandSize !== 4 || !isSelector) return -1
  return ((input.registers[4]! - (input.code16 ? 0 : dataPage)) & 0xffff) - 2
}
