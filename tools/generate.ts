/**
 * Runs the `generate` script of every package that has one. Such a script compares its inputs with what it made before and returns at once
 * when nothing changed, so this runs before each start, check and test.
 */
import { execSync } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { packages, root } from './workspace.ts'

export function generate(): void {
  const path = `${join(root, 'node_modules/.bin')}${delimiter}${process.env['PATH'] ?? ''}`
  for (const { directory, manifest } of packages()) {
    const script = manifest.scripts?.['generate']
    if (script) execSync(script, { cwd: directory, stdio: 'inherit', env: { ...process.env, PATH: path } })
  }
}

if (import.meta.main) generate()
