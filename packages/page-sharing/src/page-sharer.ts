import { Domains } from './internal/domains.ts'
import { createKernel } from './internal/page-kernel.ts'
import { RateCap } from './internal/rate-cap.ts'
import { Matcher } from './internal/matcher.ts'
import { Member } from './internal/member.ts'
import { requireNatural, requireRate } from './internal/require.ts'
import { EntryKind, SharingTable } from './internal/sharing-table.ts'
import { PAGE_BYTES } from './types.ts'
import type {
  ClientOptions,
  PageSharerOptions,
  ScanBudget,
  ScanReport,
  SharableFrames,
  SharingClient,
  SharingClock,
  SharingStatistics,
} from './types.ts'

/** The most clients that the table's 16 bits name. */
const MOST_CLIENTS = 2 ** 16

/** Pages that cost one page of the budget when there was nothing to read in them. */
const SKIPS_PER_PAGE = 32

/** The caps of ESX Server 2, in pages. */
const PER_SECOND = 200
const PER_SECOND_AND_CLIENT = 50

/** For who sets no caps. */
const CLOCK_AT_REST: SharingClock = { nowNs: () => 0 }

function requireOptions(options: PageSharerOptions): void {
  const { frames, clock, zeroPages = 'machine' } = options
  const { pagesPerSecond = PER_SECOND, pagesPerSecondPerClient = PER_SECOND_AND_CLIENT } = options
  requireRate('pagesPerSecond', pagesPerSecond)
  requireRate('pagesPerSecondPerClient', pagesPerSecondPerClient)
  if (zeroPages !== 'machine' && zeroPages !== 'domain')
    throw new RangeError(`zeroPages is ${String(zeroPages)}; must be 'machine' or 'domain'`)
  const bytes = frames.endFrame * PAGE_BYTES
  if (frames.bytes.length < bytes)
    throw new RangeError(`bytes has ${frames.bytes.length}; frames up to ${frames.endFrame} need ${bytes}`)
  if (clock === undefined && (pagesPerSecond !== Infinity || pagesPerSecondPerClient !== Infinity))
    throw new RangeError('clock is missing; without one, pagesPerSecond and pagesPerSecondPerClient must be Infinity')
}

/**
 * Finds pages with equal contents among all clients of a host and puts one frame behind them.
 *
 * Call `scan` between the time slices of guests, never while somebody relies on an address inside a page: pages change frames.
 *
 * ```ts
 * const sharer = new PageSharer({ frames: machine, random: Math.random, clock })
 * const client = sharer.addClient({ pages: map, salt: 'tenant 1' })
 * sharer.scan({ pages: 64 })
 * sharer.statistics.savedPages // frames that others can have now
 * ```
 *
 * After Waldspurger, "Memory Resource Management in VMware ESX Server", OSDI 2002, section 4.
 */
export class PageSharer {
  readonly #frames: SharableFrames
  readonly #random: () => number
  readonly #clock: SharingClock
  readonly #perClient: number
  readonly #cap: RateCap
  readonly #table: SharingTable
  readonly #matcher: Matcher
  readonly #domains = new Domains()
  /** By the number that hints know a client by. */
  readonly #members: (Member | undefined)[] = []
  /** The clients in the order in which they are scanned: the first one is next. */
  #turns: Member[] = []
  readonly #stopListening: () => void
  #unshared = 0

  constructor(options: PageSharerOptions) {
    const { frames, random, clock = CLOCK_AT_REST, zeroPages = 'machine' } = options
    const { pagesPerSecond = PER_SECOND, pagesPerSecondPerClient = PER_SECOND_AND_CLIENT } = options
    requireOptions(options)
    this.#frames = frames
    this.#random = random
    this.#clock = clock
    this.#perClient = pagesPerSecondPerClient
    this.#cap = new RateCap(pagesPerSecond, this.#clock.nowNs())
    this.#table = new SharingTable(frames.firstFrame, frames.endFrame)
    const kernel = createKernel(frames, random)
    const zeroFrame = zeroPages === 'machine' ? frames.zeroFrame : -1
    const members = this.#members
    this.#matcher = new Matcher({
      frames,
      table: this.#table,
      kernel,
      hasher: options.hasher ?? kernel,
      zeroFrame,
      members,
    })
    this.#stopListening = frames.onReferences((mpn, references) => this.#onReferences(mpn, references))
  }

  /** Makes the pages of a virtual machine, or of whatever else has pages, part of the search. */
  addClient({ pages, salt = '' }: ClientOptions): SharingClient {
    const free = this.#members.indexOf(undefined)
    const id = free === -1 ? this.#members.length : free
    if (id === MOST_CLIENTS) throw new RangeError(`there are ${MOST_CLIENTS} clients already, the most possible`)
    const domain = this.#domains.join(salt)
    const member = new Member({
      id,
      pages,
      domain,
      cap: new RateCap(this.#perClient, this.#clock.nowNs()),
      random: this.#random,
      tryShare: (self, ppn) => this.#matcher.visit(self, ppn, false),
      remove: (self) => this.#removeClient(self, salt),
    })
    this.#members[id] = member
    this.#turns.push(member)
    return member
  }

  /** Looks at pages in random order, clients taking turns, as far as budget and caps allow. */
  scan({ pages }: ScanBudget): ScanReport {
    requireNatural('pages', pages)
    const before = this.#matcher.totals()
    const ended = this.#scan(pages)
    const after = this.#matcher.totals()
    return {
      scanned: after.scanned - before.scanned,
      merged: after.merged - before.merged,
      zeroed: after.zeroed - before.zeroed,
      ended,
    }
  }

  get statistics(): SharingStatistics {
    const { hints, sharedFrames, sharedPages, overflows, bytes } = this.#table
    return {
      ...this.#matcher.totals(),
      staleHints: this.#matcher.staleHints,
      unshared: this.#unshared,
      hints,
      sharedFrames,
      sharedPages,
      savedPages: sharedPages - sharedFrames,
      overflows,
      metadataBytes: bytes,
    }
  }

  /** What does not add up, in words; empty if all is well. O(frames). */
  contradictions(): string[] {
    const table = this.#table
    const found: string[] = []
    let hints = 0
    let sharedFrames = 0
    let sharedPages = 0
    for (const mpn of table.frames()) {
      const references = this.#frames.references(mpn)
      let at = table.firstOf(table.domainOf(mpn), table.hashLow(mpn))
      while (at !== mpn && at !== -1) at = table.nextOf(at)
      if (at === -1) found.push(`frame ${mpn} is not in its chain`)
      if (references === 0) found.push(`frame ${mpn} is free but in the table`)
      if (table.kindOf(mpn) === EntryKind.Hint) {
        hints++
        if (this.#members[table.hintedClient(mpn)] === undefined) found.push(`the hint at frame ${mpn} names no client`)
        continue
      }
      sharedFrames++
      sharedPages += references
      if (references < 2) found.push(`frame ${mpn} counts as shared with ${references} references`)
      if (references !== table.references(mpn))
        found.push(`frame ${mpn} has ${references} references, ${table.references(mpn)} in the table`)
    }
    if (hints !== table.hints) found.push(`${hints} hints, ${table.hints} counted`)
    if (sharedFrames !== table.sharedFrames) found.push(`${sharedFrames} shared frames, ${table.sharedFrames} counted`)
    if (sharedPages !== table.sharedPages) found.push(`${sharedPages} shared pages, ${table.sharedPages} counted`)
    return found
  }

  /** Stops listening to the frames. What is shared stays shared. The sharer must not be used afterwards. */
  dispose(): void {
    this.#stopListening()
  }

  #scan(pages: number): ScanReport['ended'] {
    const nowNs = this.#clock.nowNs()
    this.#cap.advance(nowNs)
    for (const { cap } of this.#turns) cap.advance(nowNs)
    let budget = pages * SKIPS_PER_PAGE
    /** Clients in a row that had nothing to read or may not be read now. */
    let idle = 0
    let capped = 0
    while (budget >= SKIPS_PER_PAGE) {
      if (idle === this.#turns.length) return capped > 0 ? 'caps' : 'nothing'
      if (!this.#cap.isOpen) return 'caps'
      const member = this.#turns.shift()!
      this.#turns.push(member)
      if (member.pages.endPage === 0 || !member.cap.isOpen) {
        idle++
        if (member.pages.endPage > 0) capped++
        continue
      }
      idle = 0
      capped = 0
      budget -= this.#visitNext(member, budget)
    }
    return 'budget'
  }

  /** Goes on to the client's next page that has something to read; what that cost. */
  #visitNext(member: Member, budget: number): number {
    const { scanned } = member.counters
    for (let skips = 1; skips <= budget; skips++) {
      this.#matcher.visit(member, member.nextPage(), true)
      if (member.counters.scanned === scanned) continue
      this.#cap.take()
      member.cap.take()
      return SKIPS_PER_PAGE
    }
    return budget
  }

  #onReferences(mpn: number, references: number): void {
    const kind = this.#table.kindOf(mpn)
    if (kind === EntryKind.Shared) {
      if (references < this.#table.references(mpn)) this.#unshared++
      // The owner of the last reference may write the frame in place: its hash is worth nothing any more.
      if (references < 2) this.#table.remove(mpn)
      else this.#table.setReferences(mpn, references)
    } else if (kind === EntryKind.Hint && references === 0) this.#table.remove(mpn)
  }

  #removeClient(member: Member, salt: string): void {
    this.#members[member.id] = undefined
    this.#turns = this.#turns.filter((other) => other !== member)
    const wasLast = this.#domains.leave(salt)
    const table = this.#table
    // The numbers of client and domain will name others.
    table.removeWhere((mpn) =>
      table.kindOf(mpn) === EntryKind.Hint
        ? table.hintedClient(mpn) === member.id
        : wasLast && table.domainOf(mpn) === member.domain,
    )
  }
}
