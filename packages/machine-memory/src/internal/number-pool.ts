/**
 * Numbers that are handed out and counted: frames of the machine, slots of a swap store. Reference counts and the free list are two flat
 * arrays, no object per number. It knows numbers only, not contents.
 */
export class NumberPool {
  /** What a number names, for messages. */
  readonly #noun: string
  readonly #first: number
  readonly #end: number
  /** By number; 0 means free. */
  readonly #references: Uint32Array
  /** Returned numbers, last in first out: the frame most likely still in the processor's cache goes out first. */
  readonly #returned: Uint32Array
  #returnedCount = 0
  /** Numbers from here to the end were never handed out. */
  #next: number
  taken = 0
  returned = 0
  refused = 0

  constructor(noun: string, first: number, end: number) {
    this.#noun = noun
    this.#first = first
    this.#end = end
    this.#next = first
    this.#references = new Uint32Array(end)
    this.#returned = new Uint32Array(end - first)
  }

  get total(): number {
    return this.#end - this.#first
  }

  get free(): number {
    return this.#end - this.#next + this.#returnedCount
  }

  /** Whether the number that `take` gives next has been used before. */
  get nextIsRecycled(): boolean {
    return this.#returnedCount > 0
  }

  /** A number with one reference, or -1. What it names has stale contents. */
  take(): number {
    let number: number
    if (this.#returnedCount > 0) number = this.#returned[--this.#returnedCount]!
    else if (this.#next < this.#end) number = this.#next++
    else {
      this.refused++
      return -1
    }
    this.#references[number] = 1
    this.taken++
    return number
  }

  retain(number: number): void {
    this.requireUsed(number)
    const references = this.#references[number]!
    if (references === 0xffffffff)
      throw new RangeError(`${this.#noun} ${number} has ${references} references, the most that can be counted`)
    this.#references[number] = references + 1
  }

  /** Whether that was the last reference. */
  release(number: number): boolean {
    this.requireUsed(number)
    const references = this.#references[number]! - 1
    this.#references[number] = references
    if (references > 0) return false
    this.#returned[this.#returnedCount++] = number
    this.returned++
    return true
  }

  references(number: number): number {
    return this.#references[number] ?? 0
  }

  requireUsed(number: number): void {
    if (!Number.isInteger(number) || number < this.#first || number >= this.#end) {
      throw new RangeError(`${this.#noun} is ${number}; must be an integer from ${this.#first} to ${this.#end - 1}`)
    }
    if (this.#references[number] === 0) throw new RangeError(`${this.#noun} ${number} is free`)
  }

  contradictions(): string[] {
    const found: string[] = []
    const free = new Uint8Array(this.#end)
    for (let i = 0; i < this.#returnedCount; i++) {
      const number = this.#returned[i]!
      if (free[number] === 1) found.push(`${this.#noun} ${number} is on the free list twice`)
      free[number] = 1
      if (number >= this.#next) found.push(`${this.#noun} ${number} was returned but never handed out`)
    }
    let used = 0
    for (let number = this.#first; number < this.#end; number++) {
      const isFree = free[number] === 1 || number >= this.#next
      const references = this.#references[number]!
      if (isFree && references > 0) found.push(`${this.#noun} ${number} is free and has ${references} references`)
      if (!isFree && references === 0) found.push(`${this.#noun} ${number} is lost: not free and without references`)
      if (references > 0) used++
    }
    if (used + this.free !== this.total)
      found.push(`${used} ${this.#noun}s used and ${this.free} free, of ${this.total}`)
    if (this.taken - this.returned !== used)
      found.push(`${this.taken} taken less ${this.returned} returned, but ${used} used`)
    return found
  }
}
