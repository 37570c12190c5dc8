import { Operation } from '../generated/operation.ts'
import { Encoding } from '../instruction.ts'
import type { Instruction } from '../instruction.ts'
import { RegisterClass, registerClass, registerId, registerNumber } from '../register.ts'
import { Access } from '../types.ts'
import type { InstructionUses } from './instruction-uses.ts'

const DS = 3

/** Adds a register; a write that makes the rest of the register zero is one of the whole register. */
export function addWidened(instruction: Instruction, out: InstructionUses, id: number, access: Access): void {
  if (access === Access.None) return
  const wide = widened(instruction, id)
  if (wide === id || access === Access.Read || access === Access.ConditionalRead) return out.register(id, access)
  if (access === Access.ReadWrite || access === Access.ReadConditionalWrite) out.register(id, Access.Read)
  const conditional = access === Access.ConditionalWrite || access === Access.ReadConditionalWrite
  if (!conditional || !zeroesAnyway(instruction, wide)) {
    out.register(wide, conditional ? Access.ConditionalWrite : Access.Write)
    return
  }
  out.register(id, Access.Read)
  out.register(wide, Access.Write)
}

/** CMOVcc (SDM vol. 2, CMOVcc) and vector instructions make the rest zero even where they write nothing. */
function zeroesAnyway({ operation }: Instruction, wide: number): boolean {
  return operation === Operation.Cmovcc || registerClass(wide) === RegisterClass.Zmm
}

function widened({ bitness, encoding }: Instruction, id: number): number {
  const kind = registerClass(id)
  if (kind === RegisterClass.Gpr32) return bitness === 64 ? registerId(RegisterClass.Gpr64, registerNumber(id)) : id
  const vector = kind === RegisterClass.Xmm || kind === RegisterClass.Ymm
  return vector && encoding !== Encoding.Legacy ? registerId(RegisterClass.Zmm, registerNumber(id)) : id
}

/** In 64-bit mode ES, CS, SS and DS have no base and no limit: they are not used. */
export function addSegment(
  { bitness }: Instruction,
  out: InstructionUses,
  segment: number,
  access: Access = Access.Read,
): void {
  if (bitness !== 64 || segment > DS) out.register(registerId(RegisterClass.Segment, segment), access)
}
