/**
 * What a disk keeps its sectors in. Reads and writes are whole sectors: the buffer's length is a multiple of `sectorBytes`,
 * and a device never asks for sectors past `sectors`.
 *
 * It answers at once. A store whose data comes later (a file read asynchronously, a network) has to hold what the guest
 * may ask for, or the owner stops the machine until it does.
 *
 * A store that cannot do what it is asked (a full disk, a file that is gone) throws a `BlockStoreError`: the guest then gets
 * the error that its device has for that, and goes on. Any other error goes through to the owner of the machine.
 */
export interface BlockStore {
  /** 512 for disks and floppies, 2048 for CD-ROMs. */
  readonly sectorBytes: number
  readonly sectors: number
  readonly readOnly: boolean
  read(lba: number, into: Uint8Array): void
  write(lba: number, from: Uint8Array): void
  /** What was written shall last. */
  flush(): void
  /** What these sectors hold is of no more use: they may read as anything afterwards. Absent: nothing is gained by that. */
  trim?(lba: number, sectors: number): void
}

/** A store could not read, write or flush. */
export class BlockStoreError extends Error {}

/** Does something to a store; false if the store could not. */
export function storeCan(access: () => void): boolean {
  try {
    access()
    return true
  } catch (error) {
    if (error instanceof BlockStoreError) return false
    throw error
  }
}

export interface MemoryBlockStoreOptions {
  /** Default 512. */
  sectorBytes?: number
  readOnly?: boolean
}

/** Sectors in an array: an image that was loaded whole. */
export class MemoryBlockStore implements BlockStore {
  readonly bytes: Uint8Array
  readonly sectorBytes: number
  readonly sectors: number
  readonly readOnly: boolean

  /** Bytes past the last whole sector are not part of the disk. */
  constructor(bytes: Uint8Array, { sectorBytes = 512, readOnly = false }: MemoryBlockStoreOptions = {}) {
    if (sectorBytes !== 512 && sectorBytes !== 2048) {
      throw new RangeError(`sectorBytes must be 512 or 2048, got ${sectorBytes}`)
    }
    this.bytes = bytes
    this.sectorBytes = sectorBytes
    this.sectors = Math.floor(bytes.length / sectorBytes)
    this.readOnly = readOnly
  }

  read(lba: number, into: Uint8Array): void {
    const start = lba * this.sectorBytes
    into.set(this.bytes.subarray(start, start + into.length))
  }

  write(lba: number, from: Uint8Array): void {
    this.bytes.set(from, lba * this.sectorBytes)
  }

  flush(): void {}
}

/** Copy on write: what is written stays in memory, over a store that is only read. */
export class OverlayBlockStore implements BlockStore {
  readonly sectorBytes: number
  readonly sectors: number
  readonly readOnly = false
  readonly #base: BlockStore
  readonly #written = new Map<number, Uint8Array>()

  constructor(base: BlockStore) {
    this.#base = base
    this.sectorBytes = base.sectorBytes
    this.sectors = base.sectors
  }

  /** How many sectors differ, or may differ, from the store below. */
  get writtenSectors(): number {
    return this.#written.size
  }

  read(lba: number, into: Uint8Array): void {
    this.#base.read(lba, into)
    const { sectorBytes } = this
    for (let i = 0; i * sectorBytes < into.length; i++) {
      const own = this.#written.get(lba + i)
      if (own) into.set(own, i * sectorBytes)
    }
  }

  write(lba: number, from: Uint8Array): void {
    const { sectorBytes } = this
    for (let i = 0; i * sectorBytes < from.length; i++) {
      this.#written.set(lba + i, from.slice(i * sectorBytes, (i + 1) * sectorBytes))
    }
  }

  flush(): void {}

  /** These sectors read as those below again. */
  trim(lba: number, sectors: number): void {
    for (let i = 0; i < sectors; i++) this.#written.delete(lba + i)
  }

  /** The written sectors in order, for whoever saves them beside a snapshot. */
  *changes(): Generator<[lba: number, bytes: Uint8Array]> {
    for (const lba of [...this.#written.keys()].sort((a, b) => a - b)) yield [lba, this.#written.get(lba)!]
  }

  /** Forgets all that was written. */
  discard(): void {
    this.#written.clear()
  }
}
