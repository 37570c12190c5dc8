import { MOST_DOMAINS } from './domains.ts'

/** What the table knows of a frame. */
export const EntryKind = {
  None: 0,
  /** A page that nobody shares yet, and that may have changed since. */
  Hint: 1,
  /** A frame with several references: nobody writes it, so that its hash stays right. */
  Shared: 2,
} as const
export type EntryKind = (typeof EntryKind)[keyof typeof EntryKind]

// An entry is four words, found by the number of its frame:
//
//        word 0          word 1          word 2              word 3
// hint   hash, low half  PPN             the next frame      1 << 30 | domain << 16 | client
// shared hash, low half  hash, high half of the chain, or -1 2 << 30 | domain << 16 | references, 0xffff: see overflow
//
// So the MPN itself costs nothing, and of a hint only 32 bits of hash are kept.
const WORDS = 4
const HASH_LOW = 0
const HASH_HIGH_OR_PPN = 1
const NEXT = 2
const META = 3
const LOW_16 = 0xffff

/** As many references as the 16 bits can say; from here on they are counted in the overflow map. */
export const OVERFLOW = 0xffff

const NOBODY = -1

/**
 * All hints and all shared frames of a host in one chained hash table of typed arrays: 16 bytes a frame, and at most 2 for the heads of
 * the chains. A frame has at most one entry. Knows numbers only: neither pages nor contents.
 */
export class SharingTable {
  readonly #first: number
  readonly #words: Int32Array
  readonly #heads: Int32Array
  readonly #overflow = new Map<number, number>()
  hints = 0
  sharedFrames = 0
  sharedPages = 0

  constructor(firstFrame: number, endFrame: number) {
    const frames = endFrame - firstFrame
    this.#first = firstFrame
    this.#words = new Int32Array(WORDS * frames)
    this.#heads = new Int32Array(2 ** Math.max(0, Math.floor(Math.log2(frames)) - 1)).fill(NOBODY)
  }

  get bytes(): number {
    return this.#words.byteLength + this.#heads.byteLength
  }

  get overflows(): number {
    return this.#overflow.size
  }

  kindOf(mpn: number): EntryKind {
    return (this.#words[this.#at(mpn) + META]! >>> 30) as EntryKind
  }

  domainOf(mpn: number): number {
    return (this.#words[this.#at(mpn) + META]! >>> 16) & MOST_DOMAINS
  }

  hashLow(mpn: number): number {
    return this.#words[this.#at(mpn) + HASH_LOW]!
  }

  /** Of a shared frame. */
  hashHigh(mpn: number): number {
    return this.#words[this.#at(mpn) + HASH_HIGH_OR_PPN]!
  }

  /** Of a hint. */
  hintedPage(mpn: number): number {
    return this.#words[this.#at(mpn) + HASH_HIGH_OR_PPN]! >>> 0
  }

  /** Of a hint. */
  hintedClient(mpn: number): number {
    return this.#words[this.#at(mpn) + META]! & LOW_16
  }

  /** Of a shared frame: its references as they were last told. */
  references(mpn: number): number {
    const count = this.#words[this.#at(mpn) + META]! & LOW_16
    return count === OVERFLOW ? this.#overflow.get(mpn)! : count
  }

  /** The first frame of the chain where a hash of this domain would be, or -1. */
  firstOf(domain: number, hashLow: number): number {
    return this.#heads[this.#bucket(domain, hashLow)]!
  }

  /** The next frame of the same chain, or -1. */
  nextOf(mpn: number): number {
    return this.#words[this.#at(mpn) + NEXT]!
  }

  /** Replaces whatever was known of the frame. */
  setHint(mpn: number, domain: number, hashLow: number, client: number, ppn: number): void {
    this.remove(mpn)
    this.#link(mpn, EntryKind.Hint, domain, hashLow, ppn)
    this.#words[this.#at(mpn) + META]! |= client
    this.hints++
  }

  /** Replaces whatever was known of the frame. */
  setShared(mpn: number, domain: number, hashLow: number, hashHigh: number, references: number): void {
    this.remove(mpn)
    this.#link(mpn, EntryKind.Shared, domain, hashLow, hashHigh)
    this.sharedFrames++
    this.sharedPages += references
    this.#storeReferences(mpn, references)
  }

  /** Of a shared frame. */
  setReferences(mpn: number, references: number): void {
    this.sharedPages += references - this.references(mpn)
    this.#storeReferences(mpn, references)
  }

  remove(mpn: number): void {
    const kind = this.kindOf(mpn)
    if (kind === EntryKind.None) return
    if (kind === EntryKind.Hint) this.hints--
    else {
      this.sharedFrames--
      this.sharedPages -= this.references(mpn)
      this.#overflow.delete(mpn)
    }
    this.#unlink(mpn)
    this.#words[this.#at(mpn) + META] = 0
  }

  /** Removes each entry that `isUnwanted`: O(frames). */
  removeWhere(isUnwanted: (mpn: number) => boolean): void {
    for (const mpn of this.frames()) if (isUnwanted(mpn)) this.remove(mpn)
  }

  /** The frames that have an entry, in order. */
  *frames(): Generator<number> {
    const end = this.#first + this.#words.length / WORDS
    for (let mpn = this.#first; mpn < end; mpn++) if (this.kindOf(mpn) !== EntryKind.None) yield mpn
  }

  #at(mpn: number): number {
    return (mpn - this.#first) * WORDS
  }

  #bucket(domain: number, hashLow: number): number {
    return (hashLow ^ Math.imul(domain, 0x9e3779b1)) & (this.#heads.length - 1)
  }

  #link(mpn: number, kind: EntryKind, domain: number, hashLow: number, second: number): void {
    const at = this.#at(mpn)
    const bucket = this.#bucket(domain, hashLow)
    this.#words[at + HASH_LOW] = hashLow
    this.#words[at + HASH_HIGH_OR_PPN] = second
    this.#words[at + NEXT] = this.#heads[bucket]!
    this.#words[at + META] = (kind << 30) | (domain << 16)
    this.#heads[bucket] = mpn
  }

  #unlink(mpn: number): void {
    const next = this.nextOf(mpn)
    const bucket = this.#bucket(this.domainOf(mpn), this.hashLow(mpn))
    if (this.#heads[bucket] === mpn) {
      this.#heads[bucket] = next
      return
    }
    let before = this.#heads[bucket]!
    while (this.nextOf(before) !== mpn) before = this.nextOf(before)
    this.#words[this.#at(before) + NEXT] = next
  }

  #storeReferences(mpn: number, references: number): void {
    const at = this.#at(mpn) + META
    this.#words[at] = (this.#words[at]! & ~LOW_16) | Math.min(references, OVERFLOW)
    if (references >= OVERFLOW) this.#overflow.set(mpn, references)
    else this.#overflow.delete(mpn)
  }
}
