import { legacyRows, vectorRows } from '../src/table/all-rows.ts'
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

/** The text of each file of src/generated, by its name. */
export function idSources(): ReadonlyMap<string, string> {
  const rows = [...legacyRows, ...vectorRows()]
  const operations = ['Invalid', ...new Set(rows.map(operationOf).sort())]
  const mnemonics = ['Invalid', ...new Set(rows.flatMap((row) => mnemonicsOf(row).map(identifier)).sort())]
  return new Map([
    ['operation.ts', enumSource('Operation', 'What an instruction does, whatever its size or form.', operations)],
    ['mnemonic.ts', enumSource('Mnemonic', 'The name of an instruction in text.', mnemonics)],
  ])
}
