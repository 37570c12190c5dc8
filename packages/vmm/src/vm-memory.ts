import type { PhysicalMap } from '@mica-vm/machine-memory'
import { sharesPerPage } from '@mica-vm/share-allocator'
import { VmmError } from './errors.ts'

const pageBytes = 4096
const mib = 2 ** 20
/** Shares of a machine that asked for none, for each MiB: equal claims to each page. */
const sharesPerMib = 10
const mostShares = 1_000_000

/** What a machine gets of the host's memory. Sizes are bytes, multiples of 4096. */
export interface GuestMemory {
  /** What the guest takes for its physical memory: a multiple of 64 KiB, from 1 MiB to 3.5 GiB. */
  readonly size: number
  /** Guaranteed: that much is never taken away. Default 0 where the host has swap, else `size`. */
  readonly min?: number
  /** It never holds more than that, at most `size`, which is the default. */
  readonly max?: number
  /** Weight of its claim to what lies between, beside the other machines; 10 for each MiB of `size` if not said. */
  readonly shares?: number
}

/** What may be changed while a machine runs. */
export type MemoryLimits = Partial<Omit<GuestMemory, 'size'>>

/** Pages of a machine, in bytes: what is where, and what was done. `resident`, `untouched`, `ballooned` and `swapped` are `size` and a little. */
export interface VmMemoryStatistics {
  /** In frames, alone or shared with others. */
  readonly resident: number
  /** Of the resident ones, those in frames that other pages share. */
  readonly shared: number
  /** Never written, or found to be zero and given back. */
  readonly untouched: number
  /** Of the untouched ones, those that were found to be zero. */
  readonly zero: number
  readonly ballooned: number
  readonly swapped: number
}

/** What has happened to a machine's pages, ever: how often, to a page each. */
export interface VmMemoryCounters {
  /** Read back from swap, and written there. */
  readonly swapIns: number
  readonly swapOuts: number
  /** Found to equal another page, and put into its frame; found to be zero. */
  readonly merges: number
  readonly zeroMerges: number
  /** Copies made since a shared page was written. */
  readonly copyOnWriteBreaks: number
  /** Given up by the guest's balloon, given back to it, and touched by the guest all the same. */
  readonly balloonInflations: number
  readonly balloonDeflations: number
  readonly balloonPops: number
}

/** What a policy knows of a machine's memory, in pages. */
export interface MemoryClaim {
  readonly sizePages: number
  minPages: number
  maxPages: number
  shares: number
  /** What the machine shall hold. */
  targetPages: number
  /** The fraction of its pages that it uses, 0 to 1: an estimate. */
  active: number
  /** False: its balloon does not do as it is told. */
  isCompliant: boolean
  /** The low state: it may not run while it holds more than its target. */
  isBlocked: boolean
}

/** Limits that are in their ranges, in pages. */
export type Limits = Pick<MemoryClaim, 'minPages' | 'maxPages' | 'shares'>

/** Fills in what `memory` does not say. @throws VmmError when a limit is out of its range. */
export function claimOf({ size, min, max, shares }: GuestMemory, defaultMin: number): MemoryClaim {
  const claim = {
    sizePages: size / pageBytes,
    minPages: 0,
    maxPages: size / pageBytes,
    shares: Math.max(1, Math.round((size / mib) * sharesPerMib)),
    targetPages: 0,
    active: 1,
    isCompliant: true,
    isBlocked: false,
  }
  const least = min ?? Math.min(defaultMin, max ?? size)
  Object.assign(
    claim,
    limitsOf(claim, { min: least, ...(max !== undefined && { max }), ...(shares !== undefined && { shares }) }),
  )
  claim.targetPages = claim.maxPages
  return claim
}

/** @throws VmmError when a limit is out of its range, and then nothing has changed. */
function limitsOf(claim: MemoryClaim, limits: MemoryLimits): Limits {
  const size = claim.sizePages * pageBytes
  const { max = claim.maxPages * pageBytes, min = claim.minPages * pageBytes, shares = claim.shares } = limits
  requireBytes('memory.max', max, mib, size)
  requireBytes('memory.min', min, 0, max)
  if (!Number.isInteger(shares) || shares < 1 || shares > mostShares)
    throw new VmmError('bad-option', `memory.shares is ${shares}; must be an integer from 1 to ${mostShares}`)
  return { minPages: min / pageBytes, maxPages: max / pageBytes, shares }
}

function requireBytes(name: string, bytes: number, least: number, most: number): void {
  if (Number.isInteger(bytes) && bytes >= least && bytes <= most && bytes % pageBytes === 0) return
  throw new VmmError('bad-option', `${name} is ${bytes}; must be a multiple of 4096 from ${least} to ${most} bytes`)
}

export interface VmMemoryParts {
  readonly claim: MemoryClaim
  readonly pages: Pick<PhysicalMap, 'residentPages' | 'statistics'>
  /** How many pages of the machine were found to have their like elsewhere, and to be zero. */
  readonly merged: () => { readonly merged: number; readonly zeroed: number }
  /** Takes limits that are in their ranges; throws a VmmError if the host could not keep them. */
  readonly update: (limits: Limits) => void
}

/**
 * A machine's memory as its host sees it: limits that can be changed while it runs, and what the policy makes of them. In bytes.
 *
 * ```ts
 * vm.memory.update({ max: 64 * 2 ** 20, shares: 2000 })
 * console.log(vm.memory.target, vm.memory.statistics.swapped)
 * ```
 */
export class VmMemory {
  readonly #parts: VmMemoryParts

  /** @internal */
  constructor(parts: VmMemoryParts) {
    this.#parts = parts
  }

  /** What the guest takes for its physical memory. */
  get size(): number {
    return this.#parts.claim.sizePages * pageBytes
  }

  /** Guaranteed. */
  get min(): number {
    return this.#parts.claim.minPages * pageBytes
  }

  /** The most that it may hold. */
  get max(): number {
    return this.#parts.claim.maxPages * pageBytes
  }

  get shares(): number {
    return this.#parts.claim.shares
  }

  /** What the policy lets the machine hold now; `max` where there is no policy. */
  get target(): number {
    return this.#parts.claim.targetPages * pageBytes
  }

  /** The part of its memory that the guest uses, 0 to 1, as estimated; 1 where nobody samples. */
  get active(): number {
    return this.#parts.claim.active
  }

  /** Shares for each page in frames, an idle page counted as four; 0 of a machine that has none. Memory is taken where that is least. */
  get sharesPerPage(): number {
    const { claim, pages } = this.#parts
    return pages.residentPages === 0 ? 0 : sharesPerPage(claim, pages.residentPages)
  }

  /** False: the guest's balloon does not give what it was asked for, and its pages are swapped out instead. */
  get isCompliant(): boolean {
    return this.#parts.claim.isCompliant
  }

  /** The host is so short of memory that the machine stands still until it holds no more than `target`. */
  get isBlocked(): boolean {
    return this.#parts.claim.isBlocked
  }

  /** Where its pages are now. */
  get statistics(): VmMemoryStatistics {
    const { resident, shared, untouched, zero, ballooned, swapped } = this.#parts.pages.statistics
    return {
      resident: resident * pageBytes,
      shared: shared * pageBytes,
      untouched: untouched * pageBytes,
      zero: zero * pageBytes,
      ballooned: ballooned * pageBytes,
      swapped: swapped * pageBytes,
    }
  }

  /** What has happened to them. */
  get counters(): VmMemoryCounters {
    const { swapIns, swapOuts, copyOnWriteBreaks, balloonings, deflations, pops } = this.#parts.pages.statistics
    const { merged, zeroed } = this.#parts.merged()
    return {
      swapIns,
      swapOuts,
      merges: merged,
      zeroMerges: zeroed,
      copyOnWriteBreaks,
      balloonInflations: balloonings,
      balloonDeflations: deflations,
      balloonPops: pops,
    }
  }

  /**
   * Changes the limits that are named; they count at once.
   * @throws VmmError when one is out of its range or the host could not keep it, and then nothing has changed.
   */
  update(limits: MemoryLimits): void {
    this.#parts.update(limitsOf(this.#parts.claim, limits))
  }
}
