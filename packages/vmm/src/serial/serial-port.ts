import { Ns16550a, PC_ADDRESSES, type AccessSize, type Line, type PortDevice, type Timers } from '@mica-vm/pc-devices'
import type { InputPacing } from '../types.ts'
import { SerialInput } from './input.ts'
import { SerialOutput } from './output.ts'

const newline = 0x0a
/** Offsets of registers. */
const data = 0
const lineStatus = 5
/** Bit of the interrupt enable register: received data available. */
const receiveEnabled = 0x01
/** Status reads in a row, with no byte moved in between, that only a guest makes which polls for input. */
const pollsThatAsk = 64
/** Guest time without output after which a halted guest waits for input even if no prompt shows it. */
const silenceNs = 0.25e9
/** Guest time after which a guest that has not halted gets the next line all the same. */
const longestHoldNs = 1e9

export interface SerialPortOptions {
  /** 0 for COM1. */
  readonly index: number
  readonly input: InputPacing
  readonly timers: Timers
  readonly irq: Line
  /** Called when output has room again, and when input arrived: a sleeping machine has something to do. */
  readonly wake: () => void
}

/** A serial port of a virtual machine: a 16550A between the guest and two streams. */
export class SerialPort implements PortDevice {
  readonly portWidth = 1
  readonly #uart: Ns16550a
  readonly #output: SerialOutput
  readonly #input: SerialInput
  readonly #timers: Timers
  #polls = 0
  /** Whether the guest has shown since the last reset that it takes input. */
  #listening = false
  /** Guest time from which the longest hold counts; -1 while the guest has not enabled receive interrupts. */
  #heldSinceNs = -1
  #lastSent = newline
  #lastSentNs = 0
  #sentBytes = 0
  #receivedBytes = 0

  /** @internal */
  constructor({ input, timers, irq, wake }: SerialPortOptions) {
    this.#timers = timers
    this.#output = new SerialOutput(wake)
    this.#input = new SerialInput(input, wake)
    this.#uart = new Ns16550a({ timers, irq, transmit: (byte) => this.#transmit(byte) })
  }

  /** What the guest sends. Unread output is kept up to 64 KiB; while someone reads, a full stream stops the guest. */
  get readable(): ReadableStream<Uint8Array> {
    return this.#output.readable
  }

  /** What the guest shall receive; writes wait while much is on its way. */
  get writable(): WritableStream<Uint8Array> {
    return this.#input.writable
  }

  /** Bytes through this port: as the guest sees them. */
  get statistics(): { readonly sent: number; readonly received: number } {
    return { sent: this.#sentBytes, received: this.#receivedBytes }
  }

  /** Sends without a stream. Text goes as UTF-8. */
  send(input: string | Uint8Array): void {
    this.#input.send(typeof input === 'string' ? new TextEncoder().encode(input) : input)
  }

  /** First port and number of ports, where a PC has this one. */
  static placeOf(index: number): { readonly port: number; readonly irq: number } {
    const place = PC_ADDRESSES.serial[index]
    if (place === undefined) throw new RangeError(`there is no serial port ${index}; ports are 0 to 3`)
    return place
  }

  /** @internal The guest is at the end of a slice; `idle` when it has halted. */
  offer(idle: boolean): void {
    if (this.#input.waitingBytes === 0) return
    const state = this.#uart.snapshot()
    const enabled = (state.ier & receiveEnabled) !== 0
    if (!enabled && !this.#listening) return
    const now = this.#timers.nowNs()
    if (this.#heldSinceNs < 0) this.#heldSinceNs = now
    if (idle && enabled) this.#listening = true
    const overdue = now - this.#heldSinceNs >= longestHoldNs
    if (this.#input.pacing === 'at-once' ? this.#listening || overdue : overdue) return this.#give()
    const isWaiting = this.#lastSent !== newline || now - this.#lastSentNs >= silenceNs
    if (idle && enabled && isWaiting && state.input.length + state.received.length === 0) this.#give()
  }

  /** @internal Hands the output since the last call to the streams and returns it; null if there was none. */
  flush(): Uint8Array | null {
    return this.#output.flush()
  }

  /** @internal Whether the guest has to wait for a reader. */
  get isFull(): boolean {
    return this.#output.isFull
  }

  /** @internal */
  reset(): void {
    this.#uart.reset()
    this.#listening = false
    this.#heldSinceNs = -1
    this.#polls = 0
  }

  /** @internal */
  close(): void {
    this.#output.close()
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
    if (this.#input.waitingBytes > 0) this.#give()
  }

  #give(): void {
    this.#listening = true
    this.#heldSinceNs = this.#timers.nowNs()
    const bytes = this.#input.take(this.#uart.inputRoom)
    this.#receivedBytes += this.#uart.receive(bytes)
  }

  #transmit(byte: number): void {
    this.#sentBytes++
    this.#lastSent = byte
    this.#lastSentNs = this.#timers.nowNs()
    this.#output.transmit(byte)
  }
}
