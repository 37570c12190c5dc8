import { ConfigSpace } from '../internal/config-space.ts'
import { DeviceId } from '../registers.ts'
import type { AccessSize, DeviceHost, Features, VirtioDevice, Virtqueue } from '../types.ts'
import { BlockFeature, Config, ID_BYTES, SECTOR_BYTES } from './registers.ts'
import { RequestServer } from './request.ts'
import type { BlockBacking } from './store.ts'

const QUEUE_SIZE = 256
/** Pieces of data in a request: header and status have descriptors of their own. */
const MOST_SEGMENTS = QUEUE_SIZE - 2
/** Bytes of a piece. With it a request has at most 16 MiB. */
const SEGMENT_BYTES = 65536
/** Sectors to discard or zero by one request. */
const MOST_SECTORS_AT_ONCE = 32768
/** Bytes after which the guest gets its turn again, if requests still wait. */
const BYTES_AT_ONCE = 8 << 20

export interface BlockOptions {
  readonly store: BlockBacking
  /** Calls back soon, when the guest has had its turn: for what is left of many requests at once. */
  readonly defer: (callback: () => void) => void
  /** What a driver reads as serial number: at most 20 ASCII characters. Default none. */
  readonly id?: string
  /** Whether an error that the store threw is the guest's to handle; what is not goes to the caller. Default: each is. */
  readonly isStoreFailure?: (error: unknown) => boolean
}

/** What the disk has done. */
export interface BlockStatistics {
  readonly requests: number
  readonly failures: number
  readonly readBytes: number
  readonly writtenBytes: number
}

export interface BlockState {
  /** Requests wait for the next turn. */
  isDeferred: boolean
}

/** The block device (5.2): a disk over a store of sectors. */
export class BlockDevice implements VirtioDevice {
  readonly deviceId: number = DeviceId.BLOCK
  readonly features: readonly number[]
  readonly queueSizes: readonly number[] = [QUEUE_SIZE]
  readonly configBytes: number = Config.BYTES
  readonly #config: ConfigSpace
  readonly #server: RequestServer
  readonly #defer: (callback: () => void) => void
  #queue: Virtqueue | null = null
  #isDeferred = false
  /** Counts resets, so that what was deferred before one does nothing. */
  #epoch = 0

  /** @throws RangeError for a store or an id that no disk has. */
  constructor({ store, defer, id = '', isStoreFailure = () => true }: BlockOptions) {
    requireStore(store)
    this.features = featuresOf(store)
    this.#config = configOf(store)
    this.#server = new RequestServer(store, requireId(id), isStoreFailure)
    this.#defer = defer
  }

  get statistics(): BlockStatistics {
    return { ...this.#server.statistics }
  }

  connect(host: DeviceHost): void {
    this.#server.onMalformed = (reason) => host.fail(reason)
  }

  readConfig(offset: number, size: AccessSize): number {
    return this.#config.read(offset, size)
  }

  /** Nothing in it is the driver's to write: the cache mode is not offered. */
  writeConfig(): void {}

  activate([queue]: readonly Virtqueue[], features: Features): void {
    this.#queue = queue ?? null
    this.#server.features = features
  }

  notify(): void {
    if (!this.#isDeferred) this.#serve()
  }

  reset(): void {
    this.#queue = null
    this.#isDeferred = false
    this.#epoch++
  }

  snapshot(): BlockState {
    return { isDeferred: this.#isDeferred }
  }

  restore(state: BlockState): void {
    if (state.isDeferred) this.#serveLater()
  }

  /** Serves requests until there are none, or enough was done for one turn. */
  #serve(): void {
    const queue = this.#queue
    if (!queue) return
    let bytes = 0
    for (let count = 0; count < queue.size && bytes < BYTES_AT_ONCE; count++) {
      const chain = queue.take()
      if (!chain) break
      const served = this.#server.serve(chain)
      if (!served) return
      queue.complete(chain, served.written)
      bytes += served.cost
    }
    queue.notifyDriver()
    if (bytes >= BYTES_AT_ONCE) this.#serveLater()
  }

  #serveLater(): void {
    this.#isDeferred = true
    const epoch = this.#epoch
    this.#defer(() => {
      if (epoch !== this.#epoch) return
      this.#isDeferred = false
      this.#serve()
    })
  }
}

function featuresOf(store: BlockBacking): number[] {
  const { SIZE_MAX, SEG_MAX, RO, BLK_SIZE, FLUSH, TOPOLOGY, DISCARD, WRITE_ZEROES } = BlockFeature
  const always = [SIZE_MAX, SEG_MAX, BLK_SIZE, FLUSH, TOPOLOGY]
  if (store.readOnly) return [...always, RO]
  return [...always, WRITE_ZEROES, ...(store.trim ? [DISCARD] : [])]
}

function configOf({ sectors, sectorBytes }: BlockBacking): ConfigSpace {
  const config = new ConfigSpace(Config.BYTES)
  config.set64(Config.CAPACITY, sectors * (sectorBytes / SECTOR_BYTES))
  config.set(Config.SIZE_MAX, 4, SEGMENT_BYTES)
  config.set(Config.SEG_MAX, 4, MOST_SEGMENTS)
  config.set(Config.BLK_SIZE, 4, sectorBytes)
  config.set(Config.OPTIMAL_IO_SIZE, 4, SEGMENT_BYTES / sectorBytes)
  config.set(Config.QUEUES, 2, 1)
  config.set(Config.MAX_DISCARD_SECTORS, 4, MOST_SECTORS_AT_ONCE)
  config.set(Config.MAX_DISCARD_SEGMENTS, 4, 1)
  config.set(Config.DISCARD_ALIGNMENT, 4, sectorBytes / SECTOR_BYTES)
  config.set(Config.MAX_WRITE_ZEROES_SECTORS, 4, MOST_SECTORS_AT_ONCE)
  config.set(Config.MAX_WRITE_ZEROES_SEGMENTS, 4, 1)
  return config
}

function requireStore({ sectorBytes, sectors }: BlockBacking): void {
  if (!(sectorBytes >= SECTOR_BYTES && sectorBytes <= 4096) || Math.log2(sectorBytes) % 1 !== 0) {
    throw new RangeError(`a disk's sectors have 512, 1024, 2048 or 4096 bytes, got ${sectorBytes}`)
  }
  if (!(sectors >= 1)) throw new RangeError(`a disk has at least one sector, got ${sectors}`)
}

function requireId(id: string): Uint8Array {
  const bytes = new TextEncoder().encode(id)
  if (bytes.length > ID_BYTES) throw new RangeError(`a disk's id has at most ${ID_BYTES} bytes, got ${id}`)
  const padded = new Uint8Array(ID_BYTES)
  padded.set(bytes)
  return padded
}
