import { expect, test } from 'vitest'
import { facts, formCount, Operation, Sensitivity } from '../../src/index.ts'
import { formOf } from '../../src/table/forms.ts'
import { DIMENSION_VALUES } from '../../src/table/selector.ts'
import { growTree, roots, tree } from '../../src/table/tree.ts'

const forms = Array.from({ length: formCount() }, (_, code) => formOf(code))

/** Forms that some path of the decision trees reaches. */
function reachable(): Set<number> {
  const found = new Set<number>()
  const seen = new Set<number>()
  const visit = (cell: number): void => {
    if (cell >= 0) return void found.add(cell)
    if (seen.has(cell)) return
    seen.add(cell)
    const node = ~cell
    const values = DIMENSION_VALUES[tree.cells[node]!]!
    for (let value = 0; value < values; value++) visit(tree.cells[node + 1 + value]!)
  }
  for (let opcode = 0; opcode < roots.length; opcode++) visit(growTree(opcode))
  return found
}

test('no row is dead: each one is chosen by some encoding', () => {
  const found = reachable()
  const dead = forms.filter((_, code) => code > 0 && !found.has(code)).map((form) => form.row.join(' | '))
  expect(dead).toEqual([])
})

test('every form has facts, and no fact of a row is misspelt', () => {
  for (let code = 0; code < formCount(); code++) {
    const { access, encoding } = facts(code)
    expect(access.length, encoding).toBe(forms[code]!.operands.length)
    expect(
      access.every((value) => value !== undefined),
      encoding,
    ).toBe(true)
  }
})

test('facts of what is no form is a programming error', () => {
  expect(() => facts(formCount())).toThrow(RangeError)
  expect(() => facts(-1)).toThrow(/-1/)
})

test('a flag has one fate: not written and cleared, set or undefined at once', () => {
  for (let code = 0; code < formCount(); code++) {
    const { flagsWritten, flagsCleared, flagsSet, flagsUndefined, encoding } = facts(code)
    const fates = [flagsWritten, flagsCleared, flagsSet, flagsUndefined]
    for (const [i, a] of fates.entries()) for (const b of fates.slice(i + 1)) expect(a & b, encoding).toBe(0)
  }
})

// Robin and Irvine, "Analysis of the Intel Pentium's Ability to Support a Secure Virtual Machine Monitor" (2000).
test('the seventeen instructions that broke classical virtualization are silently sensitive', () => {
  const names: readonly (keyof typeof Operation)[] = [
    'Sgdt',
    'Sidt',
    'Sldt',
    'Smsw',
    'Pushf',
    'Popf',
    'Lar',
    'Lsl',
    'Verr',
    'Verw',
    'CallFar',
    'JmpFar',
    'Int',
    'Retf',
    'Str',
    'MovSegment',
  ]
  for (const name of names) {
    const codes = forms.flatMap((form, code) => (form.operation === Operation[name] ? [code] : []))
    expect(codes.length, name).toBeGreaterThan(0)
    for (const code of codes) expect(facts(code).sensitivity, name).toBe(Sensitivity.Silent)
  }
  const popSegment = forms.findIndex((form) => form.row[0] === '1F')
  expect(facts(popSegment).sensitivity).toBe(Sensitivity.Silent)
})
