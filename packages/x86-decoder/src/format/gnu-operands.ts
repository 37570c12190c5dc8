import { Operation } from '../generated/operation.ts'
import { Prefix } from '../instruction.ts'
import type { Instruction } from '../instruction.ts'
import { RegisterClass, registerClass, registerId, registerNumber } from '../register.ts'
import { Trait } from '../table/attributes.ts'
import { formOperands, formTraits } from '../table/forms.ts'
import { templateColumns, TemplateKind } from '../table/templates.ts'
import { registerName, sizeName } from './names.ts'

function templateOf({ code }: Instruction, slot: number): number {
  return templateColumns.kind[formOperands[code * 5 + slot]!]!
}

/** Operations on selectors (and the machine status word) whose registers GNU writes as what is read of them. */
const WORD_REGISTERS: ReadonlySet<number> = new Set([
  Operation.Arpl,
  Operation.Lldt,
  Operation.Ltr,
  Operation.Verr,
  Operation.Verw,
  Operation.Lmsw,
])

/** A register operand: ST(0) where it is implied is `st`. */
export function gnuRegister(instruction: Instruction, slot: number, id: number): string {
  if (WORD_REGISTERS.has(instruction.operation))
    return registerName(registerId(RegisterClass.Gpr16, registerNumber(id)))
  if (registerClass(id) !== RegisterClass.X87) return registerName(id)
  return templateOf(instruction, slot) === TemplateKind.Fixed ? 'st' : registerName(id)
}

/** MOV with an address or an immediate of eight bytes, which GNU calls `movabs`. */
export function isFullImmediate(instruction: Instruction): boolean {
  if (formTraits[instruction.code]! & Trait.AbsoluteOffset) return instruction.addressSize === 8
  return instruction.operandSize === 8 && templateOf(instruction, 1) === TemplateKind.ImmediateFull
}

/** Operations on ST(0) and one more register, of which GNU writes that one only. */
const ONE_REGISTER: ReadonlySet<number> = new Set([
  Operation.Fxch,
  Operation.Fcom,
  Operation.Fcomp,
  Operation.Fucom,
  Operation.Fucomp,
])
/** Operations with XMM0 as a third operand that the encoding implies. */
const THIRD_XMM0: ReadonlySet<number> = new Set([
  Operation.Pblendvb,
  Operation.Blendvps,
  Operation.Blendvpd,
  Operation.Sha256rnds2,
])

/** The operands as GNU lists them: implied ones added, or the other way round. */
export function gnuOperands(instruction: Instruction, operands: string[]): string[] {
  const { operation } = instruction
  if (ONE_REGISTER.has(operation) && operands.length === 2) return operands.slice(1)
  if (THIRD_XMM0.has(operation)) return [...operands, 'xmm0']
  if (operation === Operation.ReservedNop) return operands.slice(0, 1)
  if (operation === Operation.Xlat) return [`BYTE PTR ${sourceSegment(instruction)}[${pointer(instruction, 3)}]`]
  return isExchange(instruction) ? exchanged(instruction) : operands
}

/** 66 90: an exchange of AX with itself, shown as what it is. */
export function isExchange({ operation, operandCount, prefixes }: Instruction): boolean {
  return operation === Operation.Nop && operandCount === 0 && (prefixes & Prefix.OperandSize) !== 0
}

function exchanged({ operandSize }: Instruction): string[] {
  return [ACCUMULATOR[operandSize]!, ACCUMULATOR[operandSize]!]
}

/** True for the count of a shift by one, which has no byte of its own: GNU writes `1`, not `0x1`. */
export function isImpliedOne(instruction: Instruction, slot: number): boolean {
  return templateOf(instruction, slot) === TemplateKind.One
}

/** Operations whose memory GNU shows without a size. */
const UNSIZED: ReadonlySet<number> = new Set([
  Operation.Lddqu,
  Operation.Invpcid,
  Operation.Movdir64b,
  Operation.Enqcmd,
  Operation.Enqcmds,
  Operation.Sgdt,
  Operation.Sidt,
  Operation.Lgdt,
  Operation.Lidt,
])

/** Operations on 16 bytes that are no vector. */
const OCTAWORDS: ReadonlySet<number> = new Set([Operation.Cmpxchg16b, Operation.Invept, Operation.Invvpid])

/** `DWORD PTR `, or `DWORD BCST ` for an element that is repeated. */
export function gnuSizeName(instruction: Instruction, slot: number): string {
  // An absolute offset stands beside the accumulator, which tells the size.
  if (formTraits[instruction.code]! & Trait.AbsoluteOffset || UNSIZED.has(instruction.operation)) return ''
  if (instruction.operation === Operation.Invlpg) return 'BYTE PTR '
  if (OCTAWORDS.has(instruction.operation)) return 'OWORD PTR '
  const name = sizeName(instruction.sizes[slot]!).toUpperCase()
  return instruction.broadcast === 0 ? name : name.replace('PTR', 'BCST')
}

/** The operands of a string operation, in the order in which GNU writes them: r the accumulator, d DX, s source, t target. */
const STRINGS: Readonly<Record<number, string>> = {
  [Operation.Movs]: 'ts',
  [Operation.Cmps]: 'st',
  [Operation.Stos]: 'tr',
  [Operation.Lods]: 'rs',
  [Operation.Scas]: 'rt',
  [Operation.Ins]: 'td',
  [Operation.Outs]: 'ds',
}

const ACCUMULATOR: Readonly<Record<number, string>> = { 1: 'al', 2: 'ax', 4: 'eax', 8: 'rax' }
const POINTER_CLASS: Readonly<Record<number, RegisterClass>> = {
  2: RegisterClass.Gpr16,
  4: RegisterClass.Gpr32,
  8: RegisterClass.Gpr64,
}

/** `BYTE PTR es:[edi]` and such: GNU writes the operands that a string operation implies. */
export function gnuStringOperands(instruction: Instruction): string[] {
  const { operandSize } = instruction
  const size = sizeName(operandSize).toUpperCase()
  return Array.from(STRINGS[instruction.operation]!, (letter) => {
    if (letter === 'r') return ACCUMULATOR[operandSize]!
    if (letter === 'd') return 'dx'
    if (letter === 's') return `${size}${sourceSegment(instruction)}[${pointer(instruction, 6)}]`
    return `${size}es:[${pointer(instruction, 7)}]`
  })
}

function sourceSegment({ segment }: Instruction): string {
  return `${registerName(registerId(RegisterClass.Segment, segment))}:`
}

function pointer({ addressSize }: Instruction, number: number): string {
  return registerName(registerId(POINTER_CLASS[addressSize]!, number))
}
