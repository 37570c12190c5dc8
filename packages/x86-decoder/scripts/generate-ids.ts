// Writes src/generated from the table: run with `node --conditions=@mica-vm/source scripts/generate-ids.ts`.
import { writeFileSync } from 'node:fs'
import { idSources } from './ids.ts'

for (const [file, text] of idSources()) writeFileSync(new URL(`../src/generated/${file}`, import.meta.url), text)
