import { Encoding, OperandKind, Prefix } from '../instruction.ts'
import type { Instruction } from '../instruction.ts'
import { Operation } from '../generated/operation.ts'
import { RegisterClass, registerId } from '../register.ts'
import { Trait } from '../table/attributes.ts'
import { formTraits } from '../table/forms.ts'
import { gnuSizeName } from './gnu-operands.ts'
import { registerName, sizeName } from './names.ts'
import { hexadecimal, signedHexadecimal, unsignedBigInt } from './numbers.ts'
import type { Style } from './options.ts'

const SS = 2
const DS = 3

/** The register class of addresses by their size. */
export const ADDRESS_CLASS: Readonly<Record<number, RegisterClass>> = {
  2: RegisterClass.Gpr16,
  4: RegisterClass.Gpr32,
  8: RegisterClass.Gpr64,
}

/** A memory operand: `dword ptr fs:[eax+ecx*4+10h]`, or what the style makes of it. */
export function memoryText(instruction: Instruction, slot: number, style: Style): string {
  const text = style.gnu ? gnuAddress(instruction, style) : intelAddress(instruction, style)
  if (instruction.operation === Operation.Lea) return text
  if (style.gnu) return gnuSizeName(instruction, slot) + text
  const size = style.minimal && sizeIsKnown(instruction, slot) ? '' : sizeName(instruction.sizes[slot]!)
  return size + text + repetition(instruction)
}

function repetition({ broadcast }: Instruction): string {
  return broadcast === 0 ? '' : `{1to${broadcast}}`
}

/** True if a register operand has the size that memory has. */
function sizeIsKnown({ kinds, sizes, operandCount, broadcast, encoding }: Instruction, slot: number): boolean {
  if (broadcast !== 0 && encoding === Encoding.Evex) return false
  for (let other = 0; other < operandCount; other++) {
    if (kinds[other] === OperandKind.Register && sizes[other] === sizes[slot]) return true
  }
  return false
}

function intelAddress(instruction: Instruction, style: Style): string {
  const { base, index, displacement, operation } = instruction
  // LEA has no segment to override.
  const segment = operation === Operation.Lea ? '' : segmentText(instruction, base === 4 || base === 5 ? SS : DS)
  if (base < 0 && index < 0) return `${segment}[${absolute(instruction, style)}]`
  const parts = registers(instruction)
  return `${segment}[${displacement === 0 ? parts : parts + signedHexadecimal(displacement, style)}]`
}

function registers(instruction: Instruction): string {
  const { base, index, addressSize } = instruction
  const kind = ADDRESS_CLASS[addressSize]!
  const first = base >= 0 ? registerName(registerId(kind, base)) : ''
  if (index < 0) return first
  return `${first}${first === '' ? '' : '+'}${indexText(instruction, kind)}`
}

function indexText({ vectorIndex, index, scale, base }: Instruction, kind: RegisterClass): string {
  const name = registerName(registerId(vectorIndex === 0 ? kind : (vectorIndex as RegisterClass), index))
  const scaled = scale !== 0 || (base < 0 && kind !== RegisterClass.Gpr16)
  return scaled ? `${name}*${1 << scale}` : name
}

/** Memory without base and index: a number, a symbol or a distance from RIP. */
function absolute(instruction: Instruction, style: Style): string {
  const { ripRelative, displacement, addressSize } = instruction
  const address = ripRelative === 1 ? ripTarget(instruction, style) : absoluteAddress(instruction)
  const symbol = style.symbol?.(address, 'memory')
  if (symbol !== undefined) return symbol
  if (ripRelative === 0 || style.absoluteRip) return hexadecimal(address, style)
  const pointer = addressSize === 8 ? 'rip' : 'eip'
  return displacement === 0 ? pointer : pointer + signedHexadecimal(displacement, style)
}

function ripTarget({ displacement, length, addressSize }: Instruction, { ip }: Style): bigint {
  return BigInt.asUintN(addressSize * 8, BigInt(ip) + BigInt(length) + BigInt(displacement))
}

function absoluteAddress({ displacement, displacementHigh, addressSize, code }: Instruction): bigint {
  const high = formTraits[code]! & Trait.AbsoluteOffset ? displacementHigh : displacement >> 31
  return unsignedBigInt(displacement, high, addressSize)
}

/** `fs:` where an override chose another segment than the usual one. */
export function segmentText({ segment }: Instruction, usual: number): string {
  return segment === usual ? '' : `${registerName(registerId(RegisterClass.Segment, segment))}:`
}

/**
 * GNU writes what the bytes say: an index with its scale even if that is 1, `eiz` or `riz` for a SIB byte without an index that
 * is not needed for its base, a displacement that is zero, and the segment of an absolute address.
 */
function gnuAddress(instruction: Instruction, style: Style): string {
  const { base, index, sib, scale, displacement, displacementSize, ripRelative, addressSize, bitness } = instruction
  const segment = gnuSegment(instruction, base === 4 || base === 5 ? SS : DS)
  const idle = sib === 1 && index < 0 && (base < 0 ? bitness !== 64 || scale !== 0 : (base & 7) !== 4 || scale !== 0)
  if (base < 0 && index < 0 && ripRelative === 0 && !idle) {
    return `${segment === '' ? 'ds:' : segment}${absolute(instruction, style)}`
  }
  if (ripRelative === 1) return `${segment}[${gnuRip(instruction, style)}]`
  const kind = ADDRESS_CLASS[addressSize]!
  let text = base >= 0 ? registerName(registerId(kind, base)) : ''
  if (index >= 0 || idle) text += `${text === '' ? '' : '+'}${gnuIndex(instruction, kind)}`
  if (displacementSize > 0) text += signedHexadecimal(displacement, style)
  return `${segment}[${text}]`
}

/** GNU shows an override even if it chooses the usual segment, which it does not do in 64-bit mode. */
function gnuSegment(instruction: Instruction, usual: number): string {
  const { segment, prefixes, bitness } = instruction
  const chosen = bitness !== 64 && (prefixes & (Prefix.Es << segment)) !== 0
  return segmentText(instruction, chosen ? -1 : usual)
}

function gnuIndex({ vectorIndex, index, scale, addressSize }: Instruction, kind: RegisterClass): string {
  if (index < 0) return `${addressSize === 8 ? 'riz' : 'eiz'}*${1 << scale}`
  const name = registerName(registerId(vectorIndex === 0 ? kind : (vectorIndex as RegisterClass), index))
  return addressSize === 2 ? name : `${name}*${1 << scale}`
}

/** The distance from RIP, as an unsigned number. */
function gnuRip(instruction: Instruction, style: Style): string {
  const { displacement, addressSize } = instruction
  const symbol = style.symbol?.(ripTarget(instruction, style), 'memory')
  if (symbol !== undefined) return symbol
  if (style.absoluteRip) return hexadecimal(ripTarget(instruction, style), style)
  return `${addressSize === 8 ? 'rip' : 'eip'}+${hexadecimal(unsignedBigInt(displacement, displacement >> 31, 8), style)}`
}
