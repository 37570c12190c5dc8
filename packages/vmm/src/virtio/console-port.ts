import { ConsoleDevice } from '@mica-vm/virtio'
import type { Timers } from '@mica-vm/pc-devices'
import { SerialInput } from '../serial/input.ts'
import { SerialOutput } from '../serial/output.ts'
import type { InputPacing } from '../types.ts'

const newline = 0x0a
/** As for serial ports: silence after which a halted guest waits for input, and the longest that a line is held. */
const silenceNs = 0.25e9
const longestHoldNs = 1e9
/** Bytes that a guest may send within a slice: the rest follows in the next. */
const roomBytes = 64 * 1024
/** What is offered at once at most. */
const offeredBytes = 4096

export interface VirtioConsolePortOptions {
  readonly input: InputPacing
  readonly size?: { readonly columns: number; readonly rows: number }
  readonly timers: Timers
  /** A sleeping machine has something to do. */
  readonly wake: () => void
}

/** The terminal of a virtual machine's virtio console, as two streams. */
export class VirtioConsolePort {
  /** @internal */
  readonly device: ConsoleDevice
  readonly #output: SerialOutput
  readonly #input: SerialInput
  readonly #timers: Timers
  /** Bytes of the slice that runs. */
  #freshBytes = 0
  /** What the guest shall get, and had no room for. */
  #offered: Uint8Array = new Uint8Array(0)
  /** What the guest sent last since it was reset; -1: nothing. */
  #lastSent = -1
  #lastSentNs = 0
  /** Guest time from which the longest hold counts; -1 while the guest has made no room. */
  #heldSinceNs = -1
  #sentBytes = 0
  #receivedBytes = 0

  /** @internal */
  constructor({ input, size, timers, wake }: VirtioConsolePortOptions) {
    this.#timers = timers
    this.#output = new SerialOutput(wake)
    this.#input = new SerialInput(input, wake)
    this.device = new ConsoleDevice({
      ports: [
        {
          output: (bytes) => this.#transmit(bytes),
          hasRoom: () => this.#freshBytes < roomBytes,
          onInputRoom: () => this.#roomMade(),
        },
      ],
      ...(size && { size }),
    })
  }

  /** What the guest sends. Unread output is kept up to 64 KiB; while someone reads, a full stream stops the guest. */
  get readable(): ReadableStream<Uint8Array> {
    return this.#output.readable
  }

  /** What the guest shall receive; writes wait while much is on its way. */
  get writable(): WritableStream<Uint8Array> {
    return this.#input.writable
  }

  /** Bytes to and from the host. */
  get statistics(): { readonly sent: number; readonly received: number } {
    return { sent: this.#sentBytes, received: this.#receivedBytes }
  }

  /** Sends without a stream. Text goes as UTF-8. */
  send(input: string | Uint8Array): void {
    this.#input.send(typeof input === 'string' ? new TextEncoder().encode(input) : input)
  }

  /** The terminal has another size, which the guest hears of. */
  resize(columns: number, rows: number): void {
    this.device.resize(columns, rows)
  }

  /** @internal The guest is at the end of a slice; `idle` when it has halted. */
  offer(idle: boolean): void {
    if (this.#offered.length === 0) {
      if (this.#input.waitingBytes === 0 || !this.#mayOffer(idle)) return
      this.#offered = this.#input.take(offeredBytes)
    }
    const taken = this.device.send(0, this.#offered)
    this.#receivedBytes += taken
    this.#offered = this.#offered.subarray(taken)
    if (taken > 0) this.#heldSinceNs = this.#timers.nowNs()
  }

  /** @internal Hands the output since the last call to the streams and returns it; null if there was none. */
  flush(): Uint8Array | null {
    const wasFull = this.#freshBytes >= roomBytes
    this.#freshBytes = 0
    const bytes = this.#output.flush()
    if (wasFull && !this.#output.isFull) this.device.resume(0)
    return bytes
  }

  /** @internal Whether the guest has to wait for a reader. */
  get isFull(): boolean {
    return this.#output.isFull
  }

  /** @internal */
  reset(): void {
    this.#offered = new Uint8Array(0)
    this.#heldSinceNs = -1
    this.#lastSent = -1
  }

  /** @internal */
  close(): void {
    this.#output.close()
  }

  /**
   * On demand, a guest waits when it has halted behind a prompt, or after some silence. It makes room long before anybody listens, so one that
   * has said nothing yet gets a line only when it has been held for long.
   */
  #mayOffer(idle: boolean): boolean {
    if (this.#input.pacing === 'at-once') return true
    if (this.#heldSinceNs < 0) return false
    const now = this.#timers.nowNs()
    if (now - this.#heldSinceNs >= longestHoldNs) return true
    const isSilent = now - this.#lastSentNs >= silenceNs
    return idle && this.#lastSent >= 0 && (this.#lastSent !== newline || isSilent)
  }

  #roomMade(): void {
    if (this.#heldSinceNs < 0) this.#heldSinceNs = this.#timers.nowNs()
  }

  #transmit(bytes: Uint8Array): void {
    this.#freshBytes += bytes.length
    this.#sentBytes += bytes.length
    this.#lastSent = bytes.at(-1) ?? this.#lastSent
    this.#lastSentNs = this.#timers.nowNs()
    for (const byte of bytes) this.#output.transmit(byte)
  }
}
