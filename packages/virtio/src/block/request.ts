import type { Chain, Features } from '../types.ts'
import { BlockFeature, HEADER_BYTES, ID_BYTES, Outcome, RANGE_BYTES, Request, SECTOR_BYTES } from './registers.ts'
import type { BlockBacking } from './store.ts'

/** Data goes through a buffer of this size. */
const BLOCK_BYTES = 128 * 1024
/** A request has at most this much data: what the driver was told it may have, 254 pieces of 64 KiB. */
const MOST_BYTES = 16 << 20
/** What a request costs beside its data, so that many without any end a turn, too; and what making data last does. */
const REQUEST_COST = 4096
const FLUSH_COST = 1 << 20

/** What became of a request. */
export interface Served {
  /** Bytes of the chain's writable part that hold something. */
  readonly written: number
  /** How much work it was, in bytes. */
  readonly cost: number
}

interface Result {
  readonly outcome: number
  /** Bytes that the store moved. */
  readonly moved?: number
}

const ioError: Result = { outcome: Outcome.IO_ERROR }
const unsupported: Result = { outcome: Outcome.UNSUPPORTED }

/** Serves requests of the block device (5.2.6), each a chain: header and data to read; data and a status to write. */
export class RequestServer {
  readonly statistics: { requests: number; failures: number; readBytes: number; writtenBytes: number } = {
    requests: 0,
    failures: 0,
    readBytes: 0,
    writtenBytes: 0,
  }
  /** What was negotiated. */
  features: Features = new Set()
  /** A chain is no request. */
  onMalformed: (reason: string) => void = () => {}
  readonly #store: BlockBacking
  readonly #id: Uint8Array
  readonly #isStoreFailure: (error: unknown) => boolean
  readonly #header = new DataView(new ArrayBuffer(HEADER_BYTES))
  #buffer: Uint8Array | null = null

  constructor(store: BlockBacking, id: Uint8Array, isStoreFailure: (error: unknown) => boolean) {
    this.#store = store
    this.#id = id
    this.#isStoreFailure = isStoreFailure
  }

  /** Null: the driver broke a rule, and the device needs a reset. */
  serve(chain: Chain): Served | null {
    if (chain.readableBytes < HEADER_BYTES || chain.writableBytes < 1) {
      const { readableBytes, writableBytes } = chain
      this.onMalformed(`a request has ${readableBytes} bytes to read and ${writableBytes} to write: too few`)
      return null
    }
    if (!chain.read(new Uint8Array(this.#header.buffer))) return null
    const result = this.#perform(chain)
    if (result === null) return null
    const { outcome, moved = 0 } = result
    this.statistics.requests++
    if (outcome !== Outcome.OK) this.statistics.failures++
    if (!chain.write(Uint8Array.of(outcome), chain.writableBytes - 1)) return null
    const isWritten = outcome === Outcome.OK || chain.writableBytes === 1
    return { written: isWritten ? chain.writableBytes : 0, cost: REQUEST_COST + moved }
  }

  /** Null: the driver named what is no memory. */
  #perform(chain: Chain): Result | null {
    const header = this.#header
    const sector = header.getUint32(8, true) + header.getUint32(12, true) * 2 ** 32
    try {
      switch (header.getUint32(0, true)) {
        case Request.IN:
          return this.#read(chain, sector)
        case Request.OUT:
          return this.#write(chain, sector)
        case Request.FLUSH:
          this.#store.flush()
          return { outcome: Outcome.OK, moved: FLUSH_COST }
        case Request.GET_ID:
          return this.#identify(chain)
        case Request.DISCARD:
          return this.#forRange(chain, BlockFeature.DISCARD, (start, sectors) => this.#discard(start, sectors))
        case Request.WRITE_ZEROES:
          return this.#forRange(chain, BlockFeature.WRITE_ZEROES, (start, sectors) => this.#zero(start, sectors))
        default:
          return unsupported
      }
    } catch (error) {
      if (this.#isStoreFailure(error)) return ioError
      throw error
    }
  }

  #read(chain: Chain, sector: number): Result | null {
    const bytes = chain.writableBytes - 1
    if (!this.#exists(sector, bytes)) return ioError
    const isDone = this.#inBlocks(sector, bytes, (at, block, offset) => {
      this.#store.read(at, block)
      return chain.write(block, offset)
    })
    if (!isDone) return null
    this.statistics.readBytes += bytes
    return { outcome: Outcome.OK, moved: bytes }
  }

  #write(chain: Chain, sector: number): Result | null {
    const bytes = chain.readableBytes - HEADER_BYTES
    if (this.#store.readOnly || !this.#exists(sector, bytes)) return ioError
    const isDone = this.#inBlocks(sector, bytes, (at, block, offset) => {
      if (!chain.read(block, HEADER_BYTES + offset)) return false
      this.#store.write(at, block)
      return true
    })
    if (!isDone) return null
    this.statistics.writtenBytes += bytes
    return { outcome: Outcome.OK, moved: bytes }
  }

  #identify(chain: Chain): Result | null {
    const room = Math.min(chain.writableBytes - 1, ID_BYTES)
    return chain.write(this.#id.subarray(0, room)) ? { outcome: Outcome.OK } : null
  }

  /** 5.2.6.2: one stretch, as the configuration says; flags other than "unmap" are not known. */
  #forRange(chain: Chain, feature: number, act: (sector: number, bytes: number) => void): Result | null {
    if (!this.features.has(feature)) return unsupported
    if (chain.readableBytes !== HEADER_BYTES + RANGE_BYTES) return unsupported
    const range = new Uint8Array(RANGE_BYTES)
    if (!chain.read(range, HEADER_BYTES)) return null
    const view = new DataView(range.buffer)
    const sector = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32
    const bytes = view.getUint32(8, true) * SECTOR_BYTES
    const flags = view.getUint32(12, true)
    if (flags > (feature === BlockFeature.WRITE_ZEROES ? 1 : 0)) return unsupported
    if (this.#store.readOnly || !this.#exists(sector, bytes)) return ioError
    act(sector, bytes)
    return { outcome: Outcome.OK, moved: bytes }
  }

  #discard(sector: number, bytes: number): void {
    const { sectorBytes } = this.#store
    this.#store.trim?.((sector * SECTOR_BYTES) / sectorBytes, bytes / sectorBytes)
  }

  #zero(sector: number, bytes: number): void {
    this.#inBlocks(sector, bytes, (at, block) => {
      this.#store.write(at, block.fill(0))
      return true
    })
  }

  /** Whether the disk has all these sectors, in whole ones of its own, and the request is not too large. */
  #exists(sector: number, bytes: number): boolean {
    const { sectorBytes, sectors } = this.#store
    const start = (sector * SECTOR_BYTES) / sectorBytes
    const count = bytes / sectorBytes
    const isWhole = Number.isSafeInteger(start) && Number.isInteger(count) && bytes <= MOST_BYTES
    return isWhole && start + count <= sectors
  }

  /** `move` gets a sector of the store's, a block for it and those behind it, and the block's place in the data. */
  #inBlocks(
    sector: number,
    bytes: number,
    move: (sector: number, block: Uint8Array, offset: number) => boolean,
  ): boolean {
    const { sectorBytes } = this.#store
    const buffer = (this.#buffer ??= new Uint8Array(BLOCK_BYTES))
    const start = (sector * SECTOR_BYTES) / sectorBytes
    for (let offset = 0; offset < bytes; offset += BLOCK_BYTES) {
      const block = buffer.subarray(0, Math.min(BLOCK_BYTES, bytes - offset))
      if (!move(start + offset / sectorBytes, block, offset)) return false
    }
    return true
  }
}
