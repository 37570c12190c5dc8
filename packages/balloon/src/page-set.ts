/** A set of guest page numbers below a bound: one bit each. */
export class PageSet {
  readonly #words: Uint32Array
  readonly #end: number
  #size = 0

  /** Holds numbers from 0 to below `end`. */
  constructor(end: number) {
    this.#end = end
    this.#words = new Uint32Array(Math.ceil(end / 32))
  }

  get size(): number {
    return this.#size
  }

  has(ppn: number): boolean {
    return ppn < this.#end && ((this.#words[ppn >>> 5]! >>> (ppn & 31)) & 1) === 1
  }

  /** False if it is there already, or beyond the bound. */
  add(ppn: number): boolean {
    if (ppn >= this.#end || this.has(ppn)) return false
    this.#words[ppn >>> 5]! |= 1 << (ppn & 31)
    this.#size++
    return true
  }

  /** False if it is not there. */
  delete(ppn: number): boolean {
    if (!this.has(ppn)) return false
    this.#words[ppn >>> 5]! &= ~(1 << (ppn & 31))
    this.#size--
    return true
  }

  /** Takes everything out; `visit` gets each number in ascending order. */
  drain(visit: (ppn: number) => void): void {
    for (const [first, count] of this.runs()) {
      for (let ppn = first; ppn < first + count; ppn++) {
        this.delete(ppn)
        visit(ppn)
      }
    }
  }

  /** The numbers as runs: first one, and how many. */
  runs(): [first: number, count: number][] {
    const all: [number, number][] = []
    for (let ppn = 0; this.#size > 0 && ppn < this.#end; ppn++) {
      if ((ppn & 31) === 0 && this.#words[ppn >>> 5] === 0) ppn += 31
      else if (this.has(ppn)) {
        const last = all.at(-1)
        if (last && last[0] + last[1] === ppn) last[1]++
        else all.push([ppn, 1])
      }
    }
    return all
  }
}
