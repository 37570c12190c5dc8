import { Mnemonic } from '../generated/mnemonic.ts'
import { Operation } from '../generated/operation.ts'
import { allRows } from './all-rows.ts'
import { attributesOf, Trait } from './attributes.ts'
import type { Attributes } from './attributes.ts'
import { CONDITION_FLAGS, CONDITION_NAMES } from './flag-words.ts'
import { identifier } from './names.ts'
import type { Row } from './row.ts'
import { Dimension, MAP_COUNT, opcodeOf, selectorOf } from './selector.ts'
import type { Selector } from './selector.ts'
import { sizeCodes } from './sizes.ts'
import { templateColumns, TemplateKind, templateId } from './templates.ts'

/** A row made ready: one form, that is one value of `Instruction.code`. */
export interface Form {
  readonly row: Row
  readonly selector: Selector
  readonly attributes: Attributes
  readonly operands: readonly number[]
  readonly operation: number
  readonly condition: number
}


interface Numbering {
  /** Row of each code. */
  readonly rows: Uint16Array
  /** Condition of each code. */
  readonly conditions: Uint8Array
  /** Codes of each opcode (`map << 8 | opcode`), in the order of the table. */
  readonly byOpcode: readonly (readonly number[] | undefined)[]
}

/** Numbers the forms: all that is done at load. The rows of an opcode are read when it is first met. */
function numberForms(): Numbering {
  const rows: number[] = [0]
  const conditions: number[] = [0]
  const byOpcode: number[][] = new Array<number[]>(MAP_COUNT << 8)
  for (let row = 0; row < allRows.length; row++) {
    const { opcode, span, conditional } = opcodeOf(allRows[row]![0])
    for (let step = 0; step < span; step++) {
      if (step === 0 || conditional) {
        rows.push(row)
        conditions.push(conditional ? step : 0)
      }
      const list = byOpcode[opcode + step]
      if (list) list.push(rows.length - 1)
      else byOpcode[opcode + step] = [rows.length - 1]
    }
  }
  return { rows: Uint16Array.from(rows), conditions: Uint8Array.from(conditions), byOpcode }
}

const numbering: Numbering = numberForms()

/** How many forms there are; 0 is the invalid one. */
export const formCount: number = numbering.rows.length

/** The codes of an opcode (`map << 8 | opcode`), in the order of the table. */
export function codesOf(opcode: number): readonly number[] {
  return numbering.byOpcode[opcode] ?? []
}

/** The table's columns that every decode reads, indexed by form; a form's are filled when it is made. */
export const formOperation: Uint16Array = new Uint16Array(formCount)
export const formCondition: Uint8Array = numbering.conditions
export const formTraits: Uint32Array = new Uint32Array(formCount)
export const formSize: Uint8Array = new Uint8Array(formCount)
export const formOperandCount: Uint8Array = new Uint8Array(formCount)
/** Element bytes of an EVEX broadcast, and the factor of its compressed displacement (0: the memory operand's size). */
export const formBroadcast: Uint8Array = new Uint8Array(formCount)
export const formDisplacement: Uint8Array = new Uint8Array(formCount)
/** Mnemonic at `code * 3 + size index`. */
export const formMnemonic: Uint16Array = new Uint16Array(formCount * 3)
/** Template ids at `code * 5 + operand`. */
export const formOperands: Uint8Array = new Uint8Array(formCount * 5)

const INVALID_ROW: Row = ['00', 'invalid', '', 'flow=Exception']
const made: (Form | undefined)[] = new Array<Form | undefined>(formCount)

/** The form of a code; made on first use. */
export function formOf(code: number): Form {
  const known = made[code]
  if (known) return known
  const form = makeForm(code === 0 ? INVALID_ROW : allRows[numbering.rows[code]!]!, numbering.conditions[code]!)
  made[code] = form
  fillColumns(code, form)
  return form
}

const operationIds: Readonly<Record<string, number>> = Operation
const mnemonicIds: Readonly<Record<string, number>> = Mnemonic

function id(ids: Readonly<Record<string, number>>, name: string): number {
  const found = ids[name]
  if (found === undefined) throw new Error(`"${name}" is not generated yet: run scripts/generate-ids.ts`)
  return found
}

function makeForm(row: Row, condition: number): Form {
  const conditional = row[0].includes('+cc')
  const attributes = attributesOf(conditional ? `${row[3]} r=${CONDITION_FLAGS[condition]}` : row[3])
  const selector = selectorOf(row[0])
  if (attributes.traits & Trait.Invalid64) selector.accepts[Dimension.Mode] = 1
  if (attributes.traits & Trait.Only64) selector.accepts[Dimension.Mode] = 2
  const operands = row[2] === '' ? [] : row[2].split(' ').map(templateId)
  const operation = id(operationIds, attributes.operation || identifier(row[1].split('|')[0]!))
  return { row, selector, attributes, operands, operation, condition }
}

function fillColumns(code: number, form: Form): void {
  const { attributes, operands, row } = form
  formOperation[code] = form.operation
  formTraits[code] = attributes.traits
  formSize[code] = deriveSize(attributes, operands)
  formOperandCount[code] = operands.length
  formBroadcast[code] = attributes.broadcast
  formDisplacement[code] = attributes.displacement
  formOperands.set(operands, code * 5)
  const names = row[0].includes('+cc') ? [row[1] + CONDITION_NAMES[form.condition]!] : row[1].split('|')
  for (let i = 0; i < 3; i++) formMnemonic[code * 3 + i] = id(mnemonicIds, identifier(names[Math.min(i, names.length - 1)]!))
}

/** The size code that gives `Instruction.operandSize`: the first sized operand's, except DX and immediates. */
function deriveSize(attributes: Attributes, operands: readonly number[]): number {
  if (attributes.size !== -1) return attributes.size
  for (const operand of operands) {
    const kind = templateColumns.kind[operand]
    if (kind === TemplateKind.RmVector || kind === TemplateKind.MemoryOnly) return templateColumns.memorySize[operand]!
    if (kind === TemplateKind.RegVector && operands.length > 1) continue
    if (kind !== TemplateKind.Immediate && kind !== TemplateKind.RegSegment) return templateColumns.registerSize[operand]!
  }
  return sizeCodes.get('v')!
}

