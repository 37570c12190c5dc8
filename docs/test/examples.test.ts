import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from './snippets.ts'

/** An example may build the default guest, which downloads a kernel when there is none yet. */
const longestMs = 10 * 60_000

const examples = readdirSync(join(root, 'examples')).filter((name) => name.endsWith('.ts'))

// Oracle: the example's own assertions, and that it ends without an error after saying something.
test.each(examples)(
  'examples/%s runs',
  (name) => {
    const args = ['--conditions=@mica-vm/source', join(root, 'examples', name)]
    const output = execFileSync(process.execPath, args, {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    expect(output).not.toBe('')
  },
  longestMs,
)
