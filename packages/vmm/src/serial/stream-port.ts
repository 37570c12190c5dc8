import type { Timers } from '@mica-vm/pc-devices'
import type { InputPacing } from '../types.ts'
import { SerialInput } from './input.ts'
import { SerialOutput } from './output.ts'

const newline = 0x0a
/** Guest time without output after which a halted guest waits for input even if no prompt shows it. */
const silenceNs = 0.25e9
/** What a guest may have done before it gets the next line all the same, halted or not. */
const longestHoldNs = 1e9

/** What a port with streams needs, whatever the guest's side of it. */
export interface StreamPortOptions {
  readonly input: InputPacing
  readonly timers: Timers
  /** How far the guest has come: on a busy host it has done nothing yet when a second of its time is over. */
  readonly progressNs: () => number
  /** Called when output has room again, and when input arrived: a sleeping machine has something to do. */
  readonly wake: () => void
}

/** A port between a guest and two streams: the host's side of it, and when a guest is given its next line. */
export abstract class StreamPort {
  protected readonly timers: Timers
  protected readonly progressNs: () => number
  protected readonly output: SerialOutput
  protected readonly input: SerialInput
  /** What the guest sent last, and when. */
  protected lastSent: number
  protected lastSentNs: number = 0
  /** Progress from which the longest hold counts; -1 while the guest has not shown that it could take anything. */
  protected heldSinceNs: number = -1
  protected sentBytes: number = 0
  protected receivedBytes: number = 0

  /** `lastSent` is what counts as sent before anything was. */
  protected constructor({ input, timers, progressNs, wake }: StreamPortOptions, lastSent: number = newline) {
    this.timers = timers
    this.progressNs = progressNs
    this.output = new SerialOutput(wake)
    this.input = new SerialInput(input, wake)
    this.lastSent = lastSent
  }

  /** What the guest sends. Unread output is kept up to 64 KiB; while someone reads, a full stream stops the guest. */
  get readable(): ReadableStream<Uint8Array> {
    return this.output.readable
  }

  /** What the guest shall receive; writes wait while much is on its way. */
  get writable(): WritableStream<Uint8Array> {
    return this.input.writable
  }

  /** Bytes through this port: as the guest sees them. */
  get statistics(): { readonly sent: number; readonly received: number } {
    return { sent: this.sentBytes, received: this.receivedBytes }
  }

  /** Sends without a stream. Text goes as UTF-8. */
  send(input: string | Uint8Array): void {
    this.input.send(typeof input === 'string' ? new TextEncoder().encode(input) : input)
  }

  /** @internal Whether the guest has to wait for a reader. */
  get isFull(): boolean {
    return this.output.isFull
  }

  /** @internal */
  close(): void {
    this.output.close()
  }

  /** Whether input has been held for as long as it may be. */
  protected get isOverdue(): boolean {
    return this.progressNs() - this.heldSinceNs >= longestHoldNs
  }

  /** Whether a guest that has halted waits for input: behind a prompt, or after some silence. */
  protected get looksWaiting(): boolean {
    return this.lastSent !== newline || this.timers.nowNs() - this.lastSentNs >= silenceNs
  }
}
