import { PAGE_BYTES, ShareOutcome } from '../types.ts'
import type { ClientStatistics, PageHasher, SharableFrames } from '../types.ts'
import { Counters } from './counters.ts'
import type { Member } from './member.ts'
import type { PageKernel } from './page-kernel.ts'
import { EntryKind } from './sharing-table.ts'
import type { SharingTable } from './sharing-table.ts'

interface MatcherParts {
  readonly frames: SharableFrames
  readonly table: SharingTable
  readonly kernel: PageKernel
  readonly hasher: PageHasher
  /** Where pages of zeros go; -1: where their contents lead. */
  readonly zeroFrame: number
  readonly members: readonly (Member | undefined)[]
}

const NO_MATCH = -1
const FALSE_MATCH = -2

/** Looks at one page at a time: is there another one like it? */
export class Matcher {
  readonly #frames: SharableFrames
  readonly #table: SharingTable
  readonly #kernel: PageKernel
  readonly #hasher: PageHasher
  readonly #zeroFrame: number
  readonly #members: readonly (Member | undefined)[]
  readonly #counters = new Counters()
  staleHints = 0

  constructor({ frames, table, kernel, hasher, zeroFrame, members }: MatcherParts) {
    this.#frames = frames
    this.#table = table
    this.#kernel = kernel
    this.#hasher = hasher
    this.#zeroFrame = zeroFrame
    this.#members = members
  }

  totals(): ClientStatistics {
    return this.#counters.copy()
  }

  /** `mayHint`: whether to remember a page that matches nothing. */
  visit(member: Member, ppn: number, mayHint: boolean): ShareOutcome {
    const mpn = member.pages.frameOf(ppn)
    if (mpn < 0) return ShareOutcome.Absent
    const table = this.#table
    if (table.kindOf(mpn) === EntryKind.Shared) return ShareOutcome.AlreadyShared
    this.#count(member, 'scanned')
    if (this.#zeroFrame >= 0 && this.#kernel.isZero(mpn * PAGE_BYTES)) {
      this.#frames.retain(this.#zeroFrame)
      member.pages.adopt(ppn, this.#zeroFrame)
      this.#count(member, 'zeroed')
      return ShareOutcome.Zeroed
    }
    const low = this.#hasher.hash(mpn * PAGE_BYTES)
    const high = this.#hasher.high
    const match = this.#find(member.domain, mpn, low, high)
    if (match === FALSE_MATCH) {
      table.remove(mpn)
      this.#count(member, 'falseMatches')
      return ShareOutcome.FalseMatch
    }
    if (match !== NO_MATCH) {
      this.#share(match, low, high)
      member.pages.adopt(ppn, match)
      this.#count(member, 'merged')
      return ShareOutcome.Merged
    }
    const references = this.#frames.references(mpn)
    if (references > 1) {
      // Shared already by other means, such as a fork: nobody writes it, so others can join without a hint.
      table.setShared(mpn, member.domain, low, high, references)
      return ShareOutcome.AlreadyShared
    }
    this.#hint(member, ppn, mpn, low, mayHint)
    return ShareOutcome.Unique
  }

  /** The frame, other than `mpn`, that has the contents of `mpn`; `low` and `high` are their hash. */
  #find(domain: number, mpn: number, low: number, high: number): number {
    const table = this.#table
    let next = NO_MATCH
    for (let other = table.firstOf(domain, low); other >= 0; other = next) {
      next = table.nextOf(other)
      if (other === mpn || table.hashLow(other) !== low || table.domainOf(other) !== domain) continue
      if (this.#fullHashIs(other, high))
        return this.#kernel.isEqual(mpn * PAGE_BYTES, other * PAGE_BYTES) ? other : FALSE_MATCH
    }
    return NO_MATCH
  }

  /** Whether an entry whose hash has the right low half has the right high half. Removes it if it is a stale hint. */
  #fullHashIs(mpn: number, high: number): boolean {
    const table = this.#table
    if (table.kindOf(mpn) === EntryKind.Shared) return table.hashHigh(mpn) === high
    const owner = this.#members[table.hintedClient(mpn)]
    const isThere = owner !== undefined && owner.pages.frameOf(table.hintedPage(mpn)) === mpn
    if (isThere && this.#hasher.hash(mpn * PAGE_BYTES) === table.hashLow(mpn)) return this.#hasher.high === high
    table.remove(mpn)
    this.staleHints++
    return false
  }

  /** Takes a reference to the matching frame for the page that is to lie there; makes a hint a shared frame. */
  #share(mpn: number, low: number, high: number): void {
    const table = this.#table
    if (table.kindOf(mpn) === EntryKind.Shared) {
      this.#frames.retain(mpn)
      return
    }
    const owner = this.#members[table.hintedClient(mpn)]!
    const domain = table.domainOf(mpn)
    owner.pages.lend(table.hintedPage(mpn))
    table.setShared(mpn, domain, low, high, this.#frames.references(mpn))
  }

  #hint(member: Member, ppn: number, mpn: number, low: number, mayHint: boolean): void {
    const table = this.#table
    const isHint = table.kindOf(mpn) === EntryKind.Hint
    if (isHint && table.hashLow(mpn) === low && table.hintedClient(mpn) === member.id && table.hintedPage(mpn) === ppn)
      return
    if (isHint) {
      // The page has changed since, or another page has taken the frame over.
      table.remove(mpn)
      this.staleHints++
    }
    if (!mayHint) return
    table.setHint(mpn, member.domain, low, member.id, ppn)
    this.#count(member, 'hinted')
  }

  #count(member: Member, what: keyof Counters & keyof ClientStatistics): void {
    this.#counters[what]++
    member.counters[what]++
  }
}
