import { facts } from '../facts.ts'
import { Operation } from '../generated/operation.ts'
import { OperandKind } from '../instruction.ts'
import type { Instruction } from '../instruction.ts'
import { RegisterClass, registerClass, registerId } from '../register.ts'
import { Trait } from '../table/attributes.ts'
import { formOf, formTraits } from '../table/forms.ts'
import { Access } from '../types.ts'
import { addImplicit } from './implicit-uses.ts'
import { InstructionUses } from './instruction-uses.ts'
import { addStack } from './stack.ts'
import { isZeroing } from './zeroing.ts'
import { addSegment, addWidened } from './widening.ts'

/** The address classes by size in bytes. */
const ADDRESS: Readonly<Record<number, RegisterClass>> = {
  2: RegisterClass.Gpr16,
  4: RegisterClass.Gpr32,
  8: RegisterClass.Gpr64,
}

/**
 * Fills `out` with all registers and memory that an instruction uses, explicit or implied: operands, address registers, the stack,
 * accumulators, counters of repetitions, opmasks. Allocates nothing once the form is known.
 *
 * A write of a 32-bit register in 64-bit mode is one of the 64-bit register, and one of a vector register by VEX, EVEX and XOP of the whole
 * ZMM register: the rest becomes zero. Flags are `flagEffect`'s; EIP is implied.
 *
 * @example usesInto(instruction, uses); for (let i = 0; i < uses.registerCount; i++) console.log(uses.registers[i])
 */
export function usesInto(instruction: Instruction, out: InstructionUses): void {
  out.clear()
  const { operandCount, kinds } = instruction
  const { access } = facts(instruction.code)
  const idle = isZeroing(instruction)
  for (let slot = 0; slot < operandCount; slot++) {
    const how = masked(instruction, slot, idle && slot === 0 ? Access.Write : access[slot]!)
    if (idle) addWidened(instruction, out, instruction.registers[slot]!, slot === 0 ? how : Access.None)
    else if (kinds[slot] === OperandKind.Register) addRegister(instruction, out, slot, how)
    else if (kinds[slot] === OperandKind.Memory) addMemory(instruction, out, slot, how)
  }
  if (instruction.mask !== 0) out.register(registerId(RegisterClass.Mask, instruction.mask), maskAccess(instruction))
  addStack(instruction, out)
  const { implicit } = formOf(instruction.code).attributes
  if (implicit !== '') addImplicit(instruction, implicit, out)
}

/** Gathers and scatters clear the mask's bits as they go on (SDM vol. 2, VGATHERDPS); prefetches do not. */
function maskAccess({ code }: Instruction): Access {
  const required = (formTraits[code]! & Trait.MaskRequired) !== 0
  return required && facts(code).access.some((access) => access !== Access.None && access !== Access.Read)
    ? Access.ReadWrite
    : Access.Read
}

/** Here the mask chooses between two sources. */
const BLENDS: ReadonlySet<number> = new Set([
  ...[Operation.Vblendmps, Operation.Vblendmpd, Operation.Vpblendmb],
  ...[Operation.Vpblendmw, Operation.Vpblendmd, Operation.Vpblendmq],
])

/** A masked target keeps what the mask excludes: it is read, or in memory written perhaps. */
function masked({ mask, zeroing, kinds, registers, operation }: Instruction, slot: number, access: Access): Access {
  if (mask === 0 || zeroing === 1 || slot !== 0 || BLENDS.has(operation)) return access
  if (kinds[0] === OperandKind.Memory) return access === Access.Write ? Access.ConditionalWrite : access
  // Bits of an opmask that the mask excludes become zero.
  if (registerClass(registers[0]!) === RegisterClass.Mask) return access
  return access === Access.Write || access === Access.ReadWrite ? Access.ReadConditionalWrite : access
}

function addRegister(instruction: Instruction, out: InstructionUses, slot: number, access: Access): void {
  const id = instruction.registers[slot]!
  addWidened(instruction, out, id, access)
  const traits = formTraits[instruction.code]!
  // Four registers in a row, from a multiple of four on (SDM, 4FMAPS).
  if (slot === 1 && (traits & Trait.FourRegisters) !== 0) {
    for (let next = 0; next < 4; next++) out.register((id & ~3) | next, Access.Read)
  }
  // VP2INTERSECT writes a pair of masks.
  if (slot === 0 && isIntersection(instruction)) out.register(id ^ 1, Access.Write)
}

function isIntersection({ operation }: Instruction): boolean {
  return operation === Operation.Vp2intersectd || operation === Operation.Vp2intersectq
}

/** NOPs and UDs do not even compute an address. */
const IGNORING: ReadonlySet<number> = new Set([Operation.Nop, Operation.ReservedNop, Operation.Ud0, Operation.Ud1])

/** LEA has no segment; prefetches and such have one, though they do not access memory. */
function addMemory(instruction: Instruction, out: InstructionUses, slot: number, access: Access): void {
  const { base, index, scale, addressSize, vectorIndex, segment, ripRelative, displacement, sizes, operation } =
    instruction
  if (access === Access.None && IGNORING.has(operation)) return
  const kind = ADDRESS[addressSize]!
  if (base >= 0) out.register(registerId(kind, base), Access.Read)
  const indexId = index < 0 ? -1 : registerId(vectorIndex === 0 ? kind : (vectorIndex as RegisterClass), index)
  if (index >= 0) out.register(indexId, Access.Read)
  if (operation !== Operation.Lea) addSegment(instruction, out, segment)
  if (access === Access.None) return
  const at = out.memoryCount
  const target = ripRelative === 1 ? displacement + instruction.length : displacement
  out.memory(access, sizes[slot]!, segment, base < 0 ? -1 : registerId(kind, base), target)
  out.indexes[at] = indexId
  out.scales[at] = scale
}

/** A register that an instruction uses. */
export interface RegisterUse {
  readonly register: number
  readonly access: Access
}

/** Memory that an instruction uses: `base + index * 2^scale + displacement` in a segment. */
export interface MemoryUse {
  readonly access: Access
  /** In bytes, 0 where it depends on the machine or on the data. */
  readonly size: number
  readonly segment: number
  /** Register id, or -1. */
  readonly base: number
  readonly index: number
  readonly scale: number
  readonly displacement: number
}

const scratch = new InstructionUses()

/** The convenient sibling of `usesInto`: the same as lists of objects. */
export function uses(instruction: Instruction): { registers: readonly RegisterUse[]; memory: readonly MemoryUse[] } {
  usesInto(instruction, scratch)
  const { registerCount, registers, registerAccess, memoryCount } = scratch
  return {
    registers: Array.from({ length: registerCount }, (_, i) => ({
      register: registers[i]!,
      access: registerAccess[i] as Access,
    })),
    memory: Array.from({ length: memoryCount }, (_, i) => ({
      access: scratch.memoryAccess[i] as Access,
      size: scratch.memorySizes[i]!,
      segment: scratch.segments[i]!,
      base: scratch.bases[i]!,
      index: scratch.indexes[i]!,
      scale: scratch.scales[i]!,
      displacement: scratch.displacements[i]!,
    })),
  }
}
