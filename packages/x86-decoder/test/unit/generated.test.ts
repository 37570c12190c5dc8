import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { idSources } from '../../scripts/ids.ts'

test('src/generated is what the table gives', () => {
  for (const [file, text] of idSources()) {
    expect(readFileSync(new URL(`../../src/generated/${file}`, import.meta.url), 'utf8'), file).toBe(text)
  }
})
