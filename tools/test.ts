/**
 * `npm test`: everything that must hold, cheapest first, stopping at the first step that fails. The last line counts what passed and failed:
 * the tests and, besides them, each step that is not a test run.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './workspace.ts'

interface Step {
  readonly name: string
  readonly command: readonly [string, ...string[]]
  /** Where it fails, tests that need what it makes are skipped and say why. */
  readonly optional?: boolean
}

interface Count {
  readonly passed: number
  readonly failed: number
  /** Tests whose oracle, a program of the system, is not installed. */
  readonly skipped: number
}

const report = join(root, 'node_modules/.cache/mica/vitest.json')

const steps: readonly Step[] = [
  { name: 'generate', command: ['node', 'tools/generate.ts'] },
  { name: 'lint', command: ['npm', 'run', '--silent', 'lint'] },
  { name: 'typecheck', command: ['npm', 'run', '--silent', 'typecheck'] },
  { name: 'guest', command: ['node', 'packages/guest-linux/src/cli.ts'], optional: true },
  { name: 'guest-64', command: ['node', 'packages/guest-linux/src/cli.ts', '--architecture', 'amd64'], optional: true },
  { name: 'test', command: ['vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`] },
  { name: 'build', command: ['npm', 'run', '--silent', 'build'] },
  { name: 'pack', command: ['npm', 'run', '--silent', 'pack-test'] },
]

/** nx neither asks nor draws when it runs as a part of something else. */
const env = { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false', NX_DEFAULT_OUTPUT_STYLE: 'static' }

function countTests(): Count {
  if (!existsSync(report)) return { passed: 0, failed: 1, skipped: 0 }
  const counts = JSON.parse(readFileSync(report, 'utf8')) as Record<string, number>
  return {
    passed: counts['numPassedTests'] ?? 0,
    failed: counts['numFailedTests'] ?? 0,
    skipped: counts['numPendingTests'] ?? 0,
  }
}

function runStep({ name, command: [program, ...args], optional }: Step): Count {
  console.log(`\n== ${name}`)
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: 'inherit', env })
  if (error) console.error(error.message)
  const ok = status === 0
  if (optional) return { passed: ok ? 1 : 0, failed: 0, skipped: ok ? 0 : 1 }
  if (name !== 'test') return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 }
  const count = countTests()
  // A file that could not be loaded, or a run of nothing, is a failure that no test counted.
  return ok ? count : { ...count, failed: Math.max(1, count.failed) }
}

function runAll(): Count {
  let [passed, failed, skipped] = [0, 0, 0]
  const lines: string[] = []
  for (const step of steps) {
    const started = performance.now()
    const count = runStep(step)
    passed += count.passed
    failed += count.failed
    skipped += count.skipped
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    const outcome = count.failed > 0 ? 'FAILED' : count.passed > 0 ? 'ok' : 'absent'
    lines.push(`${step.name.padEnd(10)} ${outcome.padEnd(6)} ${seconds.padStart(7)} s`)
    if (count.failed > 0) break
  }
  console.log(`\n${lines.join('\n')}\n`)
  return { passed, failed, skipped }
}

rmSync(report, { force: true })
const { passed, failed, skipped } = runAll()
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
process.exitCode = failed === 0 ? 0 : 1
