import { mkdirSync, writeFileSync } from 'node:fs'
import { format, resolveConfig } from 'prettier'
import { describeMachine } from '../../bench/machine.ts'
import { markdownTable } from '../../bench/table.ts'
import type { Chart, Experiment, Report } from './experiment.ts'
import { svgOf } from './plot.ts'

const folder = new URL('../../docs/experiments/', import.meta.url)

const fileOf = (name: string, { name: part }: Chart): string => `${name}${part === '' ? '' : `-${part}`}.svg`

/** The document of an experiment. */
export function markdownOf(name: string, title: string, report: Report, machine: string): string {
  const { text, claims, tables, charts, parameters } = report
  return [
    `# ${title}`,
    text,
    '## Claims',
    claims.map((claim) => `- ${claim.holds ? 'holds' : '**fails**'}: ${claim.text}`).join('\n'),
    ...charts.map((chart) => `![${chart.title}](${fileOf(name, chart)})`),
    ...tables.flatMap((table) => [`## ${table.title}`, markdownTable(table.header, table.rows)]),
    '## Parameters',
    Object.entries(parameters)
      .map(([key, value]) => `- ${key}: ${value}`)
      .join('\n'),
    `Measured on ${machine}. Times compare within this table only.`,
    `\`npm run experiment -- ${name}\` writes this page anew, and fails when a claim does.`,
  ].join('\n\n')
}

/** Runs an experiment and writes its document and charts to docs/experiments. True if all claims hold. */
export async function publish(name: string, experiment: Experiment): Promise<boolean> {
  const report = await experiment.run()
  mkdirSync(folder, { recursive: true })
  const path = new URL(`${name}.md`, folder)
  const markdown = markdownOf(name, experiment.title, report, describeMachine())
  const options = await resolveConfig(path)
  writeFileSync(path, await format(markdown, { ...options, parser: 'markdown' }))
  for (const chart of report.charts) writeFileSync(new URL(fileOf(name, chart), folder), await svgOf(chart))
  console.log(markdown)
  return report.claims.every(({ holds }) => holds)
}
