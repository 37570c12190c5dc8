import { spawn, spawnSync, type ChildProcess, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const cli = fileURLToPath(new URL('../../src/cli.ts', import.meta.url))

export interface Ended {
  readonly status: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
}

export interface Started {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** Resolves when standard output holds `text`. */
  readonly shows: (text: string) => Promise<void>
  /** Resolves when standard error does. */
  readonly warns: (text: string) => Promise<void>
}

const command = [process.execPath, '--conditions=@mica-vm/source', cli] as const

/** Starts `mica` with arguments; `input` null leaves standard input open. */
export function start(args: readonly string[], input: string | null = ''): Started {
  return watch(spawn(command[0], [...command.slice(1), ...args], { stdio: 'pipe' }), input)
}

/** Whether `startOnTerminal` works here. */
export const hasTerminal: boolean = spawnSync('script', ['--version']).status === 0

/** Starts `mica` on a terminal of its own; its standard error comes with its output. */
export function startOnTerminal(args: readonly string[]): Started {
  const line = [...command, ...args].map((word) => `'${word}'`).join(' ')
  return watch(spawn('script', ['-qfec', line, '/dev/null'], { stdio: 'pipe' }), null)
}

function watch(child: ChildProcessWithoutNullStreams, input: string | null): Started {
  // A test that gave up leaves no machine behind.
  onTestFinished(() => void child.kill('SIGKILL'))
  let stdout = ''
  let stderr = ''
  const watchers = new Set<() => void>()
  child.stdout.on('data', (bytes: Buffer) => void (stdout += bytes.toString('latin1')))
  child.stderr.on('data', (bytes: Buffer) => void (stderr += bytes.toString('utf8')))
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', () => {
      for (const look of watchers) look()
    })
  }
  child.stdin.on('error', () => undefined)
  if (input !== null) child.stdin.end(input)
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status, signal) => resolve({ status, signal, stdout, stderr }))
  })
  const holds = (output: () => string, text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (output().includes(text)) resolve()
      }
      watchers.add(look)
      look()
      void ended.then(() => reject(new Error(`ended without showing ${text}:\n${stdout}${stderr}`)))
    })
  const shows = (text: string): Promise<void> => holds(() => stdout, text)
  const warns = (text: string): Promise<void> => holds(() => stderr, text)
  return { child, ended, shows, warns }
}

/** Runs `mica` to its end. */
export function mica(args: readonly string[], input: string | null = ''): Promise<Ended> {
  return start(args, input).ended
}

/** A directory for the files of one test file. */
export function scratch(): {
  readonly path: (name: string) => string
  readonly file: (name: string, content: Uint8Array | string) => string
} {
  const directory = mkdtempSync(join(tmpdir(), 'mica-vmm-'))
  const path = (name: string): string => join(directory, name)
  const file = (name: string, content: Uint8Array | string): string => {
    writeFileSync(path(name), content)
    return path(name)
  }
  return { path, file }
}
