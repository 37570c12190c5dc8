/** A small deterministic generator (xorshift128 seeded by splitmix32): the same seed gives the same tests everywhere. */
export class Random {
  readonly #state: Uint32Array = new Uint32Array(4)

  constructor(seed: number) {
    let x = seed >>> 0
    for (let i = 0; i < 4; i++) {
      x = (x + 0x9e37_79b9) >>> 0
      let z = Math.imul(x ^ (x >>> 16), 0x21f0_aaad)
      z = Math.imul(z ^ (z >>> 15), 0x735a_2d97)
      this.#state[i] = z ^ (z >>> 15)
    }
    this.#state[0]! |= 1
  }

  /** Another that goes on with the same numbers. */
  copy(): Random {
    const copy = new Random(0)
    copy.#state.set(this.#state)
    return copy
  }

  /** 32 random bits, unsigned. */
  bits(): number {
    const s = this.#state
    let t = s[3]!
    t ^= t << 11
    t ^= t >>> 8
    s[3] = s[2]!
    s[2] = s[1]!
    s[1] = s[0]!
    s[0] = t ^ s[0]! ^ (s[0]! >>> 19)
    return s[0]!
  }

  /** An integer from 0 to `limit` - 1. */
  below(limit: number): number {
    return this.bits() % limit
  }

  /** An integer from `low` to `high`. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1)
  }

  chance(probability: number): boolean {
    return this.bits() < probability * 0x1_0000_0000
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!
  }

  byte(): number {
    return this.bits() & 0xff
  }

  bytes(count: number): number[] {
    const list: number[] = []
    for (let i = 0; i < count; i++) list.push(this.byte())
    return list
  }

  /** A 32-bit number as tests need them: small, near a power of two, a repeated byte, or anything. */
  interesting(): number {
    switch (this.below(6)) {
      case 0:
        return this.below(20)
      case 1:
        return (0x1_0000_0000 - this.below(20)) >>> 0
      case 2:
        return ((1 << this.below(32)) - 1 + this.below(3)) >>> 0
      case 3:
        return Math.imul(this.byte(), 0x0101_0101) >>> 0
      default:
        return this.bits()
    }
  }
}
