/** The resident pages of a map, dense, so that a random one is found in one step and none but them is visited: two flat arrays. */
export class ResidentSet {
  readonly #list: Int32Array
  /** By PPN: where in `#list` it stands; -1 if it does not. */
  readonly #places: Int32Array
  #size = 0

  constructor(pages: number) {
    this.#list = new Int32Array(pages)
    this.#places = new Int32Array(pages).fill(-1)
  }

  copy(): ResidentSet {
    const copy = new ResidentSet(this.#list.length)
    copy.#list.set(this.#list)
    copy.#places.set(this.#places)
    copy.#size = this.#size
    return copy
  }

  get size(): number {
    return this.#size
  }

  has(ppn: number): boolean {
    return this.#places[ppn]! >= 0
  }

  /** The page must not be in the set. */
  add(ppn: number): void {
    this.#places[ppn] = this.#size
    this.#list[this.#size++] = ppn
  }

  /** The page must be in the set. */
  delete(ppn: number): void {
    const place = this.#places[ppn]!
    const last = this.#list[--this.#size]!
    this.#list[place] = last
    this.#places[last] = place
    this.#places[ppn] = -1
  }

  /** Visits every page, the one added last first. The visitor may delete the page that it was given. */
  forEach(visit: (ppn: number) => void): void {
    for (let place = this.#size - 1; place >= 0; place--) visit(this.#list[place]!)
  }

  /**
   * Draws pages without repetition, each of those left being equally likely, until `take` answers false or all were drawn: the beginning
   * of a Fisher-Yates shuffle, so a draw costs the same however few are left. `random` answers a number from 0 to below 1.
   */
  draw(random: () => number, take: (ppn: number) => boolean): void {
    for (let place = 0; place < this.#size; place++) {
      const other = place + Math.floor(random() * (this.#size - place))
      const ppn = this.#list[other]!
      const moved = this.#list[place]!
      this.#list[other] = moved
      this.#places[moved] = other
      this.#list[place] = ppn
      this.#places[ppn] = place
      if (!take(ppn)) return
    }
  }
}
