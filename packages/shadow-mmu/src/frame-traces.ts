/** Who traces a frame: each has a bit, so that one's end is not the other's. */
export const Tracer = {
  /** Whoever called `trace`: keeps code, say. */
  Client: 1,
  /** The caching policy: translations were made from what the frame holds. */
  Tables: 2,
} as const
export type Tracer = (typeof Tracer)[keyof typeof Tracer]

/** Which frames of the memory are write-traced, by frame number. */
export class FrameTraces {
  readonly #bits: Uint8Array

  constructor(memoryBytes: number) {
    this.#bits = new Uint8Array(Math.ceil(memoryBytes / 4096))
  }

  get frames(): number {
    return this.#bits.length
  }

  has(frame: number, tracer: Tracer): boolean {
    return (this.#bits[frame]! & tracer) !== 0
  }

  set(frame: number, tracer: Tracer, on: boolean): void {
    if (on) this.#bits[frame]! |= tracer
    else this.#bits[frame]! &= ~tracer
  }
}
