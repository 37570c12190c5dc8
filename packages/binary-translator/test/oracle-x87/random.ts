/** xorshift128: the same numbers everywhere, so vectors need not carry their inputs. */
export class Random {
  #a: number
  #b = 0x9e3779b9
  #c = 0x243f6a88
  #d = 0xb7e15162

  constructor(seed: number) {
    this.#a = seed | 1
    for (let i = 0; i < 20; i++) this.u32()
  }

  u32(): number {
    const t = this.#d ^ (this.#d << 11)
    this.#d = this.#c
    this.#c = this.#b
    this.#b = this.#a
    this.#a ^= (this.#a >>> 19) ^ t ^ (t >>> 8)
    return this.#a >>> 0
  }

  below(count: number): number {
    return this.u32() % count
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!
  }

  u64(): bigint {
    return (BigInt(this.u32()) << 32n) | BigInt(this.u32())
  }
}
