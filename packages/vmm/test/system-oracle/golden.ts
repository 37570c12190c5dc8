import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Traces } from './runs.ts'

/**
 * Traces as text: `golden/qemu/FEATURE.txt` has what QEMU sent, `golden/manual/FEATURE.txt` what the manual demands where QEMU
 * does otherwise.
 */
export type Kind = 'qemu' | 'manual'

const fileOf = (kind: Kind, feature: string): string =>
  fileURLToPath(new URL(`golden/${kind}/${feature}.txt`, import.meta.url))

export function readGolden(kind: Kind, feature: string): Traces {
  const file = fileOf(kind, feature)
  const text = existsSync(file) ? readFileSync(file, 'utf8').trimEnd() : ''
  const blocks = text === '' ? [] : text.split('\n\n').map((block) => block.split('\n'))
  return new Map(blocks.map(([name, ...lines]) => [name!, lines.map((line) => line.trim())]))
}

export function writeGolden(kind: Kind, feature: string, traces: Traces): void {
  const text = [...traces].map(([name, lines]) => [name, ...lines.map((line) => `  ${line}`)].join('\n')).join('\n\n')
  const file = fileOf(kind, feature)
  if (text === '') rmSync(file, { force: true })
  else writeFileSync(file, `${text}\n`)
}
