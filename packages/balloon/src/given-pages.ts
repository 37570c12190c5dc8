import { PageSet } from './page-set.ts'
import type { BalloonPages, PageViolation } from './types.ts'

/**
 * The pages that the guest has given up, as its driver counts them. The map of pages knows better which of them the guest touched all
 * the same: those are in use again, and stay in this count until the driver returns them or gives them up anew.
 */
export class GivenPages {
  readonly #pages: BalloonPages
  readonly #given: PageSet

  constructor(pages: BalloonPages) {
    this.#pages = pages
    this.#given = new PageSet(pages.endPage)
  }

  get count(): number {
    return this.#given.size
  }

  inflate(ppn: number): PageViolation | null {
    if (!this.#pages.isWritable(ppn)) return 'not-memory'
    if (!this.#pages.balloon(ppn)) return 'inflated-twice'
    this.#given.add(ppn)
    return null
  }

  deflate(ppn: number): PageViolation | null {
    if (!this.#given.delete(ppn)) return 'not-inflated'
    this.#pages.deflate(ppn)
    return null
  }

  /** Gives everything back. */
  pop(): void {
    this.#given.drain((ppn) => void this.#pages.deflate(ppn))
  }

  runs(): [first: number, count: number][] {
    return this.#given.runs()
  }

  /** Counts as `runs` said. The pages themselves are the owner's to restore. */
  restore(runs: readonly (readonly [first: number, count: number])[]): void {
    this.#given.drain(() => {})
    for (const [first, count] of runs) for (let ppn = first; ppn < first + count; ppn++) this.#given.add(ppn)
  }
}
