import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { Sensitivity } from '@mica-vm/x86-decoder'
import { PUBLISHED } from '../../../x86-decoder/scripts/sensitive-instructions.ts'
import { resultsIn, resultsText } from './document.ts'
import { silent, trapping } from './programs.ts'
import { resultOf } from './results.ts'
import type { Result } from './results.ts'

const run = (programs: typeof silent): Promise<readonly Result[]> => Promise.all(programs.map(resultOf))
const wrong = await run(silent)
const right = await run(trapping)

// Oracle: the answer in ring 0, from the manual, in each program.
describe('silently sensitive instructions', () => {
  test.each(wrong)('$program.instruction tells a de-privileged kernel wrong, and a translated one right', (result) => {
    expect(result.facts.sensitivity).toBe(Sensitivity.Silent)
    expect(result.deprivileged).not.toBe(result.program.native)
    expect(result.translated).toBe(result.program.native)
  })

  test('each one on the published list is shown', () => {
    const shown = silent.map(({ instruction }) => instruction)
    expect(PUBLISHED.filter((name) => !shown.includes(name))).toEqual([])
  })
})

describe('instructions that trap', () => {
  test.each(right)('$program.instruction is emulated, and right both ways', (result) => {
    const { facts, program, deprivileged, translated } = result
    expect([Sensitivity.Privileged, Sensitivity.Conditional]).toContain(facts.sensitivity)
    expect([deprivileged, translated]).toEqual([program.native, program.native])
    expect(result.emulated).toBeGreaterThan(4)
  })
})

test('docs/virtualizability.md has these results', () => {
  const document = readFileSync(new URL('../../../../docs/virtualizability.md', import.meta.url), 'utf8')
  expect(resultsIn(document)).toBe(resultsText(wrong, right))
})
