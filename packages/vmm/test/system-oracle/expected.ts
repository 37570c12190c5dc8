import { deviationOf } from './deviations.ts'
import { features } from './features.ts'
import { readGolden } from './golden.ts'
import { byTheManual } from './rules.ts'
import type { Feature } from './types.ts'

export interface Expected {
  readonly trace: readonly string[]
  /** Whose trace it is: QEMU's, or the manual's against QEMU's. */
  readonly oracle: 'qemu' | 'manual'
}

/** What each case of a feature has to show. */
export function expectedOf(feature: Feature): ReadonlyMap<string, Expected> {
  const manual = readGolden('manual', feature.name)
  const qemu = readGolden('qemu', feature.name)
  return new Map(
    feature.cases.map(({ name }): [string, Expected] => {
      const byManual = manual.get(name)
      if (byManual) return [name, { trace: byManual, oracle: 'manual' }]
      return [name, { trace: byTheManual(qemu.get(name) ?? []), oracle: 'qemu' }]
    }),
  )
}

/** A feature in figures, for `docs/conformance.md`. */
export interface FeatureSummary {
  readonly name: string
  readonly title: string
  readonly cases: number
  /** Cases in which QEMU 7.2 and Mica agree. */
  readonly agreeWithQemu: number
  /** Cases in which QEMU 7.2 breaks a rule of the manual, which Mica follows. */
  readonly byManual: number
  /** Those rules, and what QEMU does. */
  readonly deviations: readonly { readonly rule: string; readonly qemu: string; readonly cases: number }[]
}

function summaryOf(feature: Feature): FeatureSummary {
  const byManual = [...expectedOf(feature)].filter(([, { oracle }]) => oracle === 'manual').map(([name]) => name)
  const deviations = new Map<string, { rule: string; qemu: string; cases: number }>()
  for (const name of byManual) {
    const { rule, qemu } = deviationOf(feature.name, name)!
    deviations.set(rule, { rule, qemu, cases: (deviations.get(rule)?.cases ?? 0) + 1 })
  }
  const { cases, name, title } = feature
  const agreeWithQemu = cases.length - byManual.length
  return {
    name,
    title,
    cases: cases.length,
    agreeWithQemu,
    byManual: byManual.length,
    deviations: [...deviations.values()],
  }
}

/** What `system-oracle.test.ts` holds Mica to, feature by feature, from the golden files alone. */
export const systemSummary = (): readonly FeatureSummary[] => features.map(summaryOf)
