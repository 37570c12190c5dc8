// Writes src/generated/{operation,mnemonic}.ts from the table: run with `node --conditions=@mica-vm/source scripts/generate-ids.ts`.
import { readFileSync, writeFileSync } from 'node:fs'
import { allRows } from '../src/table/all-rows.ts'
import { identifier, mnemonicsOf, operationOf } from '../src/table/names.ts'

function enumSource(name: string, doc: string, keys: readonly string[]): string {
  const lines = keys.map((key, index) => `  ${key}: ${index},`)
  return [
    '// Generated from the table by scripts/generate-ids.ts.',
    `/** ${doc} */`,
    `export const ${name} = {`,
    ...lines,
    '} as const',
    `export type ${name} = (typeof ${name})[keyof typeof ${name}]`,
    '',
  ].join('\n')
}

const operations = ['Invalid', ...new Set(allRows.map(operationOf).sort())]
const mnemonics = ['Invalid', ...new Set(allRows.flatMap((row) => mnemonicsOf(row).map(identifier)).sort())]
const outputs: readonly (readonly [string, string])[] = [
  ['operation', enumSource('Operation', 'What an instruction does, whatever its size or form.', operations)],
  ['mnemonic', enumSource('Mnemonic', 'The name of an instruction in text.', mnemonics)],
]
let stale = false
for (const [file, text] of outputs) {
  const url = new URL(`../src/generated/${file}.ts`, import.meta.url)
  if (process.argv.includes('--check')) stale ||= readFileSync(url, 'utf8') !== text
  else writeFileSync(url, text)
}
if (stale) {
  console.error('src/generated is stale: run scripts/generate-ids.ts')
  process.exitCode = 1
}
