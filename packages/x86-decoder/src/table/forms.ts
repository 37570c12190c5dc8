import { Mnemonic } from '../generated/mnemonic.ts'
import { Operation } from '../generated/operation.ts'
import { allRows } from './all-rows.ts'
import { attributesOf, Trait } from './attributes.ts'
import type { Attributes } from './attributes.ts'
import { CONDITION_FLAGS, CONDITION_NAMES } from './flag-words.ts'
import { identifier } from './names.ts'
import type { Row } from './row.ts'
import { Dimension, selectorOf } from './selector.ts'
import type { Selector } from './selector.ts'
import { sizeCodes } from './sizes.ts'
import { TemplateKind, templateId, templates } from './templates.ts'

/** A row made ready: one form, that is one value of `Instruction.code`. */
export interface Form {
  readonly row: Row
  readonly selector: Selector
  readonly attributes: Attributes
  readonly operands: readonly number[]
  readonly operation: number
  /** Mnemonics at a 16, 32 and 64-bit operand (or address) size. */
  readonly mnemonics: readonly [number, number, number]
  readonly condition: number
  readonly size: number
}

const operationIds: Readonly<Record<string, number>> = Operation
const mnemonicIds: Readonly<Record<string, number>> = Mnemonic
const operandMemo = new Map<string, readonly number[]>()

function operandsOf(text: string): readonly number[] {
  let operands = operandMemo.get(text)
  if (!operands) {
    operands = text === '' ? [] : text.split(' ').map(templateId)
    operandMemo.set(text, operands)
  }
  return operands
}

function id(ids: Readonly<Record<string, number>>, name: string): number {
  const found = ids[name]
  if (found === undefined) throw new Error(`"${name}" is not generated yet: run scripts/generate-ids.ts`)
  return found
}

/** The size code that gives `Instruction.operandSize`: the first sized operand's, except DX and immediates. */
function deriveSize(attributes: Attributes, operands: readonly number[]): number {
  if (attributes.size !== -1) return attributes.size
  for (const operand of operands) {
    const { kind, registerSize, memorySize } = templates[operand]!
    if (kind === TemplateKind.RmVector || kind === TemplateKind.MemoryOnly) return memorySize
    if (kind === TemplateKind.RegVector && operands.length > 1) continue
    if (kind !== TemplateKind.Immediate && kind !== TemplateKind.RegSegment) return registerSize
  }
  return sizeCodes.get('v')!
}

function mnemonicsOf(row: Row): readonly [number, number, number] {
  const names = row[1].split('|')
  const first = id(mnemonicIds, identifier(names[0]!))
  if (names.length === 1) return [first, first, first]
  const second = id(mnemonicIds, identifier(names[1]!))
  return [first, second, names.length > 2 ? id(mnemonicIds, identifier(names[2]!)) : second]
}

function plainForm(row: Row): Form {
  const attributes = attributesOf(row[3])
  const selector = selectorOf(row[0])
  if (attributes.traits & Trait.Invalid64) selector.accepts[Dimension.Mode] = 1
  if (attributes.traits & Trait.Only64) selector.accepts[Dimension.Mode] = 2
  const operands = operandsOf(row[2])
  const mnemonics: readonly [number, number, number] = selector.conditional ? [0, 0, 0] : mnemonicsOf(row)
  const operation = id(operationIds, attributes.operation || identifier(row[1].split('|')[0]!))
  return { row, selector, attributes, operands, operation, mnemonics, condition: 0, size: deriveSize(attributes, operands) }
}

/** A `+cc` row is sixteen forms, one for each condition. */
function conditionalForms(form: Form): Form[] {
  return CONDITION_NAMES.map((name, condition) => {
    const mnemonic = id(mnemonicIds, identifier(form.row[1] + name))
    const selector = { ...form.selector, opcode: form.selector.opcode + condition, span: 1 }
    const attributes = attributesOf(`${form.row[3]} r=${CONDITION_FLAGS[condition]}`)
    return { ...form, selector, attributes, condition, mnemonics: [mnemonic, mnemonic, mnemonic] }
  })
}

function buildForms(): Form[] {
  const invalid: Row = ['00', '(bad)', '', '']
  const forms: Form[] = [
    {
      row: invalid, selector: selectorOf('00'), attributes: attributesOf('flow=Exception'), operands: [],
      operation: 0, mnemonics: [0, 0, 0], condition: 0, size: 0,
    },
  ]
  for (const row of allRows) {
    const form = plainForm(row)
    if (form.selector.conditional) forms.push(...conditionalForms(form))
    else forms.push(form)
  }
  return forms
}

/** Every form; 0 is the invalid one. */
export const forms: readonly Form[] = buildForms()
