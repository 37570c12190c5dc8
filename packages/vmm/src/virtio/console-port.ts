import { ConsoleDevice } from '@mica-vm/virtio'
import { StreamPort, type StreamPortOptions } from '../serial/stream-port.ts'

/** Bytes that a guest may send within a slice: the rest follows in the next. */
const roomBytes = 64 * 1024
/** What is offered at once at most. */
const offeredBytes = 4096

export interface VirtioConsolePortOptions extends StreamPortOptions {
  readonly size?: { readonly columns: number; readonly rows: number }
}

/** What the guest sent last, before it has said anything since it was reset. */
const nothing = -1

/** The terminal of a virtual machine's virtio console, as two streams. */
export class VirtioConsolePort extends StreamPort {
  /** @internal */
  readonly device: ConsoleDevice
  /** Bytes of the slice that runs. */
  #freshBytes = 0
  /** What the guest shall get, and had no room for. */
  #offered: Uint8Array = new Uint8Array(0)

  /** @internal */
  constructor({ size, ...options }: VirtioConsolePortOptions) {
    super(options, nothing)
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

  /** The terminal has another size, which the guest hears of. */
  resize(columns: number, rows: number): void {
    this.device.resize(columns, rows)
  }

  /** @internal The guest is at the end of a slice; `idle` when it has halted. */
  offer(idle: boolean): void {
    if (this.#offered.length === 0) {
      if (this.input.waitingBytes === 0 || !this.#mayOffer(idle)) return
      this.#offered = this.input.take(offeredBytes)
    }
    const taken = this.device.send(0, this.#offered)
    this.receivedBytes += taken
    this.#offered = this.#offered.subarray(taken)
    if (taken > 0) this.heldSinceNs = this.progressNs()
  }

  /** @internal Hands the output since the last call to the streams and returns it; null if there was none. */
  flush(): Uint8Array | null {
    const wasFull = this.#freshBytes >= roomBytes
    this.#freshBytes = 0
    const bytes = this.output.flush()
    if (wasFull && !this.output.isFull) this.device.resume(0)
    return bytes
  }

  /** @internal */
  reset(): void {
    this.#offered = new Uint8Array(0)
    this.heldSinceNs = -1
    this.lastSent = nothing
  }

  /**
   * On demand, a guest waits when it has halted behind a prompt, or after some silence. It makes room long before anybody listens, so one that
   * has said nothing yet gets a line only when it has been held for long.
   */
  #mayOffer(idle: boolean): boolean {
    if (this.input.pacing === 'at-once') return true
    if (this.heldSinceNs < 0) return false
    return this.isOverdue || (idle && this.lastSent !== nothing && this.looksWaiting)
  }

  #roomMade(): void {
    if (this.heldSinceNs < 0) this.heldSinceNs = this.progressNs()
  }

  #transmit(bytes: Uint8Array): void {
    this.#freshBytes += bytes.length
    this.sentBytes += bytes.length
    this.lastSent = bytes.at(-1) ?? this.lastSent
    this.lastSentNs = this.timers.nowNs()
    for (const byte of bytes) this.output.transmit(byte)
  }
}
