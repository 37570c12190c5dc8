/** Reference counts and the free list: two flat arrays, no object per frame. Knows numbers only, not contents. */
export class FramePool {
  readonly #first: number
  readonly #end: number
  /** By MPN; 0 means free. */
  readonly #references: Uint32Array
  /** Returned frames, last in first out: the frame most likely still in the processor's cache goes out first. */
  readonly #returned: Uint32Array
  #returnedCount = 0
  /** Frames from here to the end were never handed out. */
  #next: number
  taken = 0
  returned = 0
  refused = 0

  constructor(first: number, end: number) {
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

  /** Whether the frame that `take` gives next has been used before. */
  get nextIsRecycled(): boolean {
    return this.#returnedCount > 0
  }

  /** A frame with one reference and stale contents, or -1. */
  take(): number {
    let mpn: number
    if (this.#returnedCount > 0) mpn = this.#returned[--this.#returnedCount]!
    else if (this.#next < this.#end) mpn = this.#next++
    else {
      this.refused++
      return -1
    }
    this.#references[mpn] = 1
    this.taken++
    return mpn
  }

  retain(mpn: number): void {
    this.requireUsed(mpn)
    const references = this.#references[mpn]!
    if (references === 0xffffffff)
      throw new RangeError(`frame ${mpn} has ${references} references, the most that can be counted`)
    this.#references[mpn] = references + 1
  }

  release(mpn: number): void {
    this.requireUsed(mpn)
    const references = this.#references[mpn]! - 1
    this.#references[mpn] = references
    if (references === 0) {
      this.#returned[this.#returnedCount++] = mpn
      this.returned++
    }
  }

  references(mpn: number): number {
    return this.#references[mpn] ?? 0
  }

  requireUsed(mpn: number): void {
    if (!Number.isInteger(mpn) || mpn < this.#first || mpn >= this.#end) {
      throw new RangeError(`frame is ${mpn}; must be an integer from ${this.#first} to ${this.#end - 1}`)
    }
    if (this.#references[mpn] === 0) throw new RangeError(`frame ${mpn} is free`)
  }

  contradictions(): string[] {
    const found: string[] = []
    const free = new Uint8Array(this.#end)
    for (let i = 0; i < this.#returnedCount; i++) {
      const mpn = this.#returned[i]!
      if (free[mpn] === 1) found.push(`frame ${mpn} is on the free list twice`)
      free[mpn] = 1
      if (mpn >= this.#next) found.push(`frame ${mpn} was returned but never handed out`)
    }
    let used = 0
    for (let mpn = this.#first; mpn < this.#end; mpn++) {
      const isFree = free[mpn] === 1 || mpn >= this.#next
      const references = this.#references[mpn]!
      if (isFree && references > 0) found.push(`frame ${mpn} is free and has ${references} references`)
      if (!isFree && references === 0) found.push(`frame ${mpn} is lost: not free and without references`)
      if (references > 0) used++
    }
    if (used + this.free !== this.total) found.push(`${used} frames used and ${this.free} free, of ${this.total}`)
    if (this.taken - this.returned !== used)
      found.push(`${this.taken} taken less ${this.returned} returned, but ${used} used`)
    return found
  }
}
