import { facts } from './facts.ts'
import { Operation } from './generated/operation.ts'
import { OperandKind } from './instruction.ts'
import type { Instruction } from './instruction.ts'
import { FlagBit, Trait } from './table/attributes.ts'
import { formOf } from './table/forms.ts'
import type { FlagEffect } from './types.ts'

const NOTHING: FlagEffect = { flagsRead: 0, flagsWritten: 0, flagsUndefined: 0, flagsCleared: 0, flagsSet: 0 }
const ZERO_RESULT: FlagEffect = {
  flagsRead: 0,
  flagsWritten: 0,
  flagsSet: FlagBit.ZF | FlagBit.PF,
  flagsUndefined: 0,
  flagsCleared: FlagBit.OF | FlagBit.SF | FlagBit.CF | FlagBit.AF,
}
const ZERO_LOGIC: FlagEffect = {
  ...ZERO_RESULT,
  flagsUndefined: FlagBit.AF,
  flagsCleared: FlagBit.OF | FlagBit.SF | FlagBit.CF,
}

/**
 * The flags that this very instruction touches: `facts` sharpened by its operands. A shift by a constant whose masked
 * count is zero touches none and by one defines OF; SUB and XOR of a register with itself have a known result.
 */
export function flagEffect(instruction: Instruction): FlagEffect {
  const { attributes } = formOf(instruction.code)
  if (attributes.traits & Trait.ShiftCount) return shiftEffect(instruction)
  if (instruction.operandCount === 2 && sameRegisters(instruction)) {
    if (instruction.operation === Operation.Xor) return ZERO_LOGIC
    if (instruction.operation === Operation.Sub) return ZERO_RESULT
  }
  return facts(instruction.code)
}

function sameRegisters({ kinds, registers }: Instruction): boolean {
  return kinds[0] === OperandKind.Register && kinds[1] === OperandKind.Register && registers[0] === registers[1]
}

function shiftEffect(instruction: Instruction): FlagEffect {
  const count = effectiveCount(instruction)
  if (count === 0) return NOTHING
  const effect = facts(instruction.code)
  if (count !== 1) return effect
  return {
    ...effect,
    flagsWritten: effect.flagsWritten | FlagBit.OF,
    flagsUndefined: effect.flagsUndefined & ~FlagBit.OF,
  }
}

/** The count after masking; a rotate through carry of 8 or 16 bits turns a ring of 9 or 17 (SDM vol. 2, RCL). */
function effectiveCount({ immediate, operandSize, operation }: Instruction): number {
  const masked = immediate & (operandSize === 8 ? 63 : 31)
  if (operandSize > 2 || (operation !== Operation.Rcl && operation !== Operation.Rcr)) return masked
  return masked % (operandSize === 1 ? 9 : 17)
}
