const ROUNDS = 4

/**
 * The numbers from 0 to below `length`, each once, in an order that cannot be foreseen without its keys; takes no memory.
 * A Feistel network permutes the next power of two; numbers outside are skipped, which are less than half.
 */
export class RandomOrder {
  readonly length: number
  readonly #halfBits: number
  readonly #lowMask: number
  readonly #highMask: number
  readonly #end: number
  readonly #keys: readonly number[]
  #next = 0

  constructor(length: number, random: () => number) {
    this.length = length
    const bits = Math.max(2, Math.ceil(Math.log2(length)))
    this.#halfBits = bits >>> 1
    this.#lowMask = 2 ** this.#halfBits - 1
    this.#highMask = 2 ** (bits - this.#halfBits) - 1
    this.#end = 2 ** bits
    this.#keys = Array.from({ length: ROUNDS * 2 }, () => Math.floor(random() * 2 ** 32))
  }

  /** The next number, or -1 after the last. */
  next(): number {
    while (this.#next < this.#end) {
      const number = this.#permute(this.#next++)
      if (number < this.length) return number
    }
    return -1
  }

  #permute(number: number): number {
    let low = number & this.#lowMask
    let high = number >>> this.#halfBits
    for (let round = 0; round < ROUNDS; round++) {
      high ^= mix(low, this.#keys[2 * round]!) & this.#highMask
      low ^= mix(high, this.#keys[2 * round + 1]!) & this.#lowMask
    }
    return (high << this.#halfBits) | low
  }
}

/** Spreads every bit of `value` over the low ones of the result: the finalizer of a multiplicative hash. */
function mix(value: number, key: number): number {
  const product = Math.imul(value ^ key, 0x9e3779b1)
  const folded = Math.imul(product ^ (product >>> 15), 0x85ebca77)
  return folded ^ (folded >>> 13)
}
