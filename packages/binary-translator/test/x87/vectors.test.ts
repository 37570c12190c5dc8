// Oracle: a real CPU, recorded by test/oracle-x87/generate.ts. Whole FPU images are compared: all eight registers, tags, TOP,
// condition codes, exception flags, the memory operand and EFLAGS.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { differs, distance, show } from '../oracle-x87/compare.ts'
import { RECORD_BYTES } from '../oracle-x87/image.ts'
import { type Instruction, instructions } from '../oracle-x87/instructions.ts'
import { Model } from '../oracle-x87/module.ts'
import { type Expectation, hash, inputsOf, unpack } from '../oracle-x87/vectors.ts'

const file = readFileSync(new URL('../oracle-x87/vectors.bin.br', import.meta.url))
const expectations = unpack(file, instructions)
const model = new Model()

/** Cases where the module and the CPU differ, in words. */
function differences(instruction: Instruction, number: number, { count, outputs }: Expectation): string[] {
  const inputs = inputsOf(instruction, number, count)
  const found: string[] = []
  for (let at = 0; at < inputs.length; at += RECORD_BYTES) {
    const actual = new DataView(inputs.slice(at, at + RECORD_BYTES).buffer)
    const expected = new DataView(outputs.buffer, at, RECORD_BYTES)
    model.run(instruction, actual)
    if (!differs(expected, actual, instruction)) continue
    found.push(
      `before ${show(new DataView(inputs.buffer, at, RECORD_BYTES))}\ncpu    ${show(expected)}\nmodule ${show(actual)}`,
    )
  }
  return found
}

test('every instruction under test has vectors', () => {
  expect(expectations.map(({ name }) => name)).toEqual(instructions.map(({ name }) => name))
})

for (const [number, instruction] of instructions.entries()) {
  test(`${instruction.name}: as the CPU does`, () => {
    const expectation = expectations[number]!
    expect(
      hash(inputsOf(instruction, number, expectation.count)),
      'vectors belong to other inputs: run generate.ts',
    ).toBe(expectation.inputs)
    expect(differences(instruction, number, expectation)).toEqual([])
  })
}

/** How far ST(0) and ST(1) are from the CPU's, at most. */
function worst(instruction: Instruction, number: number): number {
  const { count, outputs } = expectations[number]!
  const inputs = inputsOf(instruction, number, count)
  let most = 0n
  for (let at = 0; at < inputs.length; at += RECORD_BYTES) {
    const actual = new DataView(inputs.slice(at, at + RECORD_BYTES).buffer)
    const expected = new DataView(outputs.buffer, at, RECORD_BYTES)
    model.run(instruction, actual)
    for (const i of [0, 1]) {
      const found = distance(expected, actual, i)
      if (found > most) most = found
    }
  }
  return Number(most)
}

const functions = instructions.filter(({ ulps }) => ulps > 0)

test.each(functions)('$name is within a unit in the last place of the CPU', (instruction) => {
  const number = instructions.indexOf(instruction)
  expect(expectations[number]!.count).toBeGreaterThanOrEqual(2000)
  expect(worst(instruction, number)).toBeLessThanOrEqual(1)
})

test('the functions that are not exact are the transcendental ones', () => {
  expect(functions.map(({ name }) => name).sort()).toEqual([
    'f2xm1',
    'fcos',
    'fpatan',
    'fptan',
    'fsin',
    'fsincos',
    'fyl2x',
    'fyl2xp1',
  ])
})
