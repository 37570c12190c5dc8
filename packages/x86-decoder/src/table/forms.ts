import { Mnemonic } from '../generated/mnemonic.ts'
import { Operation } from '../generated/operation.ts'
import { legacyRows, vectorRows } from './all-rows.ts'
import { attributesOf, Trait } from './attributes.ts'
import type { Attributes } from './attributes.ts'
import { CONDITION_FLAGS, CONDITION_NAMES } from './flag-words.ts'
import { identifier } from './names.ts'
import type { Row } from './row.ts'
import { Dimension, MAP_COUNT, opcodeOf, selectorOf, VEX_MAPS } from './selector.ts'
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

/** Room for the codes of all rows: the columns have a fixed size. */
const CAPACITY = 4096
/** Maps from here on have their rows in `vectorRows`. */
const FIRST_VECTOR_OPCODE: number = (VEX_MAPS + 1) << 8

/** The numbered rows: row and condition of each code, and the codes of each opcode in the order of the table. */
const numbered: { count: number; vector: boolean; readonly rows: Row[]; readonly byOpcode: (number[] | undefined)[] } = {
  count: 1,
  vector: false,
  rows: [['00', 'invalid', '', 'flow=Exception']],
  byOpcode: new Array<number[] | undefined>(MAP_COUNT << 8),
}

/** The table's columns that every decode reads, indexed by form; a form's are filled when it is made. */
export const formOperation: Uint16Array = new Uint16Array(CAPACITY)
export const formCondition: Uint8Array = new Uint8Array(CAPACITY)
export const formTraits: Uint32Array = new Uint32Array(CAPACITY)
export const formSize: Uint8Array = new Uint8Array(CAPACITY)
export const formOperandCount: Uint8Array = new Uint8Array(CAPACITY)
/** Element bytes of an EVEX broadcast, and the factor of its compressed displacement (0: the memory operand's size). */
export const formBroadcast: Uint8Array = new Uint8Array(CAPACITY)
export const formDisplacement: Uint8Array = new Uint8Array(CAPACITY)
/** Mnemonic at `code * 3 + size index`. */
export const formMnemonic: Uint16Array = new Uint16Array(CAPACITY * 3)
/** Template ids at `code * 5 + operand`. */
export const formOperands: Uint8Array = new Uint8Array(CAPACITY * 5)

/** Numbers the forms: all that is done at load. The rows of an opcode are read when it is first met. */
function numberRows(rows: readonly Row[]): void {
  const { byOpcode } = numbered
  for (const row of rows) {
    const { opcode, span, conditional } = opcodeOf(row[0])
    for (let step = 0; step < span; step++) {
      if (step === 0 || conditional) {
        formCondition[numbered.count++] = conditional ? step : 0
        numbered.rows.push(row)
      }
      const list = byOpcode[opcode + step]
      if (list) list.push(numbered.count - 1)
      else byOpcode[opcode + step] = [numbered.count - 1]
    }
  }
  if (numbered.count > CAPACITY) throw new Error(`the table has ${numbered.count} forms, the columns room for ${CAPACITY}`)
}

numberRows(legacyRows)

function numberVectorRows(): void {
  if (numbered.vector) return
  numbered.vector = true
  numberRows(vectorRows())
}

/** How many forms there are: `Instruction.code` is below it; 0 is the invalid one. Numbers the vector rows too. */
export function formCount(): number {
  numberVectorRows()
  return numbered.count
}

/** True if `code` is a form. Codes that decoding gave need no counting. */
export function isForm(code: number): boolean {
  return Number.isInteger(code) && code >= 0 && (code < numbered.count || code < formCount())
}

/** The codes of an opcode (`map << 8 | opcode`), in the order of the table. */
export function codesOf(opcode: number): readonly number[] {
  if (opcode >= FIRST_VECTOR_OPCODE) numberVectorRows()
  return numbered.byOpcode[opcode] ?? []
}

const made: (Form | undefined)[] = []

/** The form of a code; made on first use. */
export function formOf(code: number): Form {
  const known = made[code]
  if (known) return known
  const form = makeForm(numbered.rows[code]!, formCondition[code]!)
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

