import { once } from 'node:events'
import { FirmwareError } from '@mica-vm/firmware'
import { Host } from '../host.ts'
import type { VmExit } from '../types.ts'
import type { VirtualMachine } from '../virtual-machine.ts'
import { readGuestFiles, type GuestFiles } from './guest-files.ts'
import { openMedia } from './media.ts'
import type { RunOptions } from './options.ts'
import { OutputFile } from './output-file.ts'
import { debugExitStatus, Status, UsageError } from './status.ts'
import { summary } from './summary.ts'
import { TerminalInput } from './terminal.ts'
import { TextWatch } from './text-watch.ts'

/** Runs a guest as the options say; returns the exit status. @throws UsageError, VmmError, FirmwareError */
export async function runGuest(options: RunOptions): Promise<number> {
  const files = openFiles(options)
  const guest = await readGuestFiles(options)
  const vm = createVm(options, guest)
  const session = new Session(vm, options, files)
  return session.run()
}

/** Bytes of the host's memory for ROMs and what they shadow. */
const romRoom = 32 * 2 ** 20

interface OutputFiles {
  readonly debugcon: OutputFile | null
  readonly screen: OutputFile | null
  readonly stats: OutputFile | null
}

function openFiles({ debugcon, screen, stats }: RunOptions): OutputFiles {
  const open = (path: string | undefined, option: string): OutputFile | null =>
    path === undefined ? null : new OutputFile(path, option)
  return {
    debugcon: debugcon === 'stdio' ? null : open(debugcon, '--debugcon'),
    screen: open(screen, '--screen'),
    stats: open(stats, '--stats'),
  }
}

function createVm(options: RunOptions, guest: GuestFiles): VirtualMachine {
  const { memory, cpu, engine, clock, screen, boot: bootOrder } = options
  const isTerminal = process.stdin.isTTY === true
  const media = openMedia(options, (text) => void process.stderr.write(`mica: ${text}\n`))
  // Besides RAM, the ROMs and what they are copied to.
  const host = new Host({ memory: memory + romRoom, engine, maximumVms: 1 })
  try {
    return host.createVm({
      memory,
      ...guest,
      media,
      ...(bootOrder && { bootOrder }),
      cpu,
      clock,
      serial: [{ input: isTerminal ? 'at-once' : 'on-demand' }],
      ...(guest.boot && !guest.firmware && { screen: screen === undefined ? 'none' : 'text80x25' }),
    })
  } catch (error) {
    if (!(error instanceof FirmwareError)) throw error
    throw new UsageError(nameFiles(error.message, options))
  }
}

/** The loader speaks of "the kernel" and "the initrd"; their user knows them by their files' names. */
function nameFiles(message: string, { kernel, initrd }: RunOptions): string {
  const named = kernel === undefined ? message : message.replace('the kernel', () => `kernel ${kernel}`)
  return initrd === undefined ? named : named.replace('the initrd', () => `initrd ${initrd}`)
}

/** One run of one guest between terminal, files and signals. */
class Session {
  readonly #vm: VirtualMachine
  readonly #options: RunOptions
  readonly #files: OutputFiles
  /** Status of an end that the host brought about. */
  #status: number = Status.Done
  readonly #startedAt = performance.now()

  constructor(vm: VirtualMachine, options: RunOptions, files: OutputFiles) {
    this.#vm = vm
    this.#options = options
    this.#files = files
  }

  async run(): Promise<number> {
    const vm = this.#vm
    const { clock, timeout } = this.#options
    this.#listen()
    const input = new TerminalInput(vm.serial[0]!, {
      quit: () => this.#end(Status.Done),
      showStatistics: () => this.#say(`\n${summary(vm.statistics)}`),
    })
    input.start()
    const output = this.#copyOutput()
    if (process.stdin.isTTY) this.#say('Ctrl-A X quits, Ctrl-A C shows statistics')
    const timer = timeout === undefined ? null : setTimeout(() => this.#end(Status.Timeout), timeout * 1000)
    if (clock === 'instructions' && !process.stdin.isTTY) await input.settled()
    const exit = vm.state === 'off' ? ({ reason: 'powered-off', by: 'host' } as const) : await vm.run()
    if (timer) clearTimeout(timer)
    this.#writeFiles(exit)
    vm.destroy()
    await output
    return this.#statusOf(exit)
  }

  #listen(): void {
    const vm = this.#vm
    const { exitOn, debugcon } = this.#options
    const watch = exitOn === undefined ? null : new TextWatch(exitOn)
    vm.on('serial', ({ bytes }) => {
      if (watch?.sees(bytes)) this.#end(Status.Done)
    })
    if (debugcon === 'stdio') vm.on('debug', ({ byte }) => void process.stdout.write(Uint8Array.of(byte)))
    else if (debugcon !== undefined) vm.on('debug', ({ byte }) => this.#files.debugcon?.write(Uint8Array.of(byte)))
    vm.on('stuck', () => {
      this.#say('the guest has halted with interrupts disabled; nothing but a signal, --timeout or Ctrl-A X ends this')
    })
    process.on('SIGINT', () => this.#end(Status.Interrupt))
    process.on('SIGTERM', () => this.#end(Status.Terminate))
    process.stdout.on('error', () => this.#end(Status.ClosedPipe))
    process.stderr.on('error', () => undefined)
  }

  /** The first reason to end counts. */
  #end(status: number): void {
    if (this.#vm.state === 'off' || this.#vm.state === 'destroyed') return
    this.#status ||= status
    this.#vm.powerOff()
  }

  async #copyOutput(): Promise<void> {
    const { stdout } = process
    for await (const chunk of this.#vm.serial[0]!.readable) {
      if (stdout.destroyed || this.#status === Status.ClosedPipe) continue
      if (!stdout.write(chunk))
        await Promise.race([once(stdout, 'drain'), once(stdout, 'close')]).catch(() => undefined)
    }
  }

  #writeFiles(exit: VmExit): void {
    const { screen, stats, debugcon } = this.#files
    if (screen) {
      const lines = this.#vm.screen?.text() ?? []
      if (lines.every((line) => line === '')) this.#say('the guest wrote nothing to its text screen')
      screen.write(`${lines.join('\n')}\n`)
    }
    if (stats) {
      const wallSeconds = (performance.now() - this.#startedAt) / 1000
      const report = { exit, wallSeconds, residentBytes: process.memoryUsage.rss(), ...this.#vm.statistics }
      stats.write(`${JSON.stringify(report, null, 2)}\n`)
    }
    for (const file of [screen, stats, debugcon]) file?.close()
  }

  #statusOf(exit: VmExit): number {
    switch (exit.reason) {
      case 'debug-exit':
        return debugExitStatus(exit.value)
      case 'triple-fault':
        this.#say(`the guest died of a triple fault\n${exit.report.text}`)
        return Status.Died
      case 'out-of-memory':
        this.#say('the guest needs memory that the host does not have')
        return Status.Died
      default:
        return exit.reason === 'powered-off' && exit.by === 'guest' ? Status.Done : this.#status
    }
  }

  /** To the person at the terminal, whose line endings are raw. */
  #say(text: string): void {
    process.stderr.write(`mica: ${text}\n`.replaceAll('\n', process.stdin.isTTY ? '\r\n' : '\n'))
  }
}
