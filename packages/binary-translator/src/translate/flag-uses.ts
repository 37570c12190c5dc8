import { FlagBit, flagEffect } from '@mica-vm/x86-decoder'
import type { DecodedUnit } from '../decode-unit.ts'

const arithmeticFlags = FlagBit.CF | FlagBit.PF | FlagBit.AF | FlagBit.ZF | FlagBit.SF | FlagBit.OF

/** Whether a unit sets the six arithmetic flags before it asks for any of them, faults apart. */
export function overwritesFlags({ instructions, count }: DecodedUnit): boolean {
  let old = arithmeticFlags
  for (let i = 0; i < count && old !== 0; i++) {
    const instruction = instructions[i]!
    if (instruction.code === 0) return false
    const { flagsRead, flagsWritten, flagsUndefined, flagsCleared, flagsSet } = flagEffect(instruction)
    if (flagsRead & old) return false
    old &= ~(flagsWritten | flagsUndefined | flagsCleared | flagsSet)
  }
  return old === 0
}
