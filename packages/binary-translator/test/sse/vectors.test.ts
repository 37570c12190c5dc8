// Oracle: a real CPU, recorded by test/oracle-sse/generate.ts: all registers, flags, MXCSR, memory and exceptions.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { recordBytes } from '../oracle-sse/case.ts'
import { compareRecords } from '../oracle-sse/compare.ts'
import { SseMachine } from '../oracle-sse/engine.ts'
import { type Form, forms } from '../oracle-sse/forms.ts'
import { unpack } from '../oracle-sse/vectors.ts'

const file = readFileSync(new URL('../oracle-sse/vectors.bin.br', import.meta.url))
const vectors = unpack(file, forms)

it('every form has vectors', () => {
  expect([...vectors.keys()]).toEqual(forms.map(({ name }) => name))
})

/** Forms by mnemonic, so that a failure names one instruction. */
const families = Map.groupBy(forms, ({ name }) => name.split(' ')[0]!)

describe.each(['interpreter', 'translator'] as const)('the %s does as the CPU', (mode) => {
  const machine = new SseMachine(mode)
  const differencesOf = (form: Form): string[] => {
    const { count, inputs, outputs } = vectors.get(form.name)!
    const found: string[] = []
    for (let i = 0; i < count; i++) {
      const [from, to] = [i * recordBytes, (i + 1) * recordBytes]
      const input = inputs.subarray(from, to)
      found.push(...compareRecords(form.name, input, outputs.subarray(from, to), machine.run(input)))
    }
    return found
  }
  it.each([...families.keys()])('%s', (family) => {
    expect(families.get(family)!.flatMap(differencesOf).slice(0, 4)).toEqual([])
  })
})
