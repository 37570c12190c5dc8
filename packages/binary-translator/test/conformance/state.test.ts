// Oracle: a real CPU, recorded by test/oracle-state/generate.ts: FXSAVE, FXRSTOR, XSAVE and its like, areas and whole states compared.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { recordBytes } from '../oracle-state/cases.ts'
import { compareStates } from '../oracle-state/compare.ts'
import { StateMachine } from '../oracle-state/engine.ts'
import { unpack } from '../oracle-state/vectors.ts'

const vectors = unpack(readFileSync(new URL('../oracle-state/vectors.bin.br', import.meta.url)))

describe.each(['interpreter', 'translator'] as const)('the %s does as the CPU', (mode) => {
  const machine = new StateMachine(mode)
  it.each(vectors)('$form.name', ({ form, inputs, outputs }) => {
    const found: string[] = []
    for (let at = 0; at < inputs.length; at += recordBytes) {
      const engine = machine.run(inputs.subarray(at, at + recordBytes))
      found.push(...compareStates(form.name, outputs.subarray(at, at + recordBytes), engine))
    }
    expect(found.slice(0, 5)).toEqual([])
  })
})
