import { requireFraction, requireNatural, requirePositive } from './internal/require.ts'

export interface ActivityEstimatorOptions {
  /** Pages that the client has: samples are drawn from 0 to below this. */
  readonly pages: number
  /** Numbers from 0 to below 1. Samples that a guest can foresee can be cheated. */
  readonly random: () => number
  /** Pages watched per period. Default 100. */
  readonly samples?: number
  /** Length of a period at least, in nanoseconds of the client's own running time. Default 30 s. */
  readonly periodNs?: number
  /** What the newest period weighs in the slow average, above 0 to 1. Default 0.2. */
  readonly slowWeight?: number
  /** What the newest period weighs in the fast averages. Default 0.8. */
  readonly fastWeight?: number
}

const SECOND_NS = 1e9

/**
 * Estimates which fraction of its pages a client uses, from a few of them that are watched: chosen at random for a period, each one tells
 * once when it is touched.
 *
 * Three moving averages are kept - a slow one, a fast one, and the fast one with the period under way folded in - and the greatest counts.
 * So the estimate rises as soon as pages are touched, and sinks slowly.
 *
 * ```ts
 * const estimator = new ActivityEstimator({ pages: 65536, random })
 * for (const ppn of estimator.watched) mmu.sample(ppn)       // whose next touch calls estimator.touch(ppn)
 * if (estimator.advance(sliceNs)) ...                        // a new period: watch other pages
 * estimator.active                                           // 0 to 1
 * ```
 */
export class ActivityEstimator {
  readonly #random: () => number
  readonly #samples: number
  readonly #periodNs: number
  readonly #slowWeight: number
  readonly #fastWeight: number
  #pages: number
  /** Watched pages that have not been touched. */
  readonly #untouched = new Set<number>()
  #watched: readonly number[] = []
  /** Time since the watched pages were drawn. */
  #elapsedNs = 0
  #slow = 1
  #fast = 1
  #isFirst = true

  constructor(options: ActivityEstimatorOptions) {
    const { pages, random, samples = 100, periodNs = 30 * SECOND_NS, slowWeight = 0.2, fastWeight = 0.8 } = options
    requireNatural('pages', pages)
    requireNatural('samples', samples)
    requirePositive('samples', samples)
    requirePositive('periodNs', periodNs)
    for (const [name, weight] of Object.entries({ slowWeight, fastWeight })) {
      requirePositive(name, weight)
      requireFraction(name, weight)
    }
    this.#pages = pages
    this.#random = random
    this.#samples = samples
    this.#periodNs = periodNs
    this.#slowWeight = slowWeight
    this.#fastWeight = fastWeight
    this.#draw()
  }

  /** The pages to watch in this period: different ones, in no order. All pages if there are no more than samples. */
  get watched(): readonly number[] {
    return this.#watched
  }

  /** A page has been touched. Pages that are not watched do not count, nor does a second touch in one period. */
  touch(page: number): void {
    this.#untouched.delete(page)
  }

  /**
   * The client has run for so long. True if a period has ended with that and other pages are to be watched. The next one begins now, however
   * late this call is: pages that were watched for less than a period might seem idle. So a leap over several periods counts as one.
   */
  advance(ranNs: number): boolean {
    if (!(ranNs >= 0 && ranNs < Infinity)) throw new RangeError(`ranNs is ${ranNs}; must be a finite number from 0`)
    this.#elapsedNs += ranNs
    if (this.#elapsedNs < this.#periodNs) return false
    this.#elapsedNs = 0
    this.#endPeriod()
    this.#draw()
    return true
  }

  /** The number of pages has changed: from the next period on, samples are drawn from these. */
  resize(pages: number): void {
    requireNatural('pages', pages)
    this.#pages = pages
  }

  /** The fraction of pages in use, 0 to 1. All of them until a first period has ended: what is not known is not taxed. */
  get active(): number {
    if (this.#isFirst) return 1
    const { slow, fast, folded } = this.averages
    return Math.max(slow, fast, folded)
  }

  /** The three averages, of which `active` is the greatest. */
  get averages(): { readonly slow: number; readonly fast: number; readonly folded: number } {
    const folded = this.#isFirst ? 1 : average(this.#fast, this.#touchedFraction, this.#fastWeight)
    return { slow: this.#slow, fast: this.#fast, folded }
  }

  /** Of the watched pages, the part that has been touched in the period under way. */
  get #touchedFraction(): number {
    const watched = this.#watched.length
    return watched === 0 ? 0 : 1 - this.#untouched.size / watched
  }

  #endPeriod(): void {
    const touched = this.#touchedFraction
    this.#slow = this.#isFirst ? touched : average(this.#slow, touched, this.#slowWeight)
    this.#fast = this.#isFirst ? touched : average(this.#fast, touched, this.#fastWeight)
    this.#isFirst = false
  }

  /** Draws distinct pages, each set of them equally likely (R. W. Floyd's algorithm). */
  #draw(): void {
    const chosen = this.#untouched
    chosen.clear()
    for (let last = Math.max(0, this.#pages - this.#samples); last < this.#pages; last++) {
      const page = Math.floor(this.#random() * (last + 1))
      chosen.add(chosen.has(page) ? last : page)
    }
    this.#watched = [...chosen]
  }
}

function average(before: number, newest: number, weight: number): number {
  return before + weight * (newest - before)
}
