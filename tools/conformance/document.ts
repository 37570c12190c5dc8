/** The text of `docs/conformance.md`. */
import { existsSync } from 'node:fs'
import { engineGroups, instructionGroups, type InstructionGroup } from './instruction-groups.ts'
import { systemSummary, type FeatureSummary } from '../../packages/vmm/test/system-oracle/expected.ts'
import { systemFeatures, type SystemFeature } from './system-features.ts'
import type { GroupResult, Results } from './vector-results.ts'

/** How to make the document anew. */
export const command = 'npm run conformance'

const packages = new URL('../../packages/', import.meta.url)

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n')
}

const upper = (name: string): string => name.toUpperCase()

function oracleOf(result: GroupResult | undefined, run: number): string[] {
  if (!result) return [run === 0 ? '-' : 'SDM; the other engine', '-', '-']
  const [interpreted = 0, translated = 0] = result.differences
  return [
    `real CPU, ${result.forms} form${result.forms === 1 ? '' : 's'}`,
    `${result.cases}`,
    interpreted === translated ? `${interpreted}` : `${interpreted} / ${translated}`,
  ]
}

/** Both engines bind one description of each operation, so what one runs, the other does. */
function engineRow({ feature, forms, operations, run, missing }: InstructionGroup, results: Results): string[] {
  const share = missing.length === 0 ? `all ${operations}` : `${run} of ${operations}`
  const lacks = missing.map(upper).join(', ')
  return [engineGroups.get(feature)!, `${forms}`, share, share, ...oracleOf(results.get(feature), run), lacks]
}

function systemRow({ name, oracle, tests, missing = '' }: SystemFeature): string[] {
  const absent = tests.filter((path) => !existsSync(new URL(path, packages)))
  if (absent.length > 0)
    throw new Error(`tools/conformance/system-features.ts names ${absent.join(', ')}, which is not there`)
  const links = tests.map((path) => `[${path.replace(/^.*\/|\.test\.ts$/g, '')}](../packages/${path})`)
  return [name, oracle, links.join(', '), missing]
}

function summaryRow({ title, cases, agreeWithQemu, byManual, deviations }: FeatureSummary): string[] {
  const otherwise = deviations.map(({ rule, qemu }) => `${qemu} (${rule})`).join('; ')
  return [title, `${cases}`, `${agreeWithQemu}`, `${byManual}`, otherwise]
}

/** All of the document, from the tables of decoder and engine and from what running the recordings gave. */
export function conformanceDocument(results: Results): string {
  const groups = instructionGroups()
  const engine = [...engineGroups.keys()].map((feature) => groups.find((group) => group.feature === feature)!)
  const others = groups.filter(({ feature }) => !engineGroups.has(feature))
  const forms = others.reduce((sum, group) => sum + group.forms, 0)
  const executed = others.filter(({ run }) => run > 0)
  const hints = executed.map(({ feature, operations, run }) => `${feature} (${run} of ${operations})`).join(', ')
  return `# Conformance

Which instructions and system features Mica has, and what holds it to the processor's behaviour. Made by \`${command}\` from
the decoder's table, the engine's families and the recordings of a real CPU, which it runs; a test compares it with this file.

## Instructions

"Decoded" counts forms of the decoder's table outside 64-bit mode; "interpreted" and "translated" count operations without a VEX or
EVEX prefix: an operation is described once, and both engines bind that description. A processor model without the group's CPUID bit
raises #UD. "Oracle" counts forms (an instruction with one kind of operands at one operand and code size) that were recorded on a
real CPU with "cases" random inputs each; "differences" are cases in which an engine ends otherwise, with the interpreter's and the
translator's number apart where they differ. Flags that the manual leaves undefined are not compared, and x87 transcendentals may be
one unit in the last place off.

${table(
  ['group', 'decoded', 'interpreted', 'translated', 'oracle', 'cases', 'differences', 'missing'],
  engine.map((group) => engineRow(group, results)),
)}

The other ${others.length} groups (${forms} forms) are decoded, and raise #UD as on a processor whose CPUID lacks them: AVX, AVX-512, BMI,
XOP, 3DNow! and their like. What of them is executed, as no operation or as an older instruction: ${hints}.

## System architecture

${table(['feature', 'oracle', 'tests', 'missing'], systemFeatures.map(systemRow))}

## Beside QEMU

Small system programs run in QEMU 7.2 and in both engines; a test compares what they record. Where QEMU breaks a rule of the manual, Mica
follows the manual. Differences from what is expected: none, or the test fails.

${table(['feature', 'programs', 'as QEMU', 'by the manual', 'what QEMU does otherwise'], systemSummary().map(summaryRow))}
`
}
