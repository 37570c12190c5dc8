// Writes the results into docs/virtualizability.md: `node --conditions=@mica-vm/source packages/vmm/test/virtualizability/write-results.ts`.
import { readFileSync, writeFileSync } from 'node:fs'
import { resultsText, withResults } from './document.ts'
import { silent, trapping } from './programs.ts'
import { resultOf } from './results.ts'

const path = new URL('../../../../docs/virtualizability.md', import.meta.url)
const runs = { silent: await Promise.all(silent.map(resultOf)), trapping: await Promise.all(trapping.map(resultOf)) }
writeFileSync(path, withResults(readFileSync(path, 'utf8'), resultsText(runs.silent, runs.trapping)))
