import type { Host } from '../../host.ts'
import type { VmExit } from '../../types.ts'
import type { VirtualMachine } from '../../virtual-machine.ts'
import { MistakesInFile, Status, UsageError } from '../status.ts'
import { reportBrokenDrivers } from '../virtio.ts'
import { Consoles } from './consoles.ts'
import { readHostFile } from './host-file.ts'
import type { HostFile } from './host-schema.ts'
import { createHost } from './machines.ts'
import { MetricsOutput } from './metrics-output.ts'
import { sampleOf, type HostSample } from './sample.ts'
import { applyLimits, type RunningLimits } from './reload.ts'
import { sizeText, tableOf, TableView } from './table.ts'

/** What `mica host` was asked for. */
export interface HostCommandOptions {
  readonly metrics?: string
  readonly serialDir?: string
  /** Seconds. */
  readonly interval: number
  /** Seconds. */
  readonly timeout?: number
}

/** What is said of a guest whose compliance has changed. */
const complianceTexts: Readonly<Record<string, string>> = {
  stalled: 'does not give up the memory that it is asked for, and is swapped out instead',
  lying: 'has broken a rule of its balloon, and is swapped out instead',
  compliant: 'gives up the memory that it is asked for again',
}

const limitsText = ({ min, max, shares, cpuShares }: RunningLimits): string =>
  `has ${sizeText(min)} to ${sizeText(max)} of memory, ${shares} shares of it and ${cpuShares} of the processor from now on`

/** Runs the machines of a host file until all have ended; returns the exit status. @throws UsageError */
export async function runHost(path: string, options: HostCommandOptions): Promise<number> {
  const warn = (text: string): void => void process.stderr.write(`mica: ${text}\n`)
  const file = readHostFile(path)
  const metrics = options.metrics === undefined ? null : new MetricsOutput(options.metrics)
  const consoles = options.serialDir === undefined ? null : new Consoles(options.serialDir, warn)
  const host = await createHost(file, path, warn)
  try {
    return await new HostSession({ host, path, file, options, metrics, consoles }).run()
  } finally {
    host.destroy()
    consoles?.close()
  }
}

interface SessionParts {
  readonly host: Host
  readonly path: string
  readonly file: HostFile
  readonly options: HostCommandOptions
  readonly metrics: MetricsOutput | null
  readonly consoles: Consoles | null
}

/** One run of a host: a table on a terminal, lines of JSON elsewhere. */
class HostSession {
  readonly #host: Host
  readonly #path: string
  readonly #file: HostFile
  readonly #options: HostCommandOptions
  readonly #metrics: MetricsOutput | null
  readonly #consoles: Consoles | null
  readonly #view: TableView | null
  readonly #died = new Map<string, 'died'>()
  readonly #startedAt = performance.now()
  /** Status of an end that the host brought about. */
  #status: number = Status.Done
  #isEnding = false
  #isPipeClosed = false

  constructor({ host, path, file, options, metrics, consoles }: SessionParts) {
    this.#host = host
    this.#path = path
    this.#file = file
    this.#options = options
    this.#metrics = metrics
    this.#consoles = consoles
    const drawsTable = process.stdout.isTTY && !metrics?.toStandardOutput
    this.#view = drawsTable ? new TableView(process.stdout) : null
  }

  async run(): Promise<number> {
    const { interval, timeout } = this.#options
    const vms = this.#host.vms
    for (const [index, vm] of vms.entries()) this.#prepare(vm, this.#file.vms[index]!.input)
    this.#listen()
    const timer = timeout === undefined ? null : setTimeout(() => this.#end(Status.Timeout), timeout * 1000)
    const look = setInterval(() => this.#report(), interval * 1000)
    await Promise.all(vms.map((vm) => this.#runMachine(vm)))
    clearInterval(look)
    if (timer) clearTimeout(timer)
    this.#report()
    return this.#status || (this.#died.size > 0 ? Status.Died : Status.Done)
  }

  #prepare(vm: VirtualMachine, input: string | undefined): void {
    this.#consoles?.attach(vm)
    if (input !== undefined) vm.serial[0]!.send(input)
    vm.on('stuck', () => this.#say(vm.name, 'has halted with interrupts disabled; nothing but the host wakes it up'))
    vm.on('compliance', ({ isCompliant, state }) => {
      this.#say(vm.name, complianceTexts[isCompliant ? 'compliant' : state] ?? state, { compliant: isCompliant })
    })
    reportBrokenDrivers(vm, (device, text) => this.#say(vm.name, `${device}: ${text}`, { device }))
  }

  async #runMachine(vm: VirtualMachine): Promise<void> {
    const exit = await vm.run()
    this.#tell(vm.name, exit)
    // One that lacks memory stands still with all that it has; nobody is here to let it go on.
    if (exit.reason === 'triple-fault' || exit.reason === 'out-of-memory') this.#died.set(vm.name, 'died')
  }

  #tell(name: string, exit: VmExit): void {
    switch (exit.reason) {
      case 'triple-fault':
        return this.#say(name, `died of a triple fault\n${exit.report.text}`, { exit: exit.reason })
      case 'out-of-memory':
        return this.#say(name, `is paused for want of memory: ${exit.message}`, { exit: exit.reason })
      case 'powered-off':
        return this.#say(name, exit.by === 'guest' ? 'has powered off' : 'was stopped', { exit: exit.reason })
      default:
        return this.#say(name, `has ended: ${exit.reason}`, { exit: exit.reason })
    }
  }

  #listen(): void {
    process.on('SIGINT', () => this.#end(Status.Interrupt))
    process.on('SIGTERM', () => this.#end(Status.Terminate))
    process.on('SIGHUP', () => this.#reload())
    process.stdout.on('error', () => {
      this.#isPipeClosed = true
      this.#end(Status.ClosedPipe)
    })
    process.stderr.on('error', () => undefined)
  }

  /** The file has other limits for machines. A wrong one changes nothing. */
  #reload(): void {
    try {
      const { changed, refused } = applyLimits(this.#host, this.#file, readHostFile(this.#path))
      for (const line of refused) this.#warn(`${this.#path}: ${line}`)
      for (const { vm, limits } of changed) this.#say(vm, limitsText(limits), { limits })
    } catch (error) {
      if (!(error instanceof UsageError)) throw error
      for (const line of error instanceof MistakesInFile ? error.lines : [error.message]) this.#warn(line)
    }
  }

  /** A line for who runs the host. */
  #warn(text: string): void {
    if (this.#view) this.#view.say(`mica: ${text}`)
    else process.stderr.write(`mica: ${text}\n`)
  }

  /** Stops all machines; the first reason counts. */
  #end(status: number): void {
    if (this.#isEnding) return
    this.#isEnding = true
    this.#status = status
    for (const vm of this.#host.vms) vm.powerOff()
  }

  #report(): void {
    const sample = sampleOf(this.#host, this.#seconds(), this.#died)
    this.#metrics?.write(sample)
    if (this.#isPipeClosed || this.#metrics?.toStandardOutput) return
    if (this.#view) this.#view.draw(tableOf(sample))
    else this.#line(sample)
  }

  /** Something happened to a machine: a line above the table, or one of JSON. */
  #say(vm: string, text: string, facts: Readonly<Record<string, unknown>> = {}): void {
    if (!this.#view && !this.#metrics?.toStandardOutput && !this.#isPipeClosed)
      this.#line({ seconds: this.#seconds(), vm, ...facts, message: text })
    else this.#warn(`${vm} ${text}`)
  }

  #line(value: HostSample | Readonly<Record<string, unknown>>): void {
    process.stdout.write(`${JSON.stringify(value)}\n`)
  }

  #seconds(): number {
    return Math.round(performance.now() - this.#startedAt) / 1000
  }
}
