/**
 * From a key (page or frame number) to the TLB slots that have it: hash buckets of doubly linked lists in flat arrays.
 * Adding and removing take constant time; finding takes the length of one bucket.
 */
export class SlotIndex {
  readonly #mask: number
  /** First slot of each bucket, -1 if none. */
  readonly #heads: Int32Array
  readonly #next: Int32Array
  /** The slot before, or -1 - bucket for the first one. */
  readonly #previous: Int32Array
  readonly #keys: Int32Array

  constructor(slots: number, buckets: number) {
    this.#mask = buckets - 1
    this.#heads = new Int32Array(buckets).fill(-1)
    this.#next = new Int32Array(slots)
    this.#previous = new Int32Array(slots)
    this.#keys = new Int32Array(slots)
  }

  add(slot: number, key: number): void {
    const bucket = key & this.#mask
    const head = this.#heads[bucket]!
    this.#keys[slot] = key
    this.#next[slot] = head
    this.#previous[slot] = -1 - bucket
    if (head >= 0) this.#previous[head] = slot
    this.#heads[bucket] = slot
  }

  remove(slot: number): void {
    const next = this.#next[slot]!
    const previous = this.#previous[slot]!
    if (next >= 0) this.#previous[next] = previous
    if (previous >= 0) this.#next[previous] = next
    else this.#heads[-1 - previous] = next
  }

  /** Forgets all slots. */
  clear(): void {
    this.#heads.fill(-1)
  }

  /** A slot with this key, or -1. */
  find(key: number): number {
    let slot = this.#heads[key & this.#mask]!
    while (slot >= 0 && this.#keys[slot] !== key) slot = this.#next[slot]!
    return slot
  }
}
