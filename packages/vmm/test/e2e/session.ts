import { onTestFinished } from 'vitest'
import { Host, type Device, type DeviceContext, type KeyName, type VirtualMachine } from '../../src/index.ts'
import type { HostOptions, VmExit, VmOptions } from '../../src/index.ts'

const secondNs = 1e9
/** How often the screen is looked at, in the guest's own time. */
const lookNs = 20e6

type Timers = DeviceContext['timers']

export interface SessionOptions extends Omit<VmOptions, 'devices' | 'memory'> {
  readonly memory: number
  readonly engine?: HostOptions['engine']
}

/**
 * A guest with someone in front of it who waits for words on its screen or serial port, and types. Time is the guest's own, one
 * nanosecond for each instruction unless asked otherwise, and so are the moments at which someone looks and the limits of
 * patience: a busy host changes nothing of what happens, and when.
 */
export class Session {
  readonly vm: VirtualMachine
  /** All that the first serial port has sent. */
  serial = ''
  readonly #timers: Timers
  readonly #look: { sees: () => boolean; until: number } = { sees: () => false, until: 0 }

  constructor({ engine = 'auto', ...options }: SessionOptions) {
    let timers: Timers | undefined
    const eye: Device = (context) => {
      timers = context.timers
      this.#watch(context.timers)
    }
    const host = new Host({ memory: options.memory + 16 * 2 ** 20, engine })
    this.vm = host.createVm({ clock: 'instructions', ...options, devices: [eye] })
    this.#timers = timers!
    this.vm.on('serial', ({ port, bytes }) => {
      if (port === 0) this.serial += new TextDecoder('latin1').decode(bytes)
    })
    // Halted for good: time stands still, and nobody would look any more.
    this.vm.on('stuck', () => void this.vm.pause())
    onTestFinished(() => this.vm.destroy())
  }

  /** What the screen shows, without the empty lines at its end. */
  get screen(): string {
    return (this.vm.screen?.text() ?? []).join('\n').trimEnd()
  }

  /**
   * Runs the guest until its screen shows `words`, and answers the screen.
   * @throws with the screen when that takes more than so many seconds of the guest's time, or the run ends.
   */
  async shows(words: string | RegExp, seconds: number): Promise<string> {
    await this.#until(() => this.screen.search(pattern(words)) >= 0, words, seconds)
    return this.screen
  }

  /** Runs the guest until its serial port has sent `words`; the rest as `shows`. */
  async sends(words: string | RegExp, seconds: number): Promise<void> {
    await this.#until(() => this.serial.search(pattern(words)) >= 0, words, seconds)
  }

  /** Runs the guest until it ends the run by itself; the rest as `shows`. */
  async ends(seconds: number): Promise<VmExit> {
    const exit = await this.#run(() => false, seconds)
    if (exit.reason === 'paused') throw new Error(this.#complaint('did not end', seconds))
    return exit
  }

  /** Runs the guest for this long; the rest as `shows`. */
  async passes(seconds: number): Promise<void> {
    const exit = await this.#run(() => false, seconds)
    if (exit.reason !== 'paused') throw new Error(this.#complaint(`ended (${describeExit(exit)})`, seconds))
  }

  type(text: string): void {
    this.vm.keyboard.type(text)
  }

  press(...keys: readonly KeyName[]): void {
    this.vm.keyboard.press(...keys)
  }

  async #until(sees: () => boolean, words: string | RegExp, seconds: number): Promise<void> {
    const exit = await this.#run(sees, seconds)
    if (exit.reason !== 'paused')
      throw new Error(this.#complaint(`ended (${describeExit(exit)}) before ${words}`, seconds))
    if (!sees()) throw new Error(this.#complaint(`never showed ${words}`, seconds))
  }

  #run(sees: () => boolean, seconds: number): Promise<VmExit> {
    this.#look.sees = sees
    this.#look.until = this.#timers.nowNs() + seconds * secondNs
    return this.vm.run()
  }

  #watch(timers: Timers): void {
    timers.schedule(timers.nowNs() + lookNs, () => {
      if (timers.nowNs() >= this.#look.until || this.#look.sees()) void this.vm.pause()
      this.#watch(timers)
    })
  }

  #complaint(what: string, seconds: number): string {
    const { state, retired } = this.vm.processor
    const where = `${retired} instructions, at ${state.selector(1).toString(16)}:${state.eip.toString(16)}`
    const frame = '-'.repeat(80)
    const serial = this.serial === '' ? '' : `\n... serial: ${this.serial.slice(-500)}`
    return `the guest ${what}, in ${seconds} s of its time (${where}); it shows\n${frame}\n${this.screen}\n${frame}${serial}`
  }
}

function pattern(words: string | RegExp): RegExp {
  return typeof words === 'string' ? new RegExp(words.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')) : words
}

function describeExit(exit: VmExit): string {
  return exit.reason === 'triple-fault' ? exit.report.text : exit.reason
}
