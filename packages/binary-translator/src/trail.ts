const length = 16

/** The last addresses at which guest code left to TypeScript: what is known of the way to a crash, at no cost to translated code. */
export class Trail {
  readonly #addresses = new Uint32Array(length)
  #count = 0

  /** Notes that the guest stands at EIP `address`. */
  add(address: number): void {
    this.#addresses[this.#count++ % length] = address
  }

  /** The addresses noted last, newest first, each once in a row; at most 16. */
  recent(): number[] {
    const found: number[] = []
    for (let i = 1; i <= Math.min(this.#count, length); i++) {
      const address = this.#addresses[(this.#count - i) % length]!
      if (found.at(-1) !== address) found.push(address)
    }
    return found
  }
}
