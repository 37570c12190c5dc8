import type { Bus } from '../bus.ts'
import type { AccessSize, Line, PortDevice, Stateful } from '../types.ts'
import { WiredOr } from '../line.ts'
import type { PciFunction } from './device.ts'
import { CONFIG_ADDRESS, CONFIG_DATA, CONFIG_ENABLE } from './registers.ts'
import type { PciHostState } from './state.ts'

export interface PciHostOptions {
  bus: Bus
  /** The four interrupt lines of the root bus: PIRQA .. PIRQD. */
  pirq: (index: number, level: boolean) => void
  /** What answers to bytes at CF8h..CFBh: the reset control register lives inside of CONFIG_ADDRESS. */
  inner?: PortDevice
}

const SLOTS = 32
const FUNCTIONS = 8
const ALL_ONES = 0xffff_ffff

/** PCI bus 0 behind configuration mechanism #1. */
export class PciHost implements PortDevice, Stateful<PciHostState> {
  readonly #bus: Bus
  readonly #functions = new Map<number, PciFunction>()
  readonly #pirqs: WiredOr[]
  readonly #inner: PortDevice | undefined
  #address = 0

  constructor({ bus, pirq, inner }: PciHostOptions) {
    this.#bus = bus
    this.#inner = inner
    this.#pirqs = [0, 1, 2, 3].map((index) => new WiredOr((level) => pirq(index, level)))
  }

  /** Plugs a function in. @throws RangeError when the place is taken or there is no such place. */
  attach(slot: number, fn: PciFunction, functionNumber = 0): void {
    if (!(slot >= 0 && slot < SLOTS)) throw new RangeError(`slot must lie in 0..31, got ${slot}`)
    if (!(functionNumber >= 0 && functionNumber < FUNCTIONS)) {
      throw new RangeError(`function must lie in 0..7, got ${functionNumber}`)
    }
    const key = slot * FUNCTIONS + functionNumber
    if (this.#functions.has(key)) throw new RangeError(`slot ${slot}, function ${functionNumber} is taken`)
    this.#functions.set(key, fn)
    fn.connect?.({ bus: this.#bus, interrupt: (pin) => this.#interrupt(slot, pin) })
  }

  function(slot: number, functionNumber = 0): PciFunction | undefined {
    return this.#functions.get(slot * FUNCTIONS + functionNumber)
  }

  /** All functions with their places, in order. */
  get functions(): { slot: number; function: number; device: PciFunction }[] {
    return [...this.#functions]
      .sort(([a], [b]) => a - b)
      .map(([key, device]) => ({ slot: key >> 3, function: key & 7, device }))
  }

  /** The lowest slot with nothing in it, -1 if the bus is full. */
  get freeSlot(): number {
    for (let slot = 0; slot < SLOTS; slot++) if (!this.#functions.has(slot * FUNCTIONS)) return slot
    return -1
  }

  readPort(port: number, size: AccessSize): number {
    if (port < CONFIG_DATA) {
      if (port === CONFIG_ADDRESS && size === 4) return this.#address
      return size === 1 && this.#inner ? this.#inner.readPort(port, 1) : ALL_ONES
    }
    const fn = this.#selected()
    return fn === undefined ? ALL_ONES : fn.readConfig((this.#address & 0xfc) | (port & 3), size)
  }

  /** Only a whole double word reaches CONFIG_ADDRESS; smaller accesses there are ordinary I/O (3.2.2.3.2). */
  writePort(port: number, size: AccessSize, value: number): void {
    if (port < CONFIG_DATA) {
      if (port === CONFIG_ADDRESS && size === 4) this.#address = (value & 0x80ff_fffc) >>> 0
      else if (size === 1) this.#inner?.writePort(port, 1, value)
      return
    }
    this.#selected()?.writeConfig((this.#address & 0xfc) | (port & 3), size, value)
  }

  snapshot(): PciHostState {
    return { address: this.#address }
  }

  restore(state: PciHostState): void {
    this.#address = (state.address & 0x80ff_fffc) >>> 0
  }

  reset(): void {
    this.#address = 0
  }

  #selected(): PciFunction | undefined {
    const address = this.#address
    if (address < CONFIG_ENABLE || ((address >> 16) & 0xff) !== 0) return undefined
    return this.#functions.get((address >> 8) & 0xff)
  }

  /** Slots are wired in rotation, so that INTA of neighbours lands on different lines: (slot + pin - 2) mod 4. */
  #interrupt(slot: number, pin: number): Line {
    return this.#pirqs[(slot + pin + 2) & 3]!.input()
  }
}
