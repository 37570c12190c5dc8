/**
 * From a key (page or frame number) to the TLB slots that have it: hash buckets of doubly linked lists in flat arrays.
 * Adding and removing take constant time, finding takes the length of one bucket. Zero stands for "none", and slots are stored plus
 * one, so that memory is used only where slots are.
 */
export class SlotIndex {
  readonly #buckets: number
  /** First slot of each bucket. */
  readonly #heads: Int32Array
  readonly #next: Int32Array
  /** The slot before, or -1 - bucket for the first one. */
  readonly #previous: Int32Array
  readonly #keys: Int32Array

  /** `buckets` is a power of two. */
  constructor(slots: number, buckets: number) {
    this.#buckets = buckets
    this.#heads = new Int32Array(buckets)
    this.#next = new Int32Array(slots)
    this.#previous = new Int32Array(slots)
    this.#keys = new Int32Array(slots)
  }

  add(slot: number, key: number): void {
    const bucket = key & (this.#buckets - 1)
    const head = this.#heads[bucket]!
    this.#keys[slot] = key
    this.#next[slot] = head
    this.#previous[slot] = -1 - bucket
    if (head > 0) this.#previous[head - 1] = slot + 1
    this.#heads[bucket] = slot + 1
  }

  remove(slot: number): void {
    const next = this.#next[slot]!
    const previous = this.#previous[slot]!
    if (next > 0) this.#previous[next - 1] = previous
    if (previous > 0) this.#next[previous - 1] = next
    else this.#heads[-1 - previous] = next
  }

  /** Forgets all slots without looking at them. */
  clear(): void {
    this.#heads.fill(0)
  }

  /** A slot with this key, or -1. */
  find(key: number): number {
    return this.#scan(this.#heads[key & (this.#buckets - 1)]!, key)
  }

  /** Another slot with the key of `slot`, or -1: after `find`, each comes once. */
  findAfter(slot: number): number {
    return this.#scan(this.#next[slot]!, this.#keys[slot]!)
  }

  keyOf(slot: number): number {
    return this.#keys[slot]!
  }

  #scan(from: number, key: number): number {
    let link = from
    while (link > 0 && this.#keys[link - 1] !== key) link = this.#next[link - 1]!
    return link - 1
  }
}
