import { SwapStoreError } from './errors.ts'
import { FRAME_BYTES } from './geometry.ts'
import { checksumInto } from './internal/checksum.ts'
import { NumberPool } from './internal/number-pool.ts'
import { SwapReservation } from './swap-reservation.ts'
import type { SwapAuditReport, SwapFailure, SwapStatistics, SwapStore } from './types.ts'

/** Slots that nobody can reserve: for pages that devices write while no frame is free, which are in two slots for a moment. */
const MOST_SPARE_SLOTS = 64

/**
 * Where contents of pages lie that have no frame: the slots of a store, with reference counts and checksums. A slot is written once; other
 * contents go to another slot. Guests use it by reservations, so that a slot is there when one is needed.
 *
 * ```ts
 * const space = new SwapSpace(new MemorySwapStore(4096))
 * const swap = space.reserve(1024) // null if so many are not left
 * const map = new PhysicalMap(machine, { ranges, swap })
 * ```
 */
export class SwapSpace {
  readonly #store: SwapStore
  readonly #pool: NumberPool
  readonly #reservable: number
  readonly #reservations = new Set<SwapReservation>()
  /** Two words for each slot. */
  readonly #sums: Uint32Array
  readonly #found = new Uint32Array(2)
  #reserved = 0
  #peak = 0
  #reads = 0
  #writes = 0
  #failures = 0
  #isClosed = false

  constructor(store: SwapStore) {
    const { slots } = store
    if (!Number.isInteger(slots) || slots < 1 || slots > 2 ** 31 - 1)
      throw new RangeError(`the store has ${slots} slots; must be an integer from 1 to 2147483647`)
    this.#store = store
    this.#pool = new NumberPool('slot', 0, slots)
    this.#reservable = slots - Math.min(MOST_SPARE_SLOTS, slots >>> 4)
    this.#sums = new Uint32Array(2 * slots)
  }

  /** A right to `pages` slots, or null if so many are not left. */
  reserve(pages: number): SwapReservation | null {
    requirePages(pages)
    if (pages > this.unreserved) return null
    const reservation: SwapReservation = new SwapReservation(this, pages, () => this.#reservations.delete(reservation))
    this.#reservations.add(reservation)
    this.#reserved += pages
    return reservation
  }

  /** Pages that can still be reserved. */
  get unreserved(): number {
    return this.#reservable - this.#reserved
  }

  /** A reservation is to have `to` pages instead of `from`; false if so many are not left. */
  exchangeReserved(from: number, to: number): boolean {
    requirePages(to)
    if (to - from > this.unreserved) return false
    this.#reserved += to - from
    return true
  }

  get statistics(): SwapStatistics {
    const { total, free } = this.#pool
    return {
      slots: total,
      used: total - free,
      peak: this.#peak,
      reserved: this.#reserved,
      unreserved: this.unreserved,
      reads: this.#reads,
      writes: this.#writes,
      failures: this.#failures,
    }
  }

  /** Writes a page to a free slot, which has one reference then. A failure if there is none, or the store cannot. */
  save(from: Uint8Array): number | SwapFailure {
    const slot = this.#pool.take()
    if (slot < 0) return { kind: 'swap-full', message: `all ${this.#pool.total} slots of swap are in use` }
    const failure = this.#attempt('written', () => this.#store.write(slot, from))
    if (failure !== null) {
      this.#pool.release(slot)
      return failure
    }
    this.#writes++
    checksumInto(this.#sums, 2 * slot, from, slot)
    this.#peak = Math.max(this.#peak, this.#pool.total - this.#pool.free)
    return slot
  }

  /** Reads a slot. With a failure `into` holds anything. */
  load(slot: number, into: Uint8Array): SwapFailure | null {
    const failure = this.#attempt('read', () => this.#store.read(slot, into))
    if (failure !== null) return failure
    this.#reads++
    checksumInto(this.#found, 0, into, slot)
    if (this.#found[0] === this.#sums[2 * slot] && this.#found[1] === this.#sums[2 * slot + 1]) return null
    this.#failures++
    return { kind: 'swap-damaged', message: `swap slot ${slot} does not hold what was written there` }
  }

  retain(slot: number): void {
    this.#pool.retain(slot)
  }

  release(slot: number): void {
    if (this.#pool.release(slot) && !this.#isClosed) this.#store.discard?.(slot)
  }

  /** Makes what was written last over a crash of the host, where the store can. */
  flush(): SwapFailure | null {
    return this.#attempt('flushed', () => this.#store.flush?.())
  }

  /** Adds everything up from the ground. */
  audit(): SwapAuditReport {
    const counts = new Uint32Array(this.#pool.total)
    const contradictions = this.#pool.contradictions()
    let reserved = 0
    for (const reservation of this.#reservations) {
      reserved += reservation.pages
      contradictions.push(...reservation.countSlots(counts))
    }
    counts.forEach((counted, slot) => {
      const references = this.#pool.references(slot)
      if (counted !== references)
        contradictions.push(`slot ${slot} is held ${counted} times but counts ${references} references`)
    })
    if (reserved !== this.#reserved || reserved > this.#reservable)
      contradictions.push(`${reserved} pages are reserved, ${this.#reserved} counted, of ${this.#reservable}`)
    const { used, slots } = this.statistics
    return { slots, used, free: slots - used, reserved, contradictions }
  }

  /** Closes the store. What lies there is lost to the maps that swapped it out. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#store.close()
  }

  #attempt(what: string, access: () => void): SwapFailure | null {
    try {
      if (this.#isClosed) throw new SwapStoreError('lost', 'it was closed')
      access()
      return null
    } catch (error) {
      this.#failures++
      const isFull = error instanceof SwapStoreError && error.kind === 'full'
      const reason = error instanceof Error ? error.message : String(error)
      return { kind: isFull ? 'swap-full' : 'swap-lost', message: `swap cannot be ${what}: ${reason}` }
    }
  }
}

function requirePages(pages: number): void {
  if (!Number.isInteger(pages) || pages < 0)
    throw new RangeError(`pages is ${pages}; must be a number of pages of ${FRAME_BYTES} bytes`)
}
