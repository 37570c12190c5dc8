import { describe, expect, test } from 'vitest'
import type { Bitness } from '../../src/index.ts'
import { compare, randomSource } from '../oracle/comparison.ts'
import { sweepSource } from '../oracle/sweep.ts'

// MICA_LONG and MICA_SEED lengthen and vary this as they do fast-check's properties.
const LONG = process.env['MICA_LONG'] !== undefined
const SEED = Number(process.env['MICA_SEED'] ?? 20260)
const COUNT = LONG ? 10_000_000 : 30_000
const STEP = LONG ? 1 : 61

// Oracle: iced-x86, a second decoder. test/oracle/compare.ts does the same at scale.
describe(`iced-x86 agrees on ${COUNT} random and adversarial strings (seed ${SEED})`, () => {
  test.each([16, 32, 64] as const)('%i-bit', (bitness: Bitness) => {
    const result = compare(bitness, randomSource(COUNT, SEED + bitness))
    expect(Object.fromEntries(result.differences)).toEqual({})
    expect(result.valid).toBeGreaterThan(COUNT / 2)
    expect(result.codes.size).toBeGreaterThan(900)
  })
})

const USES = COUNT / 10
describe(`iced-x86 agrees on registers, memory and stack that ${USES} strings use (seed ${SEED})`, () => {
  test.each([16, 32, 64] as const)('%i-bit', (bitness: Bitness) => {
    const result = compare(bitness, randomSource(USES, SEED - bitness), true)
    expect(Object.fromEntries(result.differences)).toEqual({})
    expect(result.valid).toBeGreaterThan(USES / 2)
  })
})

describe(`iced-x86 agrees on every opcode of every map, one of ${STEP} strings of the sweep`, () => {
  test.each([16, 32, 64] as const)('%i-bit', (bitness: Bitness) => {
    const result = compare(bitness, sweepSource(bitness, STEP))
    expect(Object.fromEntries(result.differences)).toEqual({})
    expect(result.codes.size).toBeGreaterThan(3000)
  })
})
