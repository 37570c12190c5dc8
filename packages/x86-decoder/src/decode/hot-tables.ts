import { forms } from '../table/forms.ts'
import { templates } from '../table/templates.ts'

/** The table's columns that every decode reads, as flat arrays indexed by form or by template. */
export const formOperation: Uint16Array = Uint16Array.from(forms, (form) => form.operation)
export const formCondition: Uint8Array = Uint8Array.from(forms, (form) => form.condition)
export const formTraits: Uint16Array = Uint16Array.from(forms, (form) => form.attributes.traits)
export const formSize: Uint8Array = Uint8Array.from(forms, (form) => form.size)
export const formOperandCount: Uint8Array = Uint8Array.from(forms, (form) => form.operands.length)
/** Mnemonic at `code * 3 + size index`. */
export const formMnemonic: Uint16Array = Uint16Array.from(forms.flatMap((form) => [...form.mnemonics]))
/** Template ids at `code * 5 + operand`. */
export const formOperands: Uint8Array = operandColumn()

export const templateKind: Uint8Array = Uint8Array.from(templates, (template) => template.kind)
export const templateRegisterSize: Uint8Array = Uint8Array.from(templates, (template) => template.registerSize)
export const templateMemorySize: Uint8Array = Uint8Array.from(templates, (template) => template.memorySize)
export const templateNumber: Uint16Array = Uint16Array.from(templates, (template) => template.number)

function operandColumn(): Uint8Array {
  const column = new Uint8Array(forms.length * 5)
  forms.forEach((form, code) => column.set(form.operands, code * 5))
  return column
}
