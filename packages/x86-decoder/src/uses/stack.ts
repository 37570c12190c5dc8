import { Operation } from '../generated/operation.ts'
import type { Instruction } from '../instruction.ts'
import { RegisterClass, registerId } from '../register.ts'
import { formOf } from '../table/forms.ts'
import { Access } from '../types.ts'
import type { InstructionUses } from './instruction-uses.ts'

const SP = 4
const BP = 5
const SS = 2
const ADDRESS: Readonly<Record<number, RegisterClass>> = {
  16: RegisterClass.Gpr16,
  32: RegisterClass.Gpr32,
  64: RegisterClass.Gpr64,
}
/** IRET in 64-bit mode always pops SS and RSP, too (SDM vol. 2, IRET). */
const LONG_RETURN = 5
/** Nesting levels of ENTER are counted modulo 32. */
const levelOf = ({ immediate2 }: Instruction): number => immediate2 & 31

/**
 * How far an instruction moves the stack pointer, in bytes: negative for a push. LEAVE and loads of the stack pointer move it to where
 * it was or is told to be: 0. What a gate pushes (INT n) is the handler's: 0.
 */
export function stackPointerIncrement(instruction: Instruction): number {
  const { code, operation, operandSize, immediate } = instruction
  if (operation === Operation.Enter) return -(immediate + operandSize * (levelOf(instruction) + 1))
  const slots = slotsOf(instruction, formOf(code).attributes.stackSlots)
  const freed = operation === Operation.Ret || operation === Operation.Retf
  return slots * operandSize + (freed && instruction.operandCount === 1 ? immediate : 0)
}

function slotsOf({ operation, bitness }: Instruction, slots: number): number {
  return operation === Operation.Iret && bitness === 64 ? LONG_RETURN : slots
}

/** Adds the stack pointer, SS and the slots on the stack. The stack is as wide as the code: 16, 32 or 64 bits. */
export function addStack(instruction: Instruction, out: InstructionUses): void {
  const { code, operation } = instruction
  if (operation === Operation.Enter) return addEnter(instruction, out)
  if (operation === Operation.Leave) return addLeave(instruction, out)
  const slots = slotsOf(instruction, formOf(code).attributes.stackSlots)
  if (slots === 0) return
  const pointer = registerId(ADDRESS[instruction.bitness]!, SP)
  addPointer(instruction, out, pointer, Access.ReadWrite)
  for (let slot = 0; slot < Math.abs(slots); slot++) {
    // POPA skips the slot of the stack pointer.
    if (operation === Operation.Popa && slot === 3) continue
    const place = (slots < 0 ? -slot - 1 : slot) * instruction.operandSize
    out.memory(slots < 0 ? Access.Write : Access.Read, instruction.operandSize, SS, pointer, place)
  }
  if (operation === Operation.Iret && instruction.bitness === 64)
    out.register(registerId(RegisterClass.Segment, SS), Access.Write)
}

function addPointer({ bitness }: Instruction, out: InstructionUses, pointer: number, access: Access): void {
  out.register(pointer, access)
  if (bitness !== 64) out.register(registerId(RegisterClass.Segment, SS), Access.Read)
}

/** ENTER pushes the frame pointer and, of each enclosing level, one that it finds in the frame (SDM vol. 2, ENTER). */
function addEnter(instruction: Instruction, out: InstructionUses): void {
  const { bitness, operandSize } = instruction
  const [pointer, frame] = [registerId(ADDRESS[bitness]!, SP), registerId(ADDRESS[bitness]!, BP)]
  addPointer(instruction, out, pointer, Access.ReadWrite)
  out.register(frame, Access.ReadWrite)
  const level = levelOf(instruction)
  out.memory(Access.Write, operandSize * (level + 1), SS, pointer, -operandSize * (level + 1))
  if (level > 1) out.memory(Access.Read, operandSize * (level - 1), SS, frame, -operandSize * (level - 1))
}

function addLeave(instruction: Instruction, out: InstructionUses): void {
  const { bitness, operandSize } = instruction
  const frame = registerId(ADDRESS[bitness]!, BP)
  addPointer(instruction, out, registerId(ADDRESS[bitness]!, SP), Access.Write)
  out.register(frame, Access.ReadWrite)
  out.memory(Access.Read, operandSize, SS, frame, 0)
}
