import type { Instruction } from '../instruction.ts'
import { RegisterClass, registerId, registerNumber, registerClass } from '../register.ts'
import { implicitOf, ImplicitKind, MemoryPlace } from '../table/implicit.ts'
import type { Implicit } from '../table/implicit.ts'
import { Access } from '../types.ts'
import type { InstructionUses } from './instruction-uses.ts'
import { addSegment, addWidened } from './widening.ts'

const ES = 0
const COUNTER = 1
const BY_SIZE: Readonly<Record<number, RegisterClass>> = {
  1: RegisterClass.Gpr8,
  2: RegisterClass.Gpr16,
  4: RegisterClass.Gpr32,
  8: RegisterClass.Gpr64,
}
/** What reading and writing become where a count of zero skips them. */
const MAYBE_READ: readonly Access[] = [0, 6, 0, 6, 0, 6, 6] as Access[]
const MAYBE_WRITE: readonly Access[] = [0, 0, 4, 4, 4, 4, 0] as Access[]

/** Adds what the words after `i=` of a row imply. */
export function addImplicit(instruction: Instruction, words: string, out: InstructionUses): void {
  const { rep, addressSize } = instruction
  if (rep !== 0) addWidened(instruction, out, registerId(BY_SIZE[addressSize]!, COUNTER), Access.ReadConditionalWrite)
  for (const implicit of implicitOf(words)) {
    const { access, memory } = implicit
    const id = registerOf(instruction, implicit)
    if (!exists(instruction, id, access)) continue
    if (rep === 0) add(instruction, out, memory, id, access)
    else {
      add(instruction, out, memory, id, MAYBE_READ[access]!)
      add(instruction, out, memory, id, MAYBE_WRITE[access]!)
    }
  }
}

function add(instruction: Instruction, out: InstructionUses, memory: MemoryPlace, id: number, access: Access): void {
  if (memory === MemoryPlace.None) addWidened(instruction, out, id, access)
  else if (access !== Access.None || instruction.rep === 0) addPointed(instruction, memory, id, access, out)
}

function registerOf(instruction: Instruction, { kind, number }: Implicit): number {
  const { operandSize, addressSize, bitness } = instruction
  if (kind === ImplicitKind.Fixed) return number
  if (kind === ImplicitKind.FirstOperand) return instruction.registers[0]!
  if (kind === ImplicitKind.ByOperand) return registerId(BY_SIZE[operandSize]!, number)
  if (kind === ImplicitKind.ByHalfOperand) return registerId(BY_SIZE[operandSize >> 1]!, number)
  if (kind === ImplicitKind.ByAddress) return registerId(BY_SIZE[addressSize]!, number)
  if (kind === ImplicitKind.ByMode) return registerId(BY_SIZE[bitness === 64 ? 8 : 4]!, number)
  return registerId(BY_SIZE[operandSize === 8 ? 8 : 4]!, number)
}

/** R8 to R15 and XMM8 on are there in 64-bit mode only, in which ES, CS, SS and DS do not matter to what is read. */
function exists({ bitness }: Instruction, id: number, access: Access): boolean {
  if (bitness !== 64) return registerNumber(id) < 8
  return access !== Access.ConditionalRead || registerClass(id) !== RegisterClass.Segment
}

function addPointed(
  instruction: Instruction,
  place: MemoryPlace,
  id: number,
  access: Access,
  out: InstructionUses,
): void {
  const segment = place === MemoryPlace.Target ? ES : instruction.segment
  const maybe = access === Access.ConditionalRead || access === Access.ConditionalWrite
  const pointer = maybe ? Access.ConditionalRead : Access.Read
  addSegment(instruction, out, segment, pointer)
  out.register(id, pointer)
  // How much a repetition reaches is in the counter.
  const size = instruction.rep === 0 ? instruction.operandSize : 0
  if (access !== Access.None) out.memory(access, size, segment, id, 0)
}
