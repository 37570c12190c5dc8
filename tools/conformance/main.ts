/** `npm run conformance`: writes docs/conformance.md. */
import { writeFileSync } from 'node:fs'
import { format } from 'prettier'
import { conformanceDocument } from './document.ts'
import { vectorResults } from './vector-results.ts'

const target = new URL('../../docs/conformance.md', import.meta.url)
writeFileSync(target, await format(conformanceDocument(vectorResults(1)), { parser: 'markdown', printWidth: 120 }))
