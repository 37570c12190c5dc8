import type { SwapStore } from '@mica-vm/machine-memory'
import type { BlockStore } from '@mica-vm/vmm'

/** What was asked of the stores that a ledger is kept of. */
export interface StorageUse {
  /** A request that goes on where the one before ended is a part of it. */
  readonly diskRequests: number
  readonly diskBytes: number
  readonly swapRequests: number
  readonly swapReads: number
  readonly swapWrites: number
  /** Swap reads for the sake of pages that the guest was moving from or to its own disk. */
  readonly doublePaged: number
}

/** What a store takes for a request, and for its data. */
export interface StorageModel {
  readonly requestNs: number
  readonly bytesPerSecond: number
}

const none: StorageUse = {
  diskRequests: 0,
  diskBytes: 0,
  swapRequests: 0,
  swapReads: 0,
  swapWrites: 0,
  doublePaged: 0,
}

export function difference(to: StorageUse, from: StorageUse): StorageUse {
  return combine(to, from, (a, b) => a - b)
}

export function sumOf(uses: readonly StorageUse[]): StorageUse {
  return uses.reduce((total, use) => combine(total, use, (a, b) => a + b), none)
}

function combine(one: StorageUse, other: StorageUse, by: (a: number, b: number) => number): StorageUse {
  const keys = Object.keys(none) as (keyof StorageUse)[]
  return Object.fromEntries(keys.map((key) => [key, by(one[key], other[key])])) as unknown as StorageUse
}

const pageBytes = 4096

/** How long the stores are at work for that, one request after the other. */
export function storageNs(use: StorageUse, { requestNs, bytesPerSecond }: StorageModel): number {
  const requests = use.diskRequests + use.swapRequests
  const bytes = use.diskBytes + (use.swapReads + use.swapWrites) * pageBytes
  return requests * requestNs + (bytes / bytesPerSecond) * 1e9
}

/**
 * Counts what a machine asks of its disk, and its host of swap. The guest waits for neither, so that it does the same whatever they cost, and
 * what they would have cost is reckoned from the counts.
 */
export class StorageLedger {
  /** How many instructions the machine has run: what happens at the same one as an access to the disk happens for its sake. */
  instructions: () => number = () => 0
  #use = { ...none }
  #diskEnd = -1
  #swapEnd = -1
  /** Of the last access: the instruction, and what happened at it. */
  #at = -1
  #isDiskUsed = false
  #reads = 0

  /** Up to now. */
  get use(): StorageUse {
    return { ...this.#use }
  }

  disk(store: BlockStore): BlockStore {
    const { sectorBytes, sectors, readOnly } = store
    const count = (sector: number, { length }: Uint8Array): void => this.#disk(sector * sectorBytes, length)
    return {
      ...{ sectorBytes, sectors, readOnly },
      read: (sector, into) => {
        count(sector, into)
        store.read(sector, into)
      },
      write: (sector, from) => {
        count(sector, from)
        store.write(sector, from)
      },
      flush: () => store.flush(),
    }
  }

  swap(store: SwapStore): SwapStore {
    return {
      slots: store.slots,
      read: (slot, into) => {
        this.#swap(slot)
        this.#swapRead()
        store.read(slot, into)
      },
      write: (slot, from) => {
        this.#swap(slot)
        this.#use.swapWrites++
        store.write(slot, from)
      },
      discard: (slot) => store.discard?.(slot),
      close: () => store.close(),
    }
  }

  #disk(start: number, bytes: number): void {
    if (start !== this.#diskEnd) this.#use.diskRequests++
    this.#use.diskBytes += bytes
    this.#diskEnd = start + bytes
    this.#note()
    // Before the disk is written, what is to be written is read.
    if (!this.#isDiskUsed) this.#use.doublePaged += this.#reads
    this.#isDiskUsed = true
  }

  #swap(slot: number): void {
    if (slot !== this.#swapEnd) this.#use.swapRequests++
    this.#swapEnd = slot + 1
  }

  #swapRead(): void {
    this.#use.swapReads++
    this.#note()
    this.#reads++
    if (this.#isDiskUsed) this.#use.doublePaged++
  }

  #note(): void {
    const at = this.instructions()
    if (at === this.#at) return
    this.#at = at
    this.#isDiskUsed = false
    this.#reads = 0
  }
}
