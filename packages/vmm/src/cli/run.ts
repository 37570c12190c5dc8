import { once } from 'node:events'
import type { SerialPort } from '../serial/serial-port.ts'
import type { VmExit } from '../types.ts'
import type { VirtioConsolePort } from '../virtio/console-port.ts'
import type { VirtualMachine } from '../virtual-machine.ts'
import { createVm } from './create-vm.ts'
import { ExitWatch } from './exit-watch.ts'
import { readGuestFiles } from './guest-files.ts'
import { KeyboardSink } from './keyboard-sink.ts'
import type { RunOptions } from './options.ts'
import { OutputFile } from './output-file.ts'
import { debugExitStatus, Status, UsageError } from './status.ts'
import { summary } from './summary.ts'
import { encodeScreen, screenFormatOf } from './screen-file.ts'
import { ScreenView } from './screen-view.ts'
import { TerminalInput, type InputSink } from './terminal.ts'
import { reportBrokenDrivers } from './virtio.ts'

/** Runs a guest as the options say; returns the exit status. @throws UsageError, VmmError, FirmwareError */
export async function runGuest(options: RunOptions): Promise<number> {
  const files = openFiles(options)
  const guest = await readGuestFiles(options)
  if (options.screen !== undefined && screenFormatOf(options.screen) === 'png' && !guest.firmware) {
    throw new UsageError(`--screen ${options.screen}: a kernel without firmware has text alone; end the name in .txt`)
  }
  const typesKeys = (options.keyboard ?? (guest.firmware ? 'stdin' : 'none')) === 'stdin'
  const watch = options.exitOn === undefined ? null : new ExitWatch(options.exitOn)
  const vm = createVm(options, guest, watch)
  return new Session({ vm, options, files, watch, typesKeys }).run()
}

interface OutputFiles {
  readonly debugcon: OutputFile | null
  readonly console: OutputFile | null
  readonly screen: OutputFile | null
  readonly stats: OutputFile | null
}

function openFiles({ debugcon, virtioConsole, screen, stats }: RunOptions): OutputFiles {
  const open = (path: string | undefined, option: string): OutputFile | null =>
    path === undefined ? null : new OutputFile(path, option)
  return {
    debugcon: debugcon === 'stdio' ? null : open(debugcon, '--debugcon'),
    console: virtioConsole === 'stdio' ? null : open(virtioConsole, '--virtio-console'),
    screen: open(screen, '--screen'),
    stats: open(stats, '--stats'),
  }
}

interface SessionParts {
  readonly vm: VirtualMachine
  readonly options: RunOptions
  readonly files: OutputFiles
  readonly watch: ExitWatch | null
  /** Standard input is the machine's keyboard; else it is its first serial port. */
  readonly typesKeys: boolean
}

/** One run of one guest between terminal, files and signals. */
class Session {
  readonly #vm: VirtualMachine
  readonly #options: RunOptions
  readonly #files: OutputFiles
  readonly #watch: ExitWatch | null
  readonly #input: TerminalInput
  /** The machine's screen on a terminal. */
  readonly #view: ScreenView | null
  /** Status of an end that the host brought about. */
  #status: number = Status.Done
  readonly #startedAt = performance.now()

  constructor({ vm, options, files, watch, typesKeys }: SessionParts) {
    this.#vm = vm
    this.#options = options
    this.#files = files
    this.#watch = watch
    const isTerminal = process.stdin.isTTY === true
    let hasSaid = false
    const onUnknown = (character: string): void => {
      if (!hasSaid) this.#say(`no key types ${JSON.stringify(character)}: it and its like are left out`)
      hasSaid = true
    }
    const port = options.virtioConsole === 'stdio' ? vm.console! : vm.serial[0]!
    const sink = typesKeys ? new KeyboardSink(vm.keyboard, isTerminal, onUnknown) : portSink(port)
    this.#input = new TerminalInput(sink, {
      quit: () => this.#end(Status.Done),
      showStatistics: () => this.#say(`\n${summary(vm.statistics)}`),
    })
    this.#view =
      typesKeys && isTerminal && process.stdout.isTTY && vm.screen ? new ScreenView(vm.screen, process.stdout) : null
  }

  async run(): Promise<number> {
    const vm = this.#vm
    const { clock, timeout } = this.#options
    this.#listen()
    this.#input.start()
    const output = this.#copyOutputs()
    this.#view?.start()
    if (process.stdin.isTTY) this.#say('Ctrl-A X quits, Ctrl-A C shows statistics')
    const timer = timeout === undefined ? null : setTimeout(() => this.#end(Status.Timeout), timeout * 1000)
    if (clock === 'instructions' && !process.stdin.isTTY) await this.#input.settled()
    const exit = vm.state === 'off' ? ({ reason: 'powered-off', by: 'host' } as const) : await vm.run()
    if (timer) clearTimeout(timer)
    this.#view?.stop()
    await this.#writeFiles(exit)
    vm.destroy()
    await output
    return this.#statusOf(exit)
  }

  #listen(): void {
    const vm = this.#vm
    const { debugcon } = this.#options
    this.#watch?.watch(vm, () => this.#end(Status.Done))
    if (debugcon === 'stdio') vm.on('debug', ({ byte }) => void process.stdout.write(Uint8Array.of(byte)))
    else if (debugcon !== undefined) vm.on('debug', ({ byte }) => this.#files.debugcon?.write(Uint8Array.of(byte)))
    vm.on('console', ({ bytes }) => this.#files.console?.write(bytes))
    reportBrokenDrivers(this.#vm, (device, text) => this.#say(`${device}: ${text}`))
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

  async #copyOutputs(): Promise<void> {
    const { console, serial } = this.#vm
    const onStdio = console && this.#options.virtioConsole === 'stdio'
    const ports = onStdio ? [serial[0]!, console] : [serial[0]!]
    await Promise.all(ports.map((port) => this.#copyOutput(port.readable)))
  }

  async #copyOutput(readable: ReadableStream<Uint8Array>): Promise<void> {
    const { stdout } = process
    for await (const chunk of readable) {
      if (this.#view || stdout.destroyed || this.#status === Status.ClosedPipe) continue
      if (!stdout.write(chunk))
        await Promise.race([once(stdout, 'drain'), once(stdout, 'close')]).catch(() => undefined)
    }
  }

  async #writeFiles(exit: VmExit): Promise<void> {
    const { screen, stats, debugcon } = this.#files
    if (screen && this.#vm.screen) {
      const format = screenFormatOf(this.#options.screen!)
      const isEmpty = this.#vm.screen.text().every((line) => line === '')
      if (format === 'text' && isEmpty) this.#say('the guest wrote nothing to its text screen')
      screen.write(await encodeScreen(this.#vm.screen, format))
    }
    if (stats) {
      const wallSeconds = (performance.now() - this.#startedAt) / 1000
      const report = { exit, wallSeconds, residentBytes: process.memoryUsage.rss(), ...this.#vm.statistics }
      stats.write(`${JSON.stringify(report, null, 2)}\n`)
    }
    for (const file of [screen, stats, debugcon, this.#files.console]) file?.close()
  }

  #statusOf(exit: VmExit): number {
    switch (exit.reason) {
      case 'debug-exit':
        return debugExitStatus(exit.value)
      case 'triple-fault':
        this.#say(`the guest died of a triple fault\n${exit.report.text}`)
        return Status.Died
      case 'out-of-memory':
        this.#say(`the guest needs memory that the host does not have: ${exit.message}`)
        return Status.Died
      default:
        return exit.reason === 'powered-off' && exit.by === 'guest' ? Status.Done : this.#status
    }
  }

  /** To the person at the terminal, whose line endings are raw. */
  #say(text: string): void {
    if (this.#view?.isShown) return this.#view.say(`mica: ${text}`)
    process.stderr.write(`mica: ${text}\n`.replaceAll('\n', process.stdin.isTTY ? '\r\n' : '\n'))
  }
}

function portSink(port: SerialPort | VirtioConsolePort): InputSink {
  const writer = port.writable.getWriter()
  return { write: (bytes) => writer.write(bytes) }
}
