import { describe, expect, test } from 'vitest'
import { randomStatesFrom } from './cases/random.ts'
import { deviationOf, deviations } from './deviations.ts'
import { expectedOf, systemSummary } from './expected.ts'
import { features } from './features.ts'
import { readGolden } from './golden.ts'
import { hasQemu, runInMica, runInQemu } from './machines.ts'
import { byTheManual } from './rules.ts'
import { tracesOf } from './runs.ts'

const text = (trace: readonly string[] | undefined): string => trace?.join('\n') ?? 'nothing'

// Oracle: QEMU 7.2's trace of the same image, or the manual where `deviations.ts` says that QEMU breaks it.
describe.each(features)('$title', (feature) => {
  const expected = expectedOf(feature)

  test.each([
    ['interpreter', 'noncaching'],
    ['translator', 'noncaching'],
    ['translator', 'caching'],
  ] as const)('as expected by the %s with a %s MMU', async (engine, mmu) => {
    const traces = await tracesOf(feature, (image) => runInMica(image, engine, mmu))
    for (const { name } of feature.cases)
      expect.soft(text(traces.get(name)), name).toBe(text(expected.get(name)!.trace))
    expect(traces.size).toBe(feature.cases.length)
  })

  test('each case has a golden trace and a name of its own, and no other has', () => {
    const names = feature.cases.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    expect([...readGolden('qemu', feature.name).keys()]).toEqual(names)
  })

  test("what is the manual's differs from QEMU's, and says by which rule", () => {
    const qemu = readGolden('qemu', feature.name)
    for (const [name, trace] of readGolden('manual', feature.name)) {
      expect(deviationOf(feature.name, name), name).toBeDefined()
      expect(text(byTheManual(qemu.get(name) ?? [])), name).not.toBe(text(trace))
    }
  })
})

test('each deviation of QEMU is shown by a case', () => {
  const shown = new Set(
    features.flatMap(({ name }) => [...readGolden('manual', name).keys()].map((key) => deviationOf(name, key))),
  )
  expect(deviations.filter((deviation) => !shown.has(deviation))).toEqual([])
})

test('the summary counts each case once', () => {
  for (const { cases, agreeWithQemu, byManual, deviations: rules } of systemSummary()) {
    expect(agreeWithQemu + byManual).toBe(cases)
    expect(rules.reduce((sum, rule) => sum + rule.cases, 0)).toBe(byManual)
  }
})

// Oracle: QEMU itself, where the version of the golden files is at hand.
test.runIf(hasQemu)('QEMU still sends what the golden files have', async () => {
  for (const feature of features) {
    const golden = readGolden('qemu', feature.name)
    const expected = expectedOf(feature)
    // Where QEMU goes astray it does so another way each time, or not at all for long.
    const isSteady = (name: string): boolean =>
      expected.get(name)!.oracle === 'qemu' && !text(golden.get(name)).endsWith('shutdown')
    const cases = feature.cases.filter(({ name }, index) => index % 5 === 0 && isSteady(name))
    // A case's place in its image follows from its place in its feature: what is left out is empty.
    const kept = new Set(cases)
    const sample = feature.cases.map((systemCase) =>
      kept.has(systemCase) ? systemCase : { ...systemCase, code: '', low: '' },
    )
    const traces = await tracesOf({ ...feature, cases: sample }, runInQemu)
    for (const { name } of cases) expect.soft(text(traces.get(name)), name).toBe(text(golden.get(name)))
  }
})

const isLong = process.env['MICA_LONG'] !== undefined

// Oracle: QEMU, on states that no golden file has.
test.runIf(hasQemu && isLong)('fresh random states are as in QEMU', async () => {
  const fresh = randomStatesFrom(1 + Number(process.env['MICA_SEED'] ?? 0), 8)
  const qemu = await tracesOf(fresh, runInQemu)
  for (const engine of ['interpreter', 'translator'] as const) {
    const traces = await tracesOf(fresh, (image) => runInMica(image, engine))
    for (const { name } of fresh.cases) {
      expect.soft(text(traces.get(name)), name).toBe(text(byTheManual(qemu.get(name) ?? [])))
    }
  }
})
