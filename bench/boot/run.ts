/** Starts a contestant, waits for the prompt on its output, ends it, and says what that took. */
import { spawn, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { prompt, type Contestant, type Guest } from './contestants.ts'

export interface Sample {
  /** From the start of the process to the prompt, as a user waits for it. */
  readonly wallSeconds: number
  /** Processor time of all threads until then: on a busy machine the steadier figure. */
  readonly cpuSeconds: number
}

/** Linux counts a process's time in hundredths of a second. */
const ticksPerSecond = 100

function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

function waitForPrompt(child: ChildProcess, started: number, timeoutSeconds: number): Promise<Sample> {
  return new Promise((resolve, reject) => {
    let tail = ''
    const fail = (why: string): void => {
      reject(new Error(`${why}; the last output was:\n${tail.slice(-1500)}`))
    }
    const timer = setTimeout(() => fail(`no prompt within ${timeoutSeconds} s`), timeoutSeconds * 1000)
    child.stdout!.setEncoding('latin1').on('data', (text: string) => {
      tail = (tail + text).slice(-4000)
      if (!tail.includes(prompt)) return
      clearTimeout(timer)
      resolve({ wallSeconds: (performance.now() - started) / 1000, cpuSeconds: cpuSeconds(child.pid!) })
    })
    child.on('error', (error) => fail(error.message))
    child.on('exit', (code, signal) => fail(`ended early (${code ?? signal})`))
  })
}

export async function run(contestant: Contestant, guest: Guest, timeoutSeconds: number): Promise<Sample> {
  const [program, ...args] = contestant.command(guest)
  const started = performance.now()
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  try {
    return await waitForPrompt(child, started, timeoutSeconds)
  } finally {
    child.kill('SIGKILL')
  }
}
