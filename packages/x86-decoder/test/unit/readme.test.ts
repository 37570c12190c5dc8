import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import * as decoder from '../../src/index.ts'

/** The comment after each `console.log` of a snippet is what it prints. */
test('the examples of the README print what they say', () => {
  const text = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  const snippets = [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1]!)
  expect(snippets.length).toBe(3)
  for (const snippet of snippets) {
    const expected = [...snippet.matchAll(/\/\/ (.*)/g)].flatMap((match) => match[1]!.split(' / '))
    const names = /import \{([^}]*)\} from/
      .exec(snippet)![1]!
      .split(',')
      .flatMap((name) => name.trim() || [])
    const printed: string[] = []
    const body = snippet.replace(/^import [^}]*\}.*$/m, '')
    const run = new Function('console', ...names, body)
    run(
      { log: (...values: unknown[]) => printed.push(values.join(' ')) },
      ...names.map((name) => decoder[name as keyof typeof decoder]),
    )
    expect(printed).toEqual(expected)
  }
})
