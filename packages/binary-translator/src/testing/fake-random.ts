import type { RandomSource } from '../system/types.ts'

/** Numbers that look random and are the same each time. */
export class FakeRandom implements RandomSource {
  #state = 1

  /** Begins anew. */
  reset(): void {
    this.#state = 1
  }

  next(): number {
    this.#state ^= this.#state << 13
    this.#state ^= this.#state >>> 17
    this.#state ^= this.#state << 5
    return this.#state >>> 0
  }
}
