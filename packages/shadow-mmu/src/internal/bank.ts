import { Access } from '../types.ts'
import { SlotIndex } from './slot-index.ts'

/** Which flushes an entry survives. */
export const Lifetime = {
  /** Until the next CR3 load. */
  Context: 0,
  /** Over CR3 loads. */
  Global: 1,
  /** A user page cached for the supervisor under EFLAGS.AC: until AC is cleared or CR3 is loaded. */
  UserData: 2,
  /** As long as the table entry that it came from stays as it is; other roots put it aside. */
  Kept: 3,
} as const
export type Lifetime = (typeof Lifetime)[keyof typeof Lifetime]

const LIFETIMES = 4
export const SMALL_PAGE_SHIFT = 12
/** Large-page entries are counted per 4 MiB, so that an invalidation elsewhere need not look for them. */
const REGION_SHIFT = 22
/** So many entries are faster removed one by one than with all buckets of their indexes. */
const FEW = 128
/** Words that say where a kept entry came from: index of the table entry in memory, and its halves. */
const ORIGIN_WORDS = 3

/**
 * Translations of one address space, or the global ones: what each slot holds, by lifetime, page, frame and table. A bank knows its entries
 * whether or not they stand in the arrays that code probes: that is the affair of `SoftTlb`.
 */
export class Bank {
  readonly entries: number
  readonly slots: number
  readonly tags: Int32Array
  readonly addends: Int32Array
  readonly #lists: Int32Array
  readonly #counts: Int32Array = new Int32Array(LIFETIMES)
  /** Where in `#lists` a slot stands, plus one; 0 for a slot that is not filled here. */
  readonly #places: Int32Array
  readonly #lifetimes: Uint8Array
  readonly #sizeShifts: Uint8Array
  readonly #byPage: SlotIndex
  /** Write entries only. */
  readonly #byFrame: SlotIndex
  /** Kept entries, by the frame of the table entry that they came from. */
  readonly #byTable: SlotIndex
  readonly #origins: Int32Array
  /** Filled entries from large pages: by 4 MiB region, and by GiB for 1 GiB pages. */
  readonly #largeByRegion: Uint16Array = new Uint16Array(1024)
  readonly #hugeByGigabyte: Int32Array = new Int32Array(4)

  constructor(slots: number, entries: number) {
    this.slots = slots
    this.entries = entries
    this.tags = new Int32Array(slots)
    this.addends = new Int32Array(slots)
    this.#lists = new Int32Array(LIFETIMES * slots)
    this.#places = new Int32Array(slots)
    this.#lifetimes = new Uint8Array(slots)
    this.#sizeShifts = new Uint8Array(slots)
    this.#byPage = new SlotIndex(slots, entries)
    this.#byFrame = new SlotIndex(slots, entries)
    this.#byTable = new SlotIndex(slots, Math.min(entries, 256))
    this.#origins = new Int32Array(ORIGIN_WORDS * slots)
  }

  get filled(): number {
    const counts = this.#counts
    return counts[0]! + counts[1]! + counts[2]! + counts[3]!
  }

  count(lifetime: Lifetime): number {
    return this.#counts[lifetime]!
  }

  /** The slot at `index` of a lifetime's list; removing a slot puts the last one into its place. */
  slotAt(lifetime: Lifetime, index: number): number {
    return this.#lists[lifetime * this.slots + index]!
  }

  has(slot: number): boolean {
    return this.#places[slot]! > 0
  }

  ppnOf(slot: number): number {
    return this.#byPage.keyOf(slot)
  }

  add(slot: number, tag: number, addend: number, ppn: number, lifetime: Lifetime, sizeShift: number): void {
    this.tags[slot] = tag
    this.addends[slot] = addend
    const place = lifetime * this.slots + this.#counts[lifetime]!++
    this.#lists[place] = slot
    this.#places[slot] = place + 1
    this.#lifetimes[slot] = lifetime
    this.#sizeShifts[slot] = sizeShift
    this.#byPage.add(slot, ppn)
    if (this.#isWrite(slot)) this.#byFrame.add(slot, ((tag & -4096) + addend) >>> 12)
    if (sizeShift !== SMALL_PAGE_SHIFT) this.#countLarge(tag, sizeShift, 1)
  }

  /** Says where a slot that was added as `Kept` came from: the table entry's word in memory, and its halves. */
  setOrigin(slot: number, word: number, low: number, high: number): void {
    const at = slot * ORIGIN_WORDS
    this.#origins[at] = word
    this.#origins[at + 1] = low
    this.#origins[at + 2] = high
    this.#byTable.add(slot, word >>> 10)
  }

  remove(slot: number): void {
    const place = this.#places[slot]! - 1
    const lifetime = this.#lifetimes[slot]!
    const last = lifetime * this.slots + --this.#counts[lifetime]!
    const moved = this.#lists[last]!
    this.#lists[place] = moved
    this.#places[moved] = place + 1
    this.#places[slot] = 0
    const sizeShift = this.#sizeShifts[slot]!
    if (sizeShift !== SMALL_PAGE_SHIFT) this.#countLarge(this.tags[slot]!, sizeShift, -1)
    this.#byPage.remove(slot)
    if (this.#isWrite(slot)) this.#byFrame.remove(slot)
    if (lifetime === Lifetime.Kept) this.#byTable.remove(slot)
  }

  /** Forgets everything: slot by slot, or by clearing whole indexes where much is filled. */
  clear(): void {
    if (this.filled <= FEW) return this.#removeAll()
    for (let lifetime = 0; lifetime < LIFETIMES; lifetime++) {
      const start = lifetime * this.slots
      const end = start + this.#counts[lifetime]!
      for (let place = start; place < end; place++) {
        const slot = this.#lists[place]!
        const sizeShift = this.#sizeShifts[slot]!
        if (sizeShift !== SMALL_PAGE_SHIFT) this.#countLarge(this.tags[slot]!, sizeShift, -1)
        this.#places[slot] = 0
      }
    }
    this.#byPage.clear()
    this.#byFrame.clear()
    if (this.#counts[Lifetime.Kept]! > 0) this.#byTable.clear()
    this.#counts.fill(0)
  }

  #removeAll(): void {
    for (let lifetime = 0; lifetime < LIFETIMES; lifetime++) {
      const start = lifetime * this.slots
      while (this.#counts[lifetime]! > 0) this.remove(this.#lists[start + this.#counts[lifetime]! - 1]!)
    }
  }

  /** A slot that leads to a guest page, or -1. */
  findPage(ppn: number): number {
    return this.#byPage.find(ppn)
  }

  /** A write slot that leads to a frame, or -1. */
  findWriteTo(frame: number): number {
    return this.#byFrame.find(frame)
  }

  /** A kept slot that came from the table in `frame`, or -1; then `nextOfTable`. */
  findOfTable(frame: number): number {
    return this.#byTable.find(frame)
  }

  nextOfTable(slot: number): number {
    return this.#byTable.findAfter(slot)
  }

  /**
   * Whether the table entry that a kept slot came from still says the same, with the accessed and, for a write, the dirty bit set. Bits of
   * these two that were set since change nothing.
   */
  isCurrent(slot: number, words: Int32Array, isWide: boolean): boolean {
    const at = slot * ORIGIN_WORDS
    const word = this.#origins[at]!
    const low = words[word]!
    const wanted = this.#isWrite(slot) ? ACCESSED | DIRTY : ACCESSED
    if (((low ^ this.#origins[at + 1]!) & ~(ACCESSED | DIRTY)) !== 0 || (low & wanted) !== wanted) return false
    return !isWide || words[word + 1] === this.#origins[at + 2]
  }

  /** Whether pieces of a large page may be filled that holds `linear`. */
  mayHoldLarge(linear: number): boolean {
    return this.#largeByRegion[linear >>> REGION_SHIFT] !== 0 || this.#hugeByGigabyte[linear >>> 30] !== 0
  }

  /** Whether a slot is filled with a piece of a large page that holds `linear`. */
  isLargeAt(slot: number, linear: number): boolean {
    const sizeShift = this.#sizeShifts[slot]!
    return this.has(slot) && sizeShift !== SMALL_PAGE_SHIFT && (this.tags[slot]! ^ linear) >>> sizeShift === 0
  }

  #isWrite(slot: number): boolean {
    return slot >= Access.Write * 2 * this.entries && slot < Access.Fetch * 2 * this.entries
  }

  #countLarge(linear: number, sizeShift: number, change: number): void {
    if (sizeShift > REGION_SHIFT) this.#hugeByGigabyte[linear >>> 30]! += change
    else this.#largeByRegion[linear >>> REGION_SHIFT]! += change
  }
}

const ACCESSED = 0x20
const DIRTY = 0x40
