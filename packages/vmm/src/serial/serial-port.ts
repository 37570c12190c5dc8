import { Ns16550a, PC_ADDRESSES, type AccessSize, type Line, type PortDevice } from '@mica-vm/pc-devices'
import { StreamPort, type StreamPortOptions } from './stream-port.ts'

/** Offsets of registers. */
const data = 0
const lineStatus = 5
/** Bit of the interrupt enable register: received data available. */
const receiveEnabled = 0x01
/** Status reads in a row, with no byte moved in between, that only a guest makes which polls for input. */
const pollsThatAsk = 64

export interface SerialPortOptions extends StreamPortOptions {
  /** 0 for COM1. */
  readonly index: number
  readonly irq: Line
}

/** A serial port of a virtual machine: a 16550A between the guest and two streams. */
export class SerialPort extends StreamPort implements PortDevice {
  readonly portWidth = 1
  readonly #uart: Ns16550a
  #polls = 0
  /** Whether the guest has shown since the last reset that it takes input. */
  #listening = false

  /** @internal */
  constructor(options: SerialPortOptions) {
    super(options)
    const { timers, irq } = options
    this.#uart = new Ns16550a({ timers, irq, transmit: (byte) => this.#transmit(byte) })
  }

  /** First port and number of ports, where a PC has this one. */
  static placeOf(index: number): { readonly port: number; readonly irq: number } {
    const place = PC_ADDRESSES.serial[index]
    if (place === undefined) throw new RangeError(`there is no serial port ${index}; ports are 0 to 3`)
    return place
  }

  /** @internal The guest is at the end of a slice; `idle` when it has halted. */
  offer(idle: boolean): void {
    if (this.input.waitingBytes === 0) return
    const state = this.#uart.snapshot()
    const enabled = (state.ier & receiveEnabled) !== 0
    if (!enabled && !this.#listening) return
    if (this.heldSinceNs < 0) this.heldSinceNs = this.progressNs()
    if (idle && enabled) this.#listening = true
    const overdue = this.isOverdue
    if (this.input.pacing === 'at-once' ? this.#listening || overdue : overdue) return this.#give()
    if (idle && enabled && this.looksWaiting && state.input.length + state.received.length === 0) this.#give()
  }

  /** @internal Hands the output since the last call to the streams and returns it; null if there was none. */
  flush(): Uint8Array | null {
    return this.output.flush()
  }

  /** @internal */
  reset(): void {
    this.#uart.reset()
    this.#listening = false
    this.heldSinceNs = -1
    this.#polls = 0
  }

  readPort(port: number, size: AccessSize): number {
    const register = port & 7
    if (register === lineStatus) this.#polled()
    else if (register === data) this.#polls = 0
    return this.#uart.readPort(port, size)
  }

  writePort(port: number, size: AccessSize, value: number): void {
    this.#polls = 0
    this.#uart.writePort(port, size, value)
  }

  #polled(): void {
    if (++this.#polls < pollsThatAsk) return
    this.#polls = 0
    this.#listening = true
    if (this.input.waitingBytes > 0) this.#give()
  }

  #give(): void {
    this.#listening = true
    this.heldSinceNs = this.progressNs()
    const bytes = this.input.take(this.#uart.inputRoom)
    this.receivedBytes += this.#uart.receive(bytes)
  }

  #transmit(byte: number): void {
    this.sentBytes++
    this.lastSent = byte
    this.lastSentNs = this.timers.nowNs()
    this.output.transmit(byte)
  }
}
