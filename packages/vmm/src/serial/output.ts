/** Bytes that wait for a reader: with none, the newest of them are kept; with one that lags, the guest waits. */
const roomBytes = 64 * 1024

/** What a serial port's guest sent, as a stream. */
export class SerialOutput {
  readonly readable: ReadableStream<Uint8Array>
  readonly #onRoom: () => void
  #controller!: ReadableStreamDefaultController<Uint8Array>
  /** Sent in the slice that runs. */
  #fresh = new Uint8Array(256)
  #freshBytes = 0
  #backlog: Uint8Array[] = []
  #backlogBytes = 0
  /** Ends a reader's wait for the next chunk. */
  #arrived: () => void = () => {}
  #cancelled = false

  /** `onRoom` is called when a reader has taken what made the output full. */
  constructor(onRoom: () => void) {
    this.#onRoom = onRoom
    this.readable = new ReadableStream<Uint8Array>(
      {
        start: (controller) => void (this.#controller = controller),
        pull: () => this.#pull(),
        cancel: () => this.#cancel(),
      },
      { highWaterMark: 0 },
    )
  }

  /** Whether a reader lags so far behind that the guest has to wait. */
  get isFull(): boolean {
    return this.#backlogBytes > roomBytes && this.readable.locked
  }

  transmit(byte: number): void {
    if (this.#freshBytes === this.#fresh.length) {
      const grown = new Uint8Array(2 * this.#fresh.length)
      grown.set(this.#fresh)
      this.#fresh = grown
    }
    this.#fresh[this.#freshBytes++] = byte
  }

  /** Hands over what was sent since the last call, and returns it. Null: nothing. */
  flush(): Uint8Array | null {
    if (this.#freshBytes === 0) return null
    const bytes = this.#fresh.slice(0, this.#freshBytes)
    this.#freshBytes = 0
    if (!this.#cancelled) this.#keep(bytes)
    return bytes
  }

  /** No more will come. */
  close(): void {
    this.flush()
    if (this.#cancelled) return
    this.#give()
    this.#cancelled = true
    this.#controller.close()
    this.#arrived()
  }

  #keep(bytes: Uint8Array): void {
    this.#backlog.push(bytes)
    this.#backlogBytes += bytes.length
    while (!this.readable.locked && this.#backlogBytes > roomBytes && this.#backlog.length > 1) {
      this.#backlogBytes -= this.#backlog.shift()!.length
    }
    this.#arrived()
  }

  async #pull(): Promise<void> {
    if (this.#backlogBytes === 0) await new Promise<void>((resolve) => (this.#arrived = resolve))
    this.#give()
  }

  #give(): void {
    if (this.#backlogBytes === 0 || this.#cancelled) return
    const bytes = new Uint8Array(this.#backlogBytes)
    let at = 0
    for (const chunk of this.#backlog) {
      bytes.set(chunk, at)
      at += chunk.length
    }
    this.#backlog = []
    this.#backlogBytes = 0
    this.#controller.enqueue(bytes)
    this.#onRoom()
  }

  #cancel(): void {
    this.#cancelled = true
    this.#backlog = []
    this.#backlogBytes = 0
    this.#onRoom()
  }
}
