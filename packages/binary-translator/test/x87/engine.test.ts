// Oracle: the same recordings of a real CPU as in vectors.test.ts, run by both engines: what emitted code does itself is held against them.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { differs, show } from '../oracle-x87/compare.ts'
import { isRunnable, X87Machine } from '../oracle-x87/engine.ts'
import { RECORD_BYTES } from '../oracle-x87/image.ts'
import { instructions } from '../oracle-x87/instructions.ts'
import { inputsOf, unpack } from '../oracle-x87/vectors.ts'

const expectations = unpack(readFileSync(new URL('../oracle-x87/vectors.bin.br', import.meta.url)), instructions)

describe.each(['interpreter', 'translator'] as const)('the %s does as the CPU', (mode) => {
  const machine = new X87Machine(mode)
  it.each(instructions.filter(isRunnable))('$name', (instruction) => {
    const number = instructions.indexOf(instruction)
    const { count, outputs } = expectations[number]!
    const inputs = inputsOf(instruction, number, count)
    const found: string[] = []
    for (let at = 0; at < inputs.length; at += RECORD_BYTES) {
      const actual = new DataView(inputs.slice(at, at + RECORD_BYTES).buffer)
      const expected = new DataView(outputs.buffer, at, RECORD_BYTES)
      machine.run(instruction, actual)
      if (!differs(expected, actual, instruction)) continue
      const before = new DataView(inputs.buffer, at, RECORD_BYTES)
      found.push(`before ${show(before)}\ncpu    ${show(expected)}\nengine ${show(actual)}`)
    }
    expect(found.slice(0, 3)).toEqual([])
  })
})
