import { Member } from './internal/member.ts'
import type { RateCap } from './internal/rate-cap.ts'
import { requireNatural } from './internal/require.ts'
import type { ClientStatistics, SharablePages, ShareOutcome } from './types.ts'

/** What a client needs of its sharer. */
interface SharingClientParts {
  readonly id: number
  readonly pages: SharablePages
  readonly domain: number
  readonly cap: RateCap
  readonly random: () => number
  readonly visit: (member: Member, ppn: number) => ShareOutcome
  readonly remove: (member: Member) => void
}

/** The pages of one virtual machine in the eyes of a `PageSharer`; made by `PageSharer.addClient`. */
export class SharingClient {
  /** @internal */
  readonly member: Member
  readonly #visit: SharingClientParts['visit']
  readonly #remove: SharingClientParts['remove']
  #isRemoved = false

  /** @internal */
  constructor({ id, pages, domain, cap, random, visit, remove }: SharingClientParts) {
    this.member = new Member(id, pages, domain, cap, random)
    this.#visit = visit
    this.#remove = remove
  }

  /**
   * Looks for one page's contents among the others now, whatever the caps: for a page that is about to be swapped out. After
   * `merged` and `zeroed` it need not be, since its frame has been given up. Leaves no hint of a page that matches nothing.
   */
  tryShare(ppn: number): ShareOutcome {
    requireNatural('ppn', ppn)
    if (this.#isRemoved)
      throw new Error('the client has been removed from its sharer; add its pages again to share them')
    return this.#visit(this.member, ppn)
  }

  /** Ends the search here, before or after the pages are given up. What is shared stays shared. A second call does nothing. */
  remove(): void {
    if (this.#isRemoved) return
    this.#isRemoved = true
    this.#remove(this.member)
  }

  get statistics(): ClientStatistics {
    return this.member.counters.copy()
  }
}
