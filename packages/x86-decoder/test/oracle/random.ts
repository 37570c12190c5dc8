/** xorshift128: a seeded stream, so that every run of a comparison sees the same bytes. */
export class Random {
  #a: number
  #b = 0x9e3779b9
  #c = 0x243f6a88
  #d = 0xb7e15162

  constructor(seed: number) {
    this.#a = seed | 0 || 1
    for (let i = 0; i < 16; i++) this.next()
  }

  /** 32 unsigned bits. */
  next(): number {
    let t = this.#d
    const s = this.#a
    this.#d = this.#c
    this.#c = this.#b
    this.#b = s
    t ^= t << 11
    t ^= t >>> 8
    this.#a = t ^ s ^ (s >>> 19)
    return this.#a >>> 0
  }

  below(limit: number): number {
    return this.next() % limit
  }

  pick(values: readonly number[]): number {
    return values[this.below(values.length)]!
  }
}
