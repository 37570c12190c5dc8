// Oracle: a real CPU, recorded by test/oracle-cpu/generate.ts. All registers, flags, memory, exceptions, error codes and CR2 are compared,
// but for what the manual leaves undefined (test/oracle-cpu/undefined.ts).
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { inputBytes, outputBytes, readInput, readOutcome } from '../oracle-cpu/case.ts'
import { compareOutcomes } from '../oracle-cpu/compare.ts'
import { CaseMachine } from '../oracle-cpu/engine.ts'
import { type Form, forms } from '../oracle-cpu/forms.ts'
import { hash, unpack } from '../oracle-cpu/vectors.ts'

const file = readFileSync(new URL('../oracle-cpu/vectors.bin.br', import.meta.url))
const vectors = unpack(file, forms)

it('every form has vectors, and they belong to the cases that its maker makes', () => {
  expect([...vectors.keys()]).toEqual(forms.map(({ name }) => name))
  for (const { name, inputs, records } of vectors.values()) {
    expect(hash(records), `${name}: run test/oracle-cpu/generate.ts`).toBe(inputs)
  }
})

/** Forms by mnemonic, so that a failure names one instruction. */
const families = Map.groupBy(forms, ({ name }) => name.split(/ \d| in 16/)[0]!)

describe.each(['interpreter', 'translator'] as const)('the %s does as the CPU', (mode) => {
  const machines = [new CaseMachine(mode, false), new CaseMachine(mode, true)] as const
  const differencesOf = (form: Form): string[] => {
    const { count, records, outputs } = vectors.get(form.name)!
    const machine = machines[form.code16 ? 1 : 0]
    const found: string[] = []
    for (let i = 0; i < count; i++) {
      const input = readInput(records, i * inputBytes)
      found.push(...compareOutcomes(form.name, input, readOutcome(outputs, i * outputBytes), machine.run(input)))
    }
    return found
  }
  it.each([...families.keys()])('%s', (family) => {
    expect(families.get(family)!.flatMap(differencesOf).slice(0, 5)).toEqual([])
  })
})
