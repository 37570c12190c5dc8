import { facts } from '../facts.ts'
import { Operation } from '../generated/operation.ts'
import { Encoding, OperandKind } from '../instruction.ts'
import type { Instruction } from '../instruction.ts'
import { RegisterClass, registerId } from '../register.ts'
import { Trait } from '../table/attributes.ts'
import { formTraits } from '../table/forms.ts'
import { mnemonicName, registerName, sizeName } from './names.ts'
import { hexadecimal, signedHexadecimal, unsignedBigInt } from './numbers.ts'
import type { HexStyle } from './numbers.ts'

/** How text looks. */
export interface FormatOptions {
  /** Address of the instruction: branch targets are absolute from it. Default 0. */
  readonly ip?: bigint | number
  /** `suffix` (default): `0FFh`. `prefix`: `0xff`. */
  readonly hex?: HexStyle
}

/**
 * One instruction in Intel syntax, in lower case: `lock add dword ptr [eax+ecx*4+10h],5`. Memory operands always name
 * their size; a segment shows if an override chose it; RIP-relative ones read `[rip+10h]`.
 *
 * @example format(instruction, { ip: 0x1000n })
 */
export function format(instruction: Instruction, options: FormatOptions = {}): string {
  if (instruction.code === 0) return '(bad)'
  const name = prefixText(instruction) + mnemonicText(instruction)
  if (facts(instruction.code).isString) return name + stringSource(instruction)
  const operands: string[] = []
  for (let slot = 0; slot < instruction.operandCount; slot++) operands.push(operandText(instruction, slot, options))
  if (instruction.encoding === Encoding.Evex) decorate(instruction, operands)
  return operands.length === 0 ? name : `${name} ${operands.join(',')}`
}

const ROUNDING: readonly string[] = ['', '{rn-sae}', '{rd-sae}', '{ru-sae}', '{rz-sae}']

/** EVEX: the mask goes with the target, rounding or SAE with the last register. */
function decorate(instruction: Instruction, operands: string[]): void {
  const { mask, zeroing, rounding, suppressExceptions, kinds } = instruction
  if (mask !== 0) operands[0] += `{k${mask}}${zeroing === 1 ? '{z}' : ''}`
  const control = suppressExceptions === 1 ? '{sae}' : ROUNDING[rounding]!
  if (control === '') return
  let last = operands.length - 1
  while (kinds[last] === OperandKind.Immediate) last--
  operands[last] += control
}

function prefixText(instruction: Instruction): string {
  if (instruction.lock === 1) return 'lock '
  if (instruction.rep === 2) return 'repne '
  if (instruction.rep === 0) return ''
  const compares = instruction.operation === Operation.Cmps || instruction.operation === Operation.Scas
  return compares ? 'repe ' : 'rep '
}

function mnemonicText(instruction: Instruction): string {
  const name = mnemonicName(instruction.mnemonic)
  const far = instruction.operation === Operation.CallFar || instruction.operation === Operation.JmpFar
  return far ? `${name} far` : name
}

const ADDRESS_CLASS: Readonly<Record<number, RegisterClass>> = {
  2: RegisterClass.Gpr16,
  4: RegisterClass.Gpr32,
  8: RegisterClass.Gpr64,
}

/** String operations have no explicit operands: their source shows only where it is not the usual one. */
function stringSource(instruction: Instruction): string {
  const { addressSize, bitness, segment } = instruction
  if (segment === 3 && addressSize * 8 === bitness) return ''
  const source = instruction.operation === Operation.Stos || instruction.operation === Operation.Scas ? 7 : 6
  return ` ${segmentText(instruction, 3)}[${registerName(registerId(ADDRESS_CLASS[addressSize]!, source))}]`
}

function operandText(instruction: Instruction, slot: number, options: FormatOptions): string {
  const style = options.hex ?? 'suffix'
  switch (instruction.kinds[slot]) {
    case OperandKind.Register:
      return registerName(instruction.registers[slot]!) + groupText(instruction, slot)
    case OperandKind.Memory:
      return memoryText(instruction, slot, style)
    case OperandKind.Immediate:
      return immediateText(instruction, slot, style)
    case OperandKind.Relative:
      return hexadecimal(branchTarget(instruction, slot, options.ip ?? 0), style)
    default:
      return `${hexadecimal(instruction.immediate2, style)}:${hexadecimal(instruction.immediate >>> 0, style)}`
  }
}

/** The second operand of a few operations stands for four registers in a row. */
function groupText(instruction: Instruction, slot: number): string {
  return slot === 1 && formTraits[instruction.code]! & Trait.FourRegisters ? '+3' : ''
}

/** A form has a second immediate after its first one. */
function immediateText(instruction: Instruction, slot: number, style: HexStyle): string {
  if (slot > 0 && instruction.kinds[slot - 1] === OperandKind.Immediate)
    return hexadecimal(instruction.immediate2, style)
  return hexadecimal(unsignedBigInt(instruction.immediate, instruction.immediateHigh, instruction.sizes[slot]!), style)
}

function branchTarget(instruction: Instruction, slot: number, ip: bigint | number): bigint {
  const target = BigInt(ip) + BigInt(instruction.length) + BigInt(instruction.immediate)
  return BigInt.asUintN(instruction.sizes[slot]! * 8, target)
}

function memoryText(instruction: Instruction, slot: number, style: HexStyle): string {
  const { base, index, displacement, addressSize } = instruction
  const size = sizeName(instruction.sizes[slot]!)
  const kind = ADDRESS_CLASS[addressSize]!
  const parts: string[] = []
  if (base >= 0) parts.push(registerName(registerId(kind, base)))
  if (instruction.ripRelative === 1) parts.push(addressSize === 8 ? 'rip' : 'eip')
  if (index >= 0) parts.push(indexText(instruction, kind))
  let inside = parts.join('+')
  if (parts.length === 0) inside = hexadecimal(absoluteAddress(instruction), style)
  else if (displacement !== 0) inside += signedHexadecimal(displacement, style)
  if (instruction.operation === Operation.Lea) return `[${inside}]`
  const repeated = instruction.broadcast === 0 ? '' : `{1to${instruction.broadcast}}`
  return `${size}${segmentText(instruction, base === 4 || base === 5 ? 2 : 3)}[${inside}]${repeated}`
}

function indexText({ vectorIndex, index, scale, base }: Instruction, kind: RegisterClass): string {
  const name = registerName(registerId(vectorIndex === 0 ? kind : (vectorIndex as RegisterClass), index))
  const scaled = scale !== 0 || (base < 0 && kind !== RegisterClass.Gpr16)
  return scaled ? `${name}*${1 << scale}` : name
}

function absoluteAddress({ displacement, displacementHigh, addressSize, code }: Instruction): bigint {
  const high = formTraits[code]! & Trait.AbsoluteOffset ? displacementHigh : displacement >> 31
  return unsignedBigInt(displacement, high, addressSize)
}

function segmentText({ segment }: Instruction, usual: number): string {
  return segment === usual ? '' : `${registerName(registerId(RegisterClass.Segment, segment))}:`
}
