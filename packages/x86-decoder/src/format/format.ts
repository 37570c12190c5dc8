import { facts } from '../facts.ts'
import { Operation } from '../generated/operation.ts'
import { Encoding, OperandKind } from '../instruction.ts'
import type { Instruction } from '../instruction.ts'
import { registerId } from '../register.ts'
import { Trait } from '../table/attributes.ts'
import { formTraits } from '../table/forms.ts'
import { gnuMnemonic, gnuPrefixes } from './gnu.ts'
import { gnuOperands, gnuRegister, gnuStringOperands, isImpliedOne } from './gnu-operands.ts'
import { ADDRESS_CLASS, memoryText, segmentText } from './memory.ts'
import { mnemonicName, registerName } from './names.ts'
import { hexadecimal, wideHexadecimal } from './numbers.ts'
import { PLAIN, styleOf } from './options.ts'
import type { FormatOptions, Style } from './options.ts'
import { pseudoName } from './pseudo-operations.ts'

/**
 * One instruction in Intel syntax, in lower case: `lock add dword ptr [eax+ecx*4+10h],5`. Memory operands always name
 * their size; a segment shows if an override chose it; RIP-relative ones read `[rip+10h]`. The options change each of these.
 *
 * @example format(instruction, { ip: 0x1000n })
 * @example format(instruction, { dialect: 'gnu' }) // lock add DWORD PTR [eax+ecx*4+0x10],0x5
 */
export function format(instruction: Instruction, options?: FormatOptions): string {
  if (instruction.code === 0) return '(bad)'
  const style = options === undefined ? PLAIN : styleOf(options)
  const text = style.gnu ? gnuText(instruction, style) : intelText(instruction, style)
  return style.uppercase ? capitals(text) : text
}

function intelText(instruction: Instruction, style: Style): string {
  const pseudo = style.pseudo ? pseudoName(instruction) : undefined
  const name = prefixText(instruction) + (pseudo ?? mnemonicText(instruction))
  if (facts(instruction.code).isString) return name + stringSource(instruction)
  const operands = operandTexts(instruction, style, pseudo !== undefined)
  if (instruction.encoding === Encoding.Evex) decorate(instruction, operands)
  return operands.length === 0 ? name : `${name} ${operands.join(style.separator)}`
}

function gnuText(instruction: Instruction, style: Style): string {
  const pseudo = style.pseudo ? pseudoName(instruction) : undefined
  const name = gnuPrefixes(instruction) + (pseudo ?? gnuMnemonic(instruction))
  const string = facts(instruction.code).isString
  const operands = string
    ? gnuStringOperands(instruction)
    : gnuOperands(instruction, operandTexts(instruction, style, pseudo !== undefined))
  if (instruction.encoding === Encoding.Evex) decorate(instruction, operands)
  return operands.length === 0 ? name : `${name} ${operands.join(style.separator)}`
}

function operandTexts(instruction: Instruction, style: Style, withoutLast: boolean): string[] {
  const count = withoutLast ? instruction.operandCount - 1 : instruction.operandCount
  const operands: string[] = []
  for (let slot = 0; slot < count; slot++) operands.push(operandText(instruction, slot, style))
  return operands
}

/** Everything in capitals but the `h` and the `0x` of numbers. */
function capitals(text: string): string {
  return text
    .toUpperCase()
    .replace(/\b([0-9][0-9A-F]*)H\b/g, '$1h')
    .replace(/\b0X/g, '0x')
}

const ROUNDING: readonly string[] = ['', '{rn-sae}', '{rd-sae}', '{ru-sae}', '{rz-sae}']

function roundingText({ suppressExceptions, rounding }: Instruction): string {
  return suppressExceptions === 1 ? '{sae}' : ROUNDING[rounding]!
}

function maskText({ mask, zeroing }: Instruction): string {
  return mask === 0 ? '' : `{k${mask}}${zeroing === 1 ? '{z}' : ''}`
}

/** How many operands stand before the immediates at the end. */
function registerEnd({ kinds }: Instruction, operands: readonly string[]): number {
  let end = operands.length
  while (end > 0 && kinds[end - 1] === OperandKind.Immediate) end--
  return end
}

/** EVEX: the mask goes with the target, rounding or SAE with the last register. */
function decorate(instruction: Instruction, operands: string[]): void {
  operands[0] += maskText(instruction)
  operands[registerEnd(instruction, operands) - 1] += roundingText(instruction)
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

/** String operations have no explicit operands: their source shows only where it is not the usual one. */
function stringSource(instruction: Instruction): string {
  const { addressSize, bitness, segment } = instruction
  if (segment === 3 && addressSize * 8 === bitness) return ''
  const source = instruction.operation === Operation.Stos || instruction.operation === Operation.Scas ? 7 : 6
  return ` ${segmentText(instruction, 3)}[${registerName(registerId(ADDRESS_CLASS[addressSize]!, source))}]`
}

function operandText(instruction: Instruction, slot: number, style: Style): string {
  switch (instruction.kinds[slot]) {
    case OperandKind.Register: {
      const id = instruction.registers[slot]!
      return style.gnu ? gnuRegister(instruction, slot, id) : registerName(id) + groupText(instruction, slot)
    }
    case OperandKind.Memory:
      return memoryText(instruction, slot, style)
    case OperandKind.Immediate:
      if (style.gnu && isImpliedOne(instruction, slot)) return '1'
      return immediateText(instruction, slot, style)
    case OperandKind.Relative:
      return targetText(instruction, slot, style)
    default:
      return `${hexadecimal(instruction.immediate2, style)}:${hexadecimal(instruction.immediate >>> 0, style)}`
  }
}

/** The second operand of a few operations stands for four registers in a row. */
function groupText(instruction: Instruction, slot: number): string {
  return slot === 1 && formTraits[instruction.code]! & Trait.FourRegisters ? '+3' : ''
}

/** A form has a second immediate after its first one. */
function immediateText(instruction: Instruction, slot: number, style: Style): string {
  const { kinds, sizes, immediate, immediateHigh, immediate2 } = instruction
  const second = slot > 0 && kinds[slot - 1] === OperandKind.Immediate
  const [low, high, size] = second ? [immediate2, 0, 1] : [immediate, immediateHigh, sizes[slot]!]
  if (style.signed) {
    const value = BigInt.asIntN(size * 8, (BigInt(high) << 32n) | BigInt(low >>> 0))
    if (value < 0n) return `-${hexadecimal(-value, style)}`
  }
  return wideHexadecimal(low, high, size, style)
}

function targetText(instruction: Instruction, slot: number, style: Style): string {
  const target = BigInt(style.ip) + BigInt(instruction.length) + BigInt(instruction.immediate)
  const address = BigInt.asUintN(instruction.sizes[slot]! * 8, target)
  return style.symbol?.(address, 'branch') ?? hexadecimal(address, style)
}
