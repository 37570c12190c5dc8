/** Runs the guest in one contestant and takes the time of each loop from the marks that it prints. */
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { Mark } from './image.ts'

/** Seconds of processor time of all threads so far: other work on the machine disturbs it little. */
function processorSeconds(pid: number): number {
  let nanoseconds = 0
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    try {
      nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ', 1)[0])
    } catch {
      // The thread has just ended.
    }
  }
  return nanoseconds / 1e9
}

/** Seconds of each loop; undefined: the contestant's processor lacks the instructions. */
export type Times = readonly (number | undefined)[]

/** @throws Error when the guest dies or hangs. */
export function measure([program, ...args]: readonly [string, ...string[]], timeoutSeconds: number): Promise<Times> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const times: (number | undefined)[] = []
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (errors = (errors + text).slice(-2000)))
  let started = 0
  const result = new Promise<Times>((resolve, reject) => {
    const fail = (why: string): void => reject(new Error(`${program}: ${why} in loop ${times.length}; ${errors}`))
    const timer = setTimeout(() => fail('no end'), timeoutSeconds * 1000)
    const take = (mark: string): void => {
      if (mark === Mark.start) started = processorSeconds(child.pid!)
      else if (mark === Mark.end) times.push(processorSeconds(child.pid!) - started)
      else if (mark === Mark.absent) times.push(undefined)
      else if (mark === Mark.done) {
        clearTimeout(timer)
        resolve(times)
      }
    }
    child.stdout.setEncoding('latin1').on('data', (text: string) => [...text].forEach(take))
    child.on('error', (error) => fail(error.message))
    child.on('exit', (code, signal) => fail(`ended early (${code ?? signal})`))
  })
  return result.finally(() => child.kill('SIGKILL'))
}
