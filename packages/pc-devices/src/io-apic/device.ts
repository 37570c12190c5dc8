import { DeliveryMode, type ApicBus, type EoiListener } from '../apic-bus.ts'
import { copyOf } from '../internal/copy.ts'
import type { AccessSize, MmioDevice, Stateful } from '../types.ts'
import { Entry, IOREGSEL, IOWIN, PINS, Register, VERSION_VALUE } from './registers.ts'
import type { IoApicState } from './state.ts'

export interface IoApicOptions {
  bus: ApicBus
  /** IOAPICID after reset. Default 0. */
  id?: number
}

/** An I/O APIC with 24 pins. */
export class IoApic implements MmioDevice, EoiListener, Stateful<IoApicState> {
  readonly #bus: ApicBus
  readonly #id: number
  #state: IoApicState

  constructor({ bus, id = 0 }: IoApicOptions) {
    this.#bus = bus
    this.#id = id & 0xf
    this.#state = this.#initial(0)
    bus.addListener(this)
  }

  /** Asserts or releases a pin. Polarity is the wire's business: levels here are assertion. */
  setPin(pin: number, level: boolean): void {
    if (!(pin >= 0 && pin < PINS)) throw new RangeError(`pin must lie in 0..23, got ${pin}`)
    const state = this.#state
    const was = ((state.pins >> pin) & 1) === 1
    state.pins = level ? state.pins | (1 << pin) : state.pins & ~(1 << pin)
    if (!level || was) return
    const entry = state.low[pin]!
    // Edges that come while the entry is masked are lost (82093AA, 3.2.4).
    if (entry & Entry.LEVEL) this.#service(pin)
    else if (!(entry & Entry.MASK)) this.#send(pin)
  }

  endOfInterrupt(vector: number): void {
    const { low } = this.#state
    for (let pin = 0; pin < PINS; pin++) {
      const entry = low[pin]!
      if (!(entry & Entry.REMOTE_IRR) || (entry & Entry.VECTOR) !== vector) continue
      low[pin] = entry & ~Entry.REMOTE_IRR
      this.#service(pin)
    }
  }

  retry(): void {
    for (let pin = 0; pin < PINS; pin++) this.#service(pin)
  }

  readMmio(offset: number, size: AccessSize): number {
    const aligned = offset & 0xfc
    const value = aligned === IOREGSEL ? this.#state.select : aligned === IOWIN ? this.#readRegister() : 0
    return size === 4 ? value : value >>> (8 * (offset & 3))
  }

  writeMmio(offset: number, size: AccessSize, value: number): void {
    const place = offset & 0xff
    if (place === IOREGSEL) this.#state.select = value & 0xff
    else if (place === IOWIN && size === 4) this.#writeRegister(value)
  }

  snapshot(): IoApicState {
    return copyOf(this.#state)
  }

  restore(state: IoApicState): void {
    this.#state = copyOf(state)
  }

  /** All pins masked. Their levels stay. */
  reset(): void {
    this.#state = this.#initial(this.#state.pins)
  }

  #initial(pins: number): IoApicState {
    return {
      id: this.#id,
      select: 0,
      pins,
      low: new Array<number>(PINS).fill(Entry.MASK),
      high: new Array<number>(PINS).fill(0),
    }
  }

  #readRegister(): number {
    const { select, id, low, high } = this.#state
    if (select === Register.IOAPICID || select === Register.IOAPICARB) return id << 24
    if (select === Register.IOAPICVER) return VERSION_VALUE
    const pin = (select - Register.IOREDTBL) >> 1
    if (pin < 0 || pin >= PINS) return 0
    return (select & 1 ? high : low)[pin]!
  }

  #writeRegister(value: number): void {
    const state = this.#state
    const { select } = state
    if (select === Register.IOAPICID) state.id = (value >>> 24) & 0xf
    const pin = (select - Register.IOREDTBL) >> 1
    if (pin < 0 || pin >= PINS) return
    if (select & 1) {
      state.high[pin] = (value & 0xff00_0000) >>> 0
      return
    }
    const entry = (value & Entry.WRITABLE) | (state.low[pin]! & Entry.REMOTE_IRR)
    // An edge-triggered entry has no remote IRR: this is how software without an EOI register clears a stuck one.
    state.low[pin] = entry & Entry.LEVEL ? entry : entry & ~Entry.REMOTE_IRR
    this.#service(pin)
  }

  /** Sends a level-triggered request if the pin asks for it and nothing waits for an EOI. */
  #service(pin: number): void {
    const { low, pins } = this.#state
    const entry = low[pin]!
    const asks = ((pins >> pin) & 1) === 1 && (entry & (Entry.LEVEL | Entry.MASK | Entry.REMOTE_IRR)) === Entry.LEVEL
    if (asks && this.#send(pin)) low[pin] = low[pin]! | Entry.REMOTE_IRR
  }

  #send(pin: number): boolean {
    const { low, high } = this.#state
    const entry = low[pin]!
    const mode = (entry >> Entry.MODE_SHIFT) & 7
    const level = (entry & Entry.LEVEL) !== 0
    const taken = this.#bus.deliver({
      destination: high[pin]! >>> 24,
      logical: (entry & Entry.LOGICAL) !== 0,
      mode,
      vector: entry & Entry.VECTOR,
      levelTriggered: level,
    })
    return taken && (mode === DeliveryMode.Fixed || mode === DeliveryMode.LowestPriority)
  }
}
