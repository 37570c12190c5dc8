import { UnitField, unitBytes } from './unit.ts'

const pageBytes = 4096
/** log2 of the granularity at which emitted code detects writes to code: a frame has 64 chunks of 64 bytes. */
const chunkShift = 6
/** A frame's entry in the chunk map: one bit for each chunk. */
const chunkMapEntry = 8

/** Bytes of the cache's area that go to the chunk map of a memory of `memoryBytes`. */
export const chunkMapBytes = (memoryBytes: number): number => Math.ceil(memoryBytes / pageBytes) * chunkMapEntry

/** A translation unit's descriptor seen from TypeScript. */
export interface Unit {
  /** Address of the descriptor. */
  readonly address: number
  readonly page: CodePage
  readonly offset: number
  readonly mode: number
  /** Bytes of code from `offset` on; 0 while not decoded. */
  length: number
  /** Regions that contain this unit's code. */
  readonly regions: Set<Region>
}

/** Translated code: one function that covers one or several units of a page. */
export interface Region {
  readonly slot: number
  readonly entry: Unit
  readonly units: readonly Unit[]
}

/** What is cached of one frame's code. */
export interface CodePage {
  /** Host address of the frame. */
  readonly frame: number
  readonly units: Map<number, Unit>
  /** Units of the page before whose last instruction ends in this page. */
  readonly tails: Set<Unit>
  /** One byte per byte of the frame: whether it is code. */
  readonly code: Uint8Array
  /** Times that code of this frame was overwritten. */
  writes: number
  /** Whether writes to the frame are traced: as long as it holds code. */
  traced: boolean
}

/** Executions in the interpreter before a unit is translated. */
export interface CacheOptions {
  readonly memory: WebAssembly.Memory
  /** Start and size of the area for the hash, the descriptors and the records. */
  readonly start: number
  readonly bytes: number
  readonly heat: number
}

/** log2 of the number of hash buckets. */
const hashBits = 16

/**
 * The translation cache's bookkeeping: unit descriptors in linear memory, found by a hash over (host address, mode),
 * and their code pages. Its area is bounded: when it is full, everything is dropped and begins anew.
 */
export class CodeCache {
  readonly hashBase: number
  /**
   * The chunk map: 64 bits for each frame of the memory, by its number, which say what chunks hold code. Emitted code
   * tests it, too, before it writes to a traced frame: see `runtime/missed-accesses.ts`.
   */
  readonly chunkMap: number
  readonly #words: Int32Array
  readonly #start: number
  readonly #end: number
  #next: number
  readonly #heat: number
  readonly #pages = new Map<number, CodePage>()
  /** Called with a region's table slot when its code is dropped. */
  onRegionDropped: (slot: number) => void = () => {}
  /** Called with each frame whose writes are to be traced from now on, or no longer. */
  onTrace: (frame: number, on: boolean) => void = () => {}
  units = 0
  flushes = 0
  dropped = 0

  constructor({ memory, start, bytes, heat }: CacheOptions) {
    this.#words = new Int32Array(memory.buffer)
    this.hashBase = start
    this.chunkMap = start + (4 << hashBits)
    this.#start = this.chunkMap + chunkMapBytes(memory.buffer.byteLength)
    this.#end = start + bytes
    this.#next = this.#start
    this.#heat = heat
  }

  /** Mask of bucket numbers. */
  static readonly bucketMask: number = (1 << hashBits) - 1

  /** Bucket of a host address; the dispatcher computes the same. */
  static bucketOf(host: number): number {
    return (host ^ (host >>> 13)) & CodeCache.bucketMask
  }

  /** Takes `bytes` of the area; -1 when it is full. */
  allocate(bytes: number): number {
    if (this.#next + bytes > this.#end) return -1
    const at = this.#next
    this.#next += bytes
    return at
  }

  /** Whether `bytes` more fit. */
  fits(bytes: number): boolean {
    return this.#next + bytes <= this.#end
  }

  get usedBytes(): number {
    return this.#next - this.#start
  }

  /** The code page of `frame`, if any code of it is cached. */
  page(frame: number): CodePage | undefined {
    return this.#pages.get(frame)
  }

  /** The unit at host address `host` in `mode`, with a descriptor made if there is none. The area must have room. */
  unit(host: number, mode: number): Unit {
    const frame = host - (host % pageBytes)
    const page = this.#pageOf(frame)
    const key = (host - frame) | (mode << 12)
    const known = page.units.get(key)
    if (known) return known
    const unit: Unit = {
      address: this.#describe(host, mode),
      page,
      offset: host - frame,
      mode,
      length: 0,
      regions: new Set(),
    }
    page.units.set(key, unit)
    this.units++
    return unit
  }

  #pageOf(frame: number): CodePage {
    const known = this.#pages.get(frame)
    if (known) return known
    const code = new Uint8Array(pageBytes)
    const page: CodePage = { frame, units: new Map(), tails: new Set(), code, writes: 0, traced: false }
    this.#pages.set(frame, page)
    return page
  }

  /** Turns the write trace of a page's frame on with its first code, and off when its last is gone. */
  #trace(page: CodePage, on: boolean): void {
    if (page.traced === on) return
    page.traced = on
    this.onTrace(page.frame, on)
  }

  #describe(host: number, mode: number): number {
    const address = this.allocate(unitBytes)
    if (address < 0) throw new RangeError('the code cache has no room for a unit descriptor')
    const word = address >>> 2
    const bucket = (this.hashBase >>> 2) + CodeCache.bucketOf(host)
    this.#words.fill(0, word, word + unitBytes / 4)
    this.#words[word + UnitField.host / 4] = host
    this.#words[word + UnitField.mode / 4] = mode
    this.#words[word + UnitField.heat / 4] = this.#heat
    this.#words[word + UnitField.nextInBucket / 4] = this.#words[bucket]!
    this.#words[bucket] = address
    return address
  }

  /** The decoded unit whose descriptor is at `address`. */
  unitAt(address: number): Unit {
    const word = address >>> 2
    return this.unit(this.#words[word + UnitField.host / 4]! >>> 0, this.#words[word + UnitField.mode / 4]!)
  }

  /** Sets a descriptor's field. */
  set(unit: Unit, field: number, value: number): void {
    this.#words[(unit.address + field) >>> 2] = value
  }

  get(unit: Unit, field: number): number {
    return this.#words[(unit.address + field) >>> 2]!
  }

  /** Notes that `unit` has code in [offset, offset + length). */
  occupy(unit: Unit, length: number): void {
    unit.length = length
    this.set(unit, UnitField.last, length - 1)
    this.#trace(unit.page, true)
    this.#watch(unit.page, unit.offset, Math.min(unit.offset + length, pageBytes))
  }

  /** Index in words of a frame's entry in the chunk map. */
  #chunksOf(frame: number): number {
    return (this.chunkMap + (frame / pageBytes) * chunkMapEntry) >>> 2
  }

  /** Notes that the bytes of a page from offset `start` to before `end` are code. */
  #watch(page: CodePage, start: number, end: number): void {
    page.code.fill(1, start, end)
    const word = this.#chunksOf(page.frame)
    for (let chunk = start >>> chunkShift; chunk <= (end - 1) >>> chunkShift; chunk++) {
      this.#words[word + (chunk >>> 5)]! |= 1 << (chunk & 31)
    }
  }

  #unwatch(page: CodePage): void {
    page.code.fill(0)
    const word = this.#chunksOf(page.frame)
    this.#words.fill(0, word, word + chunkMapEntry / 4)
  }

  /** Notes that the one instruction of `unit` ends in the frame at `secondPage`. */
  extendInto(unit: Unit, secondPage: number): void {
    const page = this.#pageOf(secondPage)
    page.tails.add(unit)
    this.#watch(page, 0, unit.offset + unit.length - pageBytes)
    this.#trace(page, true)
    this.set(unit, UnitField.secondPage, secondPage)
  }

  /** Whether a write of `size` bytes at `host` touches cached code. */
  overlaps(host: number, size: number): boolean {
    const page = this.#pages.get(host - (host % pageBytes))
    if (!page) return false
    const first = host - page.frame
    for (let at = first; at < first + size; at++) if (page.code[at]) return true
    return false
  }

  /** Drops all code that overlaps a write of `size` bytes at `host`. */
  invalidate(host: number, size: number): void {
    const page = this.#pages.get(host - (host % pageBytes))
    if (!page) return
    const first = host - page.frame
    const last = first + size - 1
    page.writes++
    for (const unit of page.units.values()) {
      if (unit.length > 0 && unit.offset <= last && unit.offset + unit.length > first) this.drop(unit)
    }
    for (const unit of page.tails) {
      if (unit.offset + unit.length - pageBytes <= first) continue
      this.drop(unit)
      if (unit.page !== page) this.#recount(unit.page)
    }
    this.#recount(page)
  }

  /** Drops the code of a whole frame, whose contents or use changed. */
  invalidateFrame(frame: number): void {
    this.invalidate(frame, pageBytes)
  }

  #recount(page: CodePage): void {
    this.#unwatch(page)
    for (const unit of page.tails) this.#watch(page, 0, unit.offset + unit.length - pageBytes)
    let holdsCode = page.tails.size > 0
    for (const unit of page.units.values()) {
      if (unit.length === 0) continue
      this.occupy(unit, unit.length)
      holdsCode = true
    }
    this.#trace(page, holdsCode)
  }

  /** Drops one unit's records and every region that contains it; its descriptor, and so every chain, stays. */
  drop(unit: Unit): void {
    this.dropped++
    for (const region of [...unit.regions]) this.dropRegion(region)
    const second = this.#pages.get(this.get(unit, UnitField.secondPage))
    unit.length = 0
    this.set(unit, UnitField.head, 0)
    this.set(unit, UnitField.records, 0)
    this.set(unit, UnitField.secondPage, 0)
    this.set(unit, UnitField.heat, this.#heat)
    if (second?.tails.delete(unit)) this.#recount(second)
  }

  /** Links `region` as the code of its entry. */
  install(region: Region): void {
    for (const unit of region.units) unit.regions.add(region)
    this.set(region.entry, UnitField.code, region.slot)
    this.set(region.entry, UnitField.head, 0)
  }

  dropRegion(region: Region): void {
    for (const unit of region.units) unit.regions.delete(region)
    if (this.get(region.entry, UnitField.code) === region.slot) {
      this.set(region.entry, UnitField.code, 0)
      this.set(region.entry, UnitField.heat, this.#heat)
      if (this.get(region.entry, UnitField.secondPage) === 0) {
        this.set(region.entry, UnitField.head, this.get(region.entry, UnitField.records))
      }
    }
    this.onRegionDropped(region.slot)
  }

  /** Drops everything. Descriptors and records of before are invalid afterwards. */
  flush(): void {
    for (const page of this.#pages.values()) {
      for (const unit of page.units.values()) for (const region of [...unit.regions]) this.dropRegion(region)
      this.#unwatch(page)
      this.#trace(page, false)
    }
    this.#pages.clear()
    this.#words.fill(0, this.hashBase >>> 2, (this.hashBase >>> 2) + (1 << hashBits))
    this.#next = this.#start
    this.flushes++
  }

  /** Frames that hold cached code. */
  *frames(): Iterable<number> {
    for (const page of this.#pages.values()) if (page.traced) yield page.frame
  }
}
