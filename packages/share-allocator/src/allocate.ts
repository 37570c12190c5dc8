import { requireFraction, requireNatural, requirePositive, requireTax } from './internal/require.ts'

/** Whoever has memory: a virtual machine, say. Amounts are pages. */
export interface Client {
  /** Weight beside the other clients: any positive number. */
  readonly shares: number
  /** Guaranteed: a target is never lower. */
  readonly min: number
  /** What it can use at most: a target is never higher. */
  readonly max: number
  /** The fraction of its pages that it uses, 0 to 1: an estimate, see `ActivityEstimator`. */
  readonly active: number
}

export interface AllocationOptions {
  /** The idle tax, 0 to below 1: 0 counts all pages alike, towards 1 only active ones keep their price. Default 0.75. */
  readonly tax?: number
}

/** The idle tax of ESX Server: an idle page costs four times as much as an active one. */
export const DEFAULT_TAX = 0.75

/** How many pages one of a client's pages counts as: 1 if all are active, 1 / (1 - tax) if all are idle. */
function priceOf(active: number, tax: number): number {
  const idlePrice = 1 / (1 - tax)
  return active + idlePrice * (1 - active)
}

/**
 * What a client pays per page when it holds `pages`: shares / (pages * (active + k * (1 - active))), where k = 1 / (1 - tax).
 * Memory is taken from whoever pays least. Infinite for no pages.
 */
export function sharesPerPage(
  { shares, active }: Pick<Client, 'shares' | 'active'>,
  pages: number,
  { tax = DEFAULT_TAX }: AllocationOptions = {},
): number {
  requirePositive('shares', shares)
  requireFraction('active', active)
  requireNatural('pages', pages)
  requireTax(tax)
  return shares / (pages * priceOf(active, tax))
}

/**
 * Target sizes in pages, one per client: as if everybody had `max` and pages were taken, one by one, from whoever pays the fewest shares
 * per page and has more than `min`, until `capacity` is not exceeded (min-funding revocation). Where two pay the same, the first one gives.
 *
 * ```ts
 * const vm = { shares: 1000, min: 0, max: 65536 }
 * allocate([{ ...vm, active: 0 }, { ...vm, active: 1 }], 92160)   // [26624, 65536]: the idle one gives
 * ```
 *
 * To take pages away now, pass what each client holds as its `max`, and as `capacity` what is to be left to all.
 * Throws RangeError if the guarantees alone exceed `capacity`, which `AdmissionControl` prevents.
 */
export function allocate(
  clients: readonly Client[],
  capacity: number,
  { tax = DEFAULT_TAX }: AllocationOptions = {},
): number[] {
  requireNatural('capacity', capacity)
  requireTax(tax)
  clients.forEach(requireClient)
  const guaranteed = clients.reduce((sum, { min }) => sum + min, 0)
  if (guaranteed > capacity)
    throw new RangeError(`clients are guaranteed ${guaranteed} pages; the capacity is ${capacity}`)
  const bids = clients.map(({ shares, min, max, active }) => ({ min, max, perPage: priceOf(active, tax) / shares }))
  return targetsOf(bids, capacity)
}

function requireClient({ shares, min, max, active }: Client, index: number): void {
  const name = `clients[${index}]`
  requirePositive(`${name}.shares`, shares)
  requireNatural(`${name}.min`, min)
  requireNatural(`${name}.max`, max)
  requireFraction(`${name}.active`, active)
  if (min > max) throw new RangeError(`${name}.min is ${min}; must be at most ${name}.max, which is ${max}`)
}

interface Bid {
  readonly min: number
  readonly max: number
  /** Price of a page divided by shares: with n pages, a client pays 1 / (n * perPage) shares per page. */
  readonly perPage: number
}

/**
 * The client's nth page is taken away before another's mth if n * perPage is greater there. So what is left is, of each client, the pages up
 * to one common level, and that level is found by halving an interval until no number lies between its ends. Pages that are exactly at
 * the upper end then compete with each other alone. One page at a time would take millions of steps for the same result.
 */
function targetsOf(bids: readonly Bid[], capacity: number): number[] {
  const highest = bids.reduce((level, { max, perPage }) => Math.max(level, max * perPage), 0)
  const all = bids.map(({ max }) => max)
  if (sum(all) <= capacity) return all
  let below = 0
  let above = highest
  for (;;) {
    const middle = below + (above - below) / 2
    if (middle <= below || middle >= above) break
    if (sum(bids.map((bid) => pagesUpTo(bid, middle))) <= capacity) below = middle
    else above = middle
  }
  const targets = bids.map((bid) => pagesUpTo(bid, below))
  return grantTies(bids, targets, above, capacity - sum(targets))
}

/** Pages that are left when all above the level were taken: the greatest n from min to max with n * perPage <= level. */
function pagesUpTo({ min, max, perPage }: Bid, level: number): number {
  let pages = Math.min(max, Math.max(min, Math.floor(level / perPage)))
  // The quotient is rounded; the product decides, as it does between two clients.
  while (pages > min && pages * perPage > level) pages--
  while (pages < max && (pages + 1) * perPage <= level) pages++
  return pages
}

/** Gives back what is left among the pages exactly at the level: the last client first, since the first one gives first. */
function grantTies(bids: readonly Bid[], targets: number[], level: number, left: number): number[] {
  for (let i = bids.length - 1; i >= 0 && left > 0; i--) {
    const more = Math.min(left, pagesUpTo(bids[i]!, level) - targets[i]!)
    targets[i]! += more
    left -= more
  }
  return targets
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
