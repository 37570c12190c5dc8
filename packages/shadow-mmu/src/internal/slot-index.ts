/**
 * From a key (page or frame number) to the TLB slots that have it: hash buckets of doubly linked lists in flat arrays.
 * Adding and removing take constant time, finding takes the length of one bucket. Slots stand in one of two groups;
 * a whole group is forgotten without looking at its slots.
 */
export class SlotIndex {
  readonly #buckets: number
  /** First slot of each bucket, -1 if none; the second group's buckets after the first's. */
  readonly #heads: Int32Array
  readonly #next: Int32Array
  /** The slot before, or -1 - bucket for the first one. */
  readonly #previous: Int32Array
  readonly #keys: Int32Array

  /** `buckets` is a power of two. */
  constructor(slots: number, buckets: number) {
    this.#buckets = buckets
    this.#heads = new Int32Array(2 * buckets).fill(-1)
    this.#next = new Int32Array(slots)
    this.#previous = new Int32Array(slots)
    this.#keys = new Int32Array(slots)
  }

  add(group: number, slot: number, key: number): void {
    const bucket = group * this.#buckets + (key & (this.#buckets - 1))
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

  clear(group: number): void {
    this.#heads.fill(-1, group * this.#buckets, (group + 1) * this.#buckets)
  }

  /** A slot of this group with this key, or -1. */
  find(group: number, key: number): number {
    let slot = this.#heads[group * this.#buckets + (key & (this.#buckets - 1))]!
    while (slot >= 0 && this.#keys[slot] !== key) slot = this.#next[slot]!
    return slot
  }
}
