import { ENTRY } from './registers.ts'
import type { PagingMode } from './paging-mode.ts'
import type { PhysicalPages } from './types.ts'

export const WalkStatus = { Mapped: 0, NotPresent: 1, Reserved: 2 } as const
export type WalkStatus = (typeof WalkStatus)[keyof typeof WalkStatus]

/** The deepest walk, 4-level. */
const LARGEST_DEPTH = 4

/**
 * One page walk: reads entries, remembers them, and holds what they said. One object serves all walks.
 * Every walk makes at most four steps, whatever the tables contain, so circular tables end like others.
 */
export class Walk {
  readonly mode: PagingMode
  readonly #words: Int32Array
  readonly #pages: PhysicalPages
  /** Entries visited that have an accessed bit: the page numbers of their tables before A20, offsets there, and halves as they were. */
  depth = 0
  readonly tables: Int32Array = new Int32Array(LARGEST_DEPTH)
  readonly offsets: Int32Array = new Int32Array(LARGEST_DEPTH)
  readonly lows: Int32Array = new Int32Array(LARGEST_DEPTH)
  readonly highs: Int32Array = new Int32Array(LARGEST_DEPTH)

  /** The entry read last; `high` is 0 for 32-bit entries. */
  low = 0
  high = 0
  /** RW and US of all levels, ANDed, as bits of an entry. */
  rights = 0
  /** Bit 31: XD in any level. */
  noExecute = 0
  /** Page number of the small page that holds the address, before A20. */
  ppn = 0
  /** log2 of the size of the page that the guest mapped. */
  sizeShift = 12
  /** The G bit of the last entry. */
  isGlobal = false
  /** An entry could not be read for want of a frame: what the walk said means nothing, and it is to be made again. */
  isStarved = false

  constructor(mode: PagingMode, words: Int32Array, pages: PhysicalPages) {
    this.mode = mode
    this.#words = words
    this.#pages = pages
  }

  begin(): void {
    this.depth = 0
    this.rights = ENTRY.RW | ENTRY.US
    this.noExecute = 0
    this.high = 0
    this.isStarved = false
  }

  /** Reads a 32-bit entry and adds its rights. */
  step32(table: number, offset: number): void {
    const address = this.#pages.readAddress(table & this.mode.pageMask)
    this.low = address < 0 ? this.#unread(address) : this.#words[(address + offset) >>> 2]!
    this.#remember(table, offset)
  }

  /** Reads a 64-bit entry and adds its rights. */
  step64(table: number, offset: number): void {
    const address = this.#pages.readAddress(table & this.mode.pageMask)
    if (address < 0) {
      this.low = this.#unread(address)
      this.high = this.low
    } else {
      const word = (address + offset) >>> 2
      this.low = this.#words[word]!
      this.high = this.#words[word + 1]!
    }
    this.noExecute |= this.high
    this.#remember(table, offset)
  }

  /** What an entry reads as that has no host address. One without a frame is not present, which ends the walk. */
  #unread(address: number): number {
    if (address !== OUT_OF_FRAMES) return FLOATING_BUS
    this.isStarved = true
    return 0
  }

  #remember(table: number, offset: number): void {
    const depth = this.depth
    this.tables[depth] = table
    this.offsets[depth] = offset
    this.lows[depth] = this.low
    this.highs[depth] = this.high
    this.depth = depth + 1
    this.rights &= this.low
  }

  /** Page number in the entry read last. Its bits above MAXPHYADDR have been checked, so 31 bits hold it. */
  get target(): number {
    return (this.low >>> 12) | ((this.high & 0x7ff) << 20)
  }

  /** Ends the walk at a page of `1 << sizeShift` bytes whose first small page is `first`; `linear` selects the one inside. */
  finish(first: number, linear: number, sizeShift: number): WalkStatus {
    const inside = (1 << (sizeShift - 12)) - 1
    this.ppn = (first & ~inside) | ((linear >>> 12) & inside)
    this.sizeShift = sizeShift
    this.isGlobal = (this.low & ENTRY.G) !== 0
    return WalkStatus.Mapped
  }

  /**
   * Sets the accessed bit of each visited entry and, for a write, the dirty bit of the last, as the processor does with a locked
   * read-modify-write (SDM vol. 3 section 4.8). False if the host has no frame for a table; then retry the access.
   */
  setBits(isWrite: boolean, updated: (host: number) => void): boolean {
    for (let i = 0; i < this.depth; i++) {
      const wanted = this.#wanted(i, isWrite)
      if ((this.lows[i]! & wanted) === wanted) continue
      const address = this.#pages.writeAddress(this.tables[i]! & this.mode.pageMask)
      if (address === OUT_OF_FRAMES) return false
      // Tables in ROM or device space do not take the bit; the bus drops the write.
      if (address < 0) continue
      const host = address + this.offsets[i]!
      this.#words[host >>> 2]! |= wanted
      updated(host)
    }
    return true
  }

  #wanted(index: number, isWrite: boolean): number {
    return isWrite && index === this.depth - 1 ? ENTRY.A | ENTRY.D : ENTRY.A
  }
}

/** What reading from an address that nothing answers gives. */
const FLOATING_BUS = -1

/** The answer of `PhysicalPages` for a page that is memory and has no frame now. */
export const OUT_OF_FRAMES = -2
