const PAGE_WORDS = 1024
/** Accessed and dirty: set by walks, too, without another meaning. */
const ACCESSED = 0x20
const ACCESSED_DIRTY = 0x60
const PRESENT = 0x1

/**
 * The frames that kept translations were made from: who uses each, and what its upper-level entries said. A context's use is a bit; leaf entries
 * are remembered by the translations themselves. A table is _settled_ while its writes are traced, and _open_ after one, until it is settled again.
 */
export class GuestTables {
  readonly capacity: number
  /** Number of the table in a frame, 0 for none. */
  readonly #idOfFrame: Uint16Array
  readonly #idOfPage: Map<number, number> = new Map()
  readonly #frames: Int32Array
  readonly #pages: Int32Array
  /** Contexts whose translations end in this table, and those whose walks pass through it. */
  readonly #leafUsers: Int32Array
  readonly #upperUsers: Int32Array
  /** By table, for those that were passed: what the entries said, by word; zero elsewhere. */
  readonly #passed: (Int32Array | undefined)[] = []
  readonly #isOpen: Uint8Array
  /** How many times a table was settled since a walk came by. */
  readonly #idle: Uint8Array
  readonly #free: number[] = []
  readonly #open: number[] = []
  #used = 0

  constructor(frames: number, capacity: number) {
    this.capacity = capacity
    this.#idOfFrame = new Uint16Array(frames)
    const count = capacity + 1
    this.#frames = new Int32Array(count)
    this.#pages = new Int32Array(count)
    this.#leafUsers = new Int32Array(count)
    this.#upperUsers = new Int32Array(count)
    this.#isOpen = new Uint8Array(count)
    this.#idle = new Uint8Array(count)
  }

  /** Tables known now. */
  get count(): number {
    return this.#used - this.#free.length
  }

  get isFull(): boolean {
    return this.#free.length === 0 && this.#used === this.capacity
  }

  /** The table in a frame, made known as open if it was not; 0 if another guest page shares the frame. There must be room. */
  at(frame: number, ppn: number): number {
    const known = this.#idOfFrame[frame]!
    if (known !== 0) return this.#pages[known] === ppn ? known : 0
    const id = this.#free.pop() ?? ++this.#used
    this.#idOfFrame[frame] = id
    this.#idOfPage.set(ppn, id)
    this.#frames[id] = frame
    this.#pages[id] = ppn
    this.open(id)
    return id
  }

  ofFrame(frame: number): number {
    return this.#idOfFrame[frame]!
  }

  ofPage(ppn: number): number {
    return this.#idOfPage.get(ppn) ?? 0
  }

  frameOf(id: number): number {
    return this.#frames[id]!
  }

  leafUsers(id: number): number {
    return this.#leafUsers[id]!
  }

  upperUsers(id: number): number {
    return this.#upperUsers[id]!
  }

  endsIn(id: number, user: number): void {
    this.#leafUsers[id]! |= user
    this.#idle[id] = 0
  }

  /** A walk passed the entry at a word of the table. False if translations exist that were made when it said something else. */
  passes(id: number, user: number, word: number, low: number, high: number, isWide: boolean): boolean {
    const passed = (this.#passed[id] ??= new Int32Array(PAGE_WORDS))
    const said = passed[word]!
    if ((said & PRESENT) !== 0) {
      if (((said ^ low) & ~ACCESSED_DIRTY) !== 0 || (isWide && passed[word + 1] !== high)) return false
    } else {
      passed[word] = low
      if (isWide) passed[word + 1] = high
    }
    this.#upperUsers[id]! |= user
    this.#idle[id] = 0
    return true
  }

  /** Whether all entries that were passed still say the same and are marked as accessed. */
  passesAsBefore(id: number, words: Int32Array, isWide: boolean): boolean {
    const passed = this.#passed[id]
    if (!passed) return true
    const first = this.#frames[id]! * PAGE_WORDS
    const step = isWide ? 2 : 1
    for (let i = 0; i < PAGE_WORDS; i += step) {
      const said = passed[i]!
      if ((said & PRESENT) === 0) continue
      const now = words[first + i]!
      if (((now ^ said) & ~ACCESSED_DIRTY) !== 0 || (now & ACCESSED) === 0) return false
      if (isWide && words[first + i + 1] !== passed[i + 1]) return false
    }
    return true
  }

  /** A table was or may be written. */
  open(id: number): void {
    if (this.#isOpen[id]! !== 0) return
    this.#isOpen[id] = 1
    this.#open.push(id)
  }

  /** Calls back with each open table, once; they count as settled then. */
  settle(each: (id: number) => void): void {
    const open = this.#open.splice(0)
    for (const id of open) {
      if (this.#isOpen[id] === 0) continue
      this.#isOpen[id] = 0
      each(id)
    }
  }

  /** Counts that a table is settled; answers how many times that happened since a walk last came by. */
  countIdle(id: number): number {
    return ++this.#idle[id]!
  }

  leaves(id: number, user: number): void {
    this.#leafUsers[id]! &= ~user
  }

  /** No translation of a context is left. Calls back with tables that nobody uses any longer. */
  dropUser(user: number, unused: (id: number) => void): void {
    for (let id = 1; id <= this.#used; id++) {
      const users = this.#leafUsers[id]! | this.#upperUsers[id]!
      if ((users & user) === 0) continue
      this.#leafUsers[id]! &= ~user
      this.#upperUsers[id]! &= ~user
      if ((users & ~user) === 0) unused(id)
      else if (this.#upperUsers[id] === 0) this.#clearPassed(id)
    }
  }

  /** Forgets a table. */
  release(id: number): void {
    const frame = this.#frames[id]!
    this.#idOfFrame[frame] = 0
    this.#idOfPage.delete(this.#pages[id]!)
    this.#clearPassed(id)
    this.#leafUsers[id] = 0
    this.#upperUsers[id] = 0
    this.#idle[id] = 0
    if (this.#isOpen[id] !== 0) {
      this.#isOpen[id] = 0
      const at = this.#open.indexOf(id)
      if (at >= 0) this.#open.splice(at, 1)
    }
    this.#free.push(id)
  }

  #clearPassed(id: number): void {
    this.#passed[id]?.fill(0)
  }
}
