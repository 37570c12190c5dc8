import { drain } from '../queue/drain.ts'
import { DeviceId } from '../registers.ts'
import type { Chain, VirtioDevice, Virtqueue } from '../types.ts'

/** Bytes that a driver gets for one buffer; the standard lets a device fill less than there is room for (5.4.6.1). */
const MOST_BYTES = 4096
const QUEUE_SIZE = 64

export interface EntropyOptions {
  /** Fills the array with random bytes. */
  readonly random: (into: Uint8Array) => void
}

/** The entropy device (5.4): a source of random numbers. */
export class EntropyDevice implements VirtioDevice {
  readonly deviceId: number = DeviceId.ENTROPY
  readonly features: readonly number[] = []
  readonly queueSizes: readonly number[] = [QUEUE_SIZE]
  readonly configBytes: number = 0
  readonly #random: (into: Uint8Array) => void
  #queue: Virtqueue | null = null

  constructor({ random }: EntropyOptions) {
    this.#random = random
  }

  connect(): void {}

  readConfig(): number {
    return 0
  }

  writeConfig(): void {}

  activate([queue]: readonly Virtqueue[]): void {
    this.#queue = queue ?? null
  }

  notify(): void {
    if (this.#queue) drain(this.#queue, (chain) => this.#fill(chain))
  }

  reset(): void {
    this.#queue = null
  }

  /** It has no state of its own. */
  snapshot(): null {
    return null
  }

  restore(): void {}

  #fill(chain: Chain): number {
    const bytes = new Uint8Array(Math.min(chain.writableBytes, MOST_BYTES))
    this.#random(bytes)
    return chain.write(bytes) ? bytes.length : 0
  }
}
