import type { Timers } from '@mica-vm/pc-devices'
import type { Device } from '../types.ts'
import type { VirtualMachine } from '../virtual-machine.ts'
import { TextWatch } from './text-watch.ts'

/** Guest time between two looks at the screen. */
const lookNs = 50e6

/** Waits for a text: sent through the serial port, or shown on the screen. */
export class ExitWatch {
  readonly #text: string
  #timers: Timers | null = null

  constructor(text: string) {
    this.#text = text
  }

  /** Gives the watch the guest's time, so that it looks at the same moments in each run. */
  readonly device: Device = ({ timers }) => void (this.#timers = timers)

  /** Calls `found` when the text has appeared. */
  watch(vm: VirtualMachine, found: () => void): void {
    const serial = new TextWatch(this.#text)
    vm.on('serial', ({ bytes }) => {
      if (serial.sees(bytes)) found()
    })
    if (vm.screen) this.#look(vm, found)
  }

  #look(vm: VirtualMachine, found: () => void): void {
    if (vm.screen?.text().some((line) => line.includes(this.#text))) return found()
    const timers = this.#timers
    timers?.schedule(timers.nowNs() + lookNs, () => this.#look(vm, found))
  }
}
