import { sensitivityOf } from './sensitivity.ts'
import { ACCESS_LETTERS } from './table/access-letters.ts'
import { Trait } from './table/attributes.ts'
import { formCount, formOf, isForm } from './table/forms.ts'
import type { Form } from './table/forms.ts'
import { Dimension } from './table/selector.ts'
import { FlowControl, Privilege } from './types.ts'
import type { InstructionFacts } from './types.ts'

const PRIVILEGES: Readonly<Record<string, Privilege>> = {
  none: Privilege.None,
  cpl0: Privilege.Cpl0,
  iopl: Privilege.Iopl,
  smm: Privilege.Smm,
}
const flows: Readonly<Record<string, FlowControl>> = FlowControl
const cache: (InstructionFacts | undefined)[] = []

/** The facts of a form (`Instruction.code`). Throws a RangeError for what is no form. */
export function facts(code: number): InstructionFacts {
  const known = cache[code]
  if (known) return known
  if (!isForm(code)) {
    throw new RangeError(`code ${code} is no form: expected 0..${formCount() - 1}`)
  }
  const made = factsOf(formOf(code))
  cache[code] = made
  return made
}

function factsOf(form: Form): InstructionFacts {
  const { attributes, row } = form
  const flow = flows[attributes.flow]
  if (flow === undefined) throw new Error(`unknown flow "${attributes.flow}" in row ${row.join(' ')}`)
  return {
    operation: form.operation,
    flagsRead: attributes.read,
    flagsWritten: attributes.written,
    flagsUndefined: attributes.undefined,
    flagsCleared: attributes.cleared,
    flagsSet: attributes.set,
    flow,
    endsBlock: flow !== FlowControl.Next || (attributes.traits & Trait.EndsBlock) !== 0,
    privilege: PRIVILEGES[attributes.privilege]!,
    ...sensitivityOf(attributes.sensitivity, attributes.privilege),
    access: form.operands.map((_, slot) => ACCESS_LETTERS[attributes.access.charAt(slot) || (slot === 0 ? 'x' : 'r')]!),
    cpuFeature: attributes.feature,
    x87StackIncrement: attributes.x87Slots,
    lockable: (attributes.traits & Trait.Lock) !== 0,
    isString: (attributes.traits & Trait.String) !== 0,
    validIn64BitMode: (form.selector.accepts[Dimension.Mode]! & 2) !== 0,
    validOutside64BitMode: (form.selector.accepts[Dimension.Mode]! & 1) !== 0,
    defaultSize64: (attributes.traits & (Trait.Default64 | Trait.Force64)) !== 0,
    encoding: `${row[0]} ${row[1]} ${row[2]}`.trimEnd(),
  }
}
