import { NO_VECTOR } from './layout.ts'

export interface VectorsState {
  config: number
  queues: number[]
}

/** Which MSI-X table entry each event has (4.1.5.1.2). */
export class Vectors {
  readonly #count: number
  #config = NO_VECTOR
  #queues: number[]

  /** `count` entries, for `queues` queues. */
  constructor(count: number, queues: number) {
    this.#count = count
    this.#queues = new Array<number>(queues).fill(NO_VECTOR)
  }

  get config(): number {
    return this.#config
  }

  setConfig(vector: number): void {
    this.#config = this.#checked(vector)
  }

  ofQueue(index: number): number {
    return this.#queues[index] ?? NO_VECTOR
  }

  setQueue(index: number, vector: number): void {
    if (index < this.#queues.length) this.#queues[index] = this.#checked(vector)
  }

  reset(): void {
    this.#config = NO_VECTOR
    this.#queues.fill(NO_VECTOR)
  }

  snapshot(): VectorsState {
    return { config: this.#config, queues: [...this.#queues] }
  }

  restore(state: VectorsState): void {
    this.#config = state.config
    this.#queues = [...state.queues]
  }

  /** An entry that the device does not have reads back as none, by which the driver sees that it failed. */
  #checked(vector: number): number {
    return vector < this.#count ? vector : NO_VECTOR
  }
}
