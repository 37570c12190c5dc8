import { readFileSync } from 'node:fs'
import { buildGuestLinux, type CpioEntry } from '@mica-vm/guest-linux'
import type { BootSource, VirtualMachine, VmStatistics } from '@mica-vm/vmm'
import { guestPrograms, overlayInitrd } from '../guest/programs.ts'
import { cpuNs } from './cpu-time.ts'

/** What the default guest's shell asks with. */
const prompt = 'mica:/root# '

/** What a command did to its machine: counters at its first and last instruction. */
export interface Growth {
  readonly before: VmStatistics
  readonly after: VmStatistics
}

export interface Measurement extends Growth {
  readonly status: number
  /** The command as it was typed, and what it printed. */
  readonly output: string
  /** Processor time of this process, all threads. */
  readonly cpuMs: number
  readonly wallMs: number
}

interface Moment {
  readonly statistics: VmStatistics
  readonly cpuMs: number
  readonly wallMs: number
}

export interface DebianBootOptions {
  /** Further files in its root. */
  readonly files?: readonly CpioEntry[]
  /** Kernel modules that the default guest does not have. */
  readonly extraModules?: readonly string[]
}

/** The default guest of Debian packages, with the programs of `experiments/guest`. */
export async function debianBoot({ files = [], extraModules = [] }: DebianBootOptions = {}): Promise<BootSource> {
  const { vmlinux, initrd, commandLine } = await buildGuestLinux({
    extraModules,
    onProgress: ({ message }) => console.error(message),
  })
  const whole = overlayInitrd(readFileSync(initrd), [...guestPrograms(), ...files])
  return { kernel: readFileSync(vmlinux), initrd: whole, commandLine }
}

export interface DebianGuestOptions {
  /** Whether the guest runs between commands, too; default false: its time stands still then. */
  readonly keepsRunning?: boolean
}

/** A machine that was made with `debianBoot`, its shell on the first serial port. */
export class DebianGuest {
  readonly vm: VirtualMachine
  readonly #keepsRunning: boolean
  #text = ''
  /** Up to where the text was read. */
  #read = 0
  #seen: () => void = () => {}
  #marked: () => void = () => {}
  #fail: (error: Error) => void = () => {}
  /** Begin and end of each command since the last look. */
  readonly #moments: Moment[] = []

  constructor(vm: VirtualMachine, { keepsRunning = false }: DebianGuestOptions = {}) {
    this.vm = vm
    this.#keepsRunning = keepsRunning
    vm.on('serial', ({ port, bytes }) => {
      if (port !== 0) return
      this.#text += new TextDecoder('latin1').decode(bytes)
      this.#seen()
    })
    vm.on('debug', () => {
      this.#moments.push(this.#now())
      this.#marked()
    })
  }

  /** All that the guest has sent. */
  get text(): string {
    return this.#text
  }

  /** Boots until the shell asks for a command. */
  async ready(): Promise<void> {
    await this.#until(prompt)
  }

  /** Runs a command of the guest's shell. @throws when the guest ends instead. */
  async measure(command: string): Promise<Measurement> {
    const [measured] = await this.measureAll([command])
    return measured!
  }

  /**
   * Runs commands one after the other. A guest that was not run before, and whose clock counts instructions, boots first and does the same in
   * every run, since it gets all its input at once and takes a line when it waits for one.
   */
  async measureAll(commands: readonly string[]): Promise<Measurement[]> {
    this.order(commands)
    const measured: Measurement[] = []
    for (const command of commands) {
      const output = await this.#until(/<<end (\d+)>>/, false)
      const [begin, end] = this.#moments.splice(0, 2)
      if (!begin || !end) throw new Error(`${command} was not marked; the guest said:\n${output}`)
      measured.push({
        status: Number(/<<end (\d+)>>/.exec(output)![1]),
        output: output.slice(output.indexOf(`run ${command}`), output.lastIndexOf('<<end')).replaceAll('\r', ''),
        before: begin.statistics,
        after: end.statistics,
        cpuMs: end.cpuMs - begin.cpuMs,
        wallMs: end.wallMs - begin.wallMs,
      })
    }
    await this.#until(prompt)
    return measured
  }

  /** Types commands, all at once, for `turn` to run one by one. */
  order(commands: readonly string[]): void {
    this.vm.serial[0]!.send(commands.map((command) => `run ${command}\n`).join(''))
  }

  /**
   * Runs up to the last instruction of the next command that was ordered, and pauses at that very instruction. So a guest whose clock counts
   * instructions, and which has all its orders before it boots, does the same in every run, whatever its host does between two turns.
   */
  async turn(): Promise<Growth> {
    const paused = new Promise<void>((resolve, reject) => {
      this.#fail = reject
      this.#marked = () => {
        if (this.#moments.length < 2) return
        this.#marked = () => {}
        resolve(this.vm.pause())
      }
    })
    void this.#run()
    await paused
    const [begin, end] = this.#moments.splice(0, 2)
    return { before: begin!.statistics, after: end!.statistics }
  }

  #now(): Moment {
    return { statistics: this.vm.statistics, cpuMs: cpuNs() / 1e6, wallMs: performance.now() }
  }

  /** Runs until the guest has sent something; answers what it sent up to there. */
  async #until(wanted: string | RegExp, pauses: boolean = !this.#keepsRunning): Promise<string> {
    const found = new Promise<string>((resolve, reject) => {
      this.#fail = reject
      this.#seen = () => {
        const rest = this.#text.slice(this.#read)
        const match = typeof wanted === 'string' ? rest.indexOf(wanted) : rest.search(wanted)
        if (match < 0) return
        const length = typeof wanted === 'string' ? wanted.length : wanted.exec(rest)![0].length
        this.#read += match + length
        this.#seen = () => {}
        resolve(rest.slice(0, match + length))
      }
    })
    if (this.vm.state !== 'running') void this.#run()
    this.#seen()
    const text = await found
    if (pauses) await this.vm.pause()
    return text
  }

  async #run(): Promise<void> {
    const exit = await this.vm.run()
    if (exit.reason !== 'paused')
      this.#fail(new Error(`the guest ended (${exit.reason}); it said last:\n${this.#text.slice(-1500)}`))
  }
}
