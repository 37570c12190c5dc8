// Writes docs/virtualizability.md from the table; the results in it are packages/vmm/test/virtualizability's, and stay.
// Run with `node --conditions=@mica-vm/source scripts/generate-virtualizability.ts`.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { resultsOf, virtualizability } from './virtualizability.ts'

const document = new URL('../../../docs/virtualizability.md', import.meta.url)
const before = existsSync(document) ? readFileSync(document, 'utf8') : ''
writeFileSync(document, virtualizability(resultsOf(before)))
