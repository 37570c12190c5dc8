import type { InputPacing } from '../types.ts'

/** Input that waits for the guest at most; then whoever writes has to wait. */
const roomBytes = 64 * 1024
const newline = 0x0a
/** Longest piece that is offered at once where lines are offered. */
const longestLine = 1024

/** What the host sent to a serial port and its guest has not been offered yet. */
export class SerialInput {
  readonly writable: WritableStream<Uint8Array>
  readonly pacing: InputPacing
  readonly #onArrival: () => void
  #chunks: Uint8Array[] = []
  #bytes = 0
  #roomWanted: () => void = () => {}

  /** `onArrival` is called when there is something to offer. */
  constructor(pacing: InputPacing, onArrival: () => void) {
    this.pacing = pacing
    this.#onArrival = onArrival
    this.writable = new WritableStream<Uint8Array>({ write: (bytes) => this.#write(bytes) })
  }

  get waitingBytes(): number {
    return this.#bytes
  }

  send(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.#chunks.push(bytes.slice())
    this.#bytes += bytes.length
    this.#onArrival()
  }

  /** Takes what may be offered now, at most `limit` bytes: everything, or a line where lines are offered. */
  take(limit: number): Uint8Array {
    const all = this.#joined()
    const end = this.pacing === 'at-once' ? all.length : lineEnd(all)
    const taken = all.subarray(0, Math.min(end, limit))
    const rest = all.subarray(taken.length)
    this.#chunks = rest.length > 0 ? [rest] : []
    this.#bytes = rest.length
    if (this.#bytes <= roomBytes) this.#roomWanted()
    return taken
  }

  #joined(): Uint8Array {
    if (this.#chunks.length === 1) return this.#chunks[0]!
    const all = new Uint8Array(this.#bytes)
    let at = 0
    for (const chunk of this.#chunks) {
      all.set(chunk, at)
      at += chunk.length
    }
    return all
  }

  async #write(bytes: Uint8Array): Promise<void> {
    this.send(bytes)
    if (this.#bytes > roomBytes) await new Promise<void>((resolve) => (this.#roomWanted = resolve))
  }
}

function lineEnd(bytes: Uint8Array): number {
  const at = bytes.indexOf(newline)
  return Math.min(at < 0 ? bytes.length : at + 1, longestLine)
}
