import { Operation } from '../generated/operation.ts'
import { OperandKind } from '../instruction.ts'
import type { Instruction } from '../instruction.ts'

const NAMES: readonly (keyof typeof Operation)[] = [
  ...(['Sub', 'Xor', 'Pxor', 'Xorps', 'Xorpd', 'Psubb', 'Psubw', 'Psubd', 'Psubq', 'Psubsb', 'Psubsw'] as const),
  ...(['Psubusb', 'Psubusw', 'Vpxor', 'Vpxord', 'Vpxorq', 'Vxorps', 'Vxorpd', 'Vpsubb', 'Vpsubw'] as const),
  ...(['Vpsubd', 'Vpsubq', 'Vpsubsb', 'Vpsubsw', 'Vpsubusb', 'Vpsubusw'] as const),
]
/** Operations that give zero of two equal operands. */
const OPERATIONS: ReadonlySet<number> = new Set(NAMES.map((name) => Operation[name]))

/** True for the idioms that make a register zero: their result does not depend on what they read. */
export function isZeroing({ operation, operandCount, kinds, registers }: Instruction): boolean {
  if (!OPERATIONS.has(operation)) return false
  const [left, right] = [operandCount - 2, operandCount - 1]
  if (kinds[left] !== OperandKind.Register || kinds[right] !== OperandKind.Register) return false
  return registers[left] === registers[right]
}
