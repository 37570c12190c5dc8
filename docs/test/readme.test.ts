import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { directory, root, writeSnippets } from './snippets.ts'

const snippets = writeSnippets()

/** A snippet may build the default guest, which downloads a kernel when there is none yet. */
const longestMs = 10 * 60_000

function run(program: string, ...args: string[]): string {
  try {
    return execFileSync(program, args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string }
    throw new Error(`${stdout}${stderr}`, { cause: error })
  }
}

test('there are documents with snippets to run', () => {
  expect(snippets.length).toBeGreaterThan(0)
})

test('every snippet has right types', () => {
  run(join(root, 'node_modules/.bin/tsc'), '-p', directory, '--pretty', 'false')
})

// Oracle: the snippet's own assertions, and that it ends without an error.
test.each(snippets)(
  '$where runs',
  ({ file }) => {
    run(process.execPath, '--conditions=@mica-vm/source', file)
  },
  longestMs,
)
