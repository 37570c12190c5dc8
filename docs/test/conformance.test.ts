// docs/conformance.md says what is true now: it is made again, with one in eight recorded cases run, and compared.
import { readFileSync } from 'node:fs'
import { format } from 'prettier'
import { expect, it } from 'vitest'
import { command, conformanceDocument } from '../../tools/conformance/document.ts'
import { vectorResults } from '../../tools/conformance/vector-results.ts'

it('docs/conformance.md is what its generator makes', async () => {
  const text = await format(conformanceDocument(vectorResults(8)), { parser: 'markdown', printWidth: 120 })
  const committed = readFileSync(new URL('../conformance.md', import.meta.url), 'utf8')
  expect(text.split('\n'), `stale: run ${command}`).toEqual(committed.split('\n'))
})
