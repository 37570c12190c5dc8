// A naive model of the translation cache: a list of what is cached, searched from end to end.
import { deepStrictEqual, strictEqual } from 'node:assert'
import { CodeCache, type Region, type Unit } from '../../src/cache/code-cache.ts'
import { UnitField } from '../../src/cache/unit.ts'

export const pageBytes = 4096
export const frames: readonly number[] = [0x10_0000, 0x10_1000, 0x10_2000]
const start = 0x1000
const bytes = 0x8_0000
const memory = new WebAssembly.Memory({ initial: 32, maximum: 32 })

interface Entry {
  readonly unit: Unit
  readonly host: number
  length: number
  /** Frame that the unit's end lies in, or 0. */
  second: number
}

interface LiveRegion {
  readonly region: Region
  readonly members: readonly Entry[]
}

/** The cache and its model, which `check` compares. */
export class CacheModel {
  readonly cache: CodeCache = new CodeCache({ memory, start, bytes, heat: 5 })
  entries: Entry[] = []
  regions: LiveRegion[] = []
  readonly freed: number[] = []
  readonly traced: Set<number> = new Set()
  #slot = 1

  constructor() {
    new Uint8Array(memory.buffer).fill(0)
    this.cache.onRegionDropped = (slot) => this.freed.push(slot)
    this.cache.onTrace = (frame, on) => void (on ? this.traced.add(frame) : this.traced.delete(frame))
  }

  add(host: number, length: number, mode: number, second: number): void {
    const unit = this.cache.unit(host, mode)
    const known = this.entries.find((entry) => entry.unit === unit)
    if (known && known.length > 0) return
    const frame = host - (host % pageBytes)
    const room = frame + pageBytes - host
    const entry = known ?? { unit, host, length: 0, second: 0 }
    const crosses = second !== frame && length > room
    entry.length = crosses ? Math.min(length, room + 14) : Math.min(length, room)
    entry.second = crosses ? second : 0
    this.cache.occupy(unit, entry.length)
    if (crosses) this.cache.extendInto(unit, second)
    this.cache.set(unit, UnitField.records, 0x40)
    this.cache.set(unit, UnitField.head, crosses ? 0 : 0x40)
    if (!known) this.entries.push(entry)
  }

  translate(pick: number, count: number): void {
    const live = this.entries.filter(({ length, second }) => length > 0 && second === 0)
    if (live.length === 0) return
    const entry = live[pick % live.length]!
    const frame = entry.host - (entry.host % pageBytes)
    const members = [
      entry,
      ...live.filter((other) => other !== entry && other.host - (other.host % pageBytes) === frame).slice(0, count),
    ]
    if (this.cache.get(entry.unit, UnitField.code) !== 0) return
    const region = { slot: this.#slot++, entry: entry.unit, units: members.map(({ unit }) => unit) }
    this.cache.install(region)
    this.regions.push({ region, members })
  }

  /** Ranges of host addresses that an entry's code takes. */
  static ranges({ host, length, second }: Entry): [from: number, to: number][] {
    const end = host - (host % pageBytes) + pageBytes
    if (second === 0) return [[host, host + length]]
    return [
      [host, end],
      [second, second + host + length - end],
    ]
  }

  write(host: number, size: number): void {
    this.cache.invalidate(host, size)
    const hit = (entry: Entry): boolean =>
      entry.length > 0 && CacheModel.ranges(entry).some(([from, to]) => from < host + size && to > host)
    const dropped = new Set(this.entries.filter(hit))
    for (const entry of dropped) entry.length = 0
    const [gone, left] = [
      this.regions.filter(({ members }) => members.some((member) => dropped.has(member))),
      this.regions.filter(({ members }) => !members.some((member) => dropped.has(member))),
    ]
    this.regions = left
    deepStrictEqual(this.freed.splice(0).sort(), gone.map(({ region }) => region.slot).sort())
  }

  flush(): void {
    this.cache.flush()
    deepStrictEqual(this.freed.splice(0).sort(), this.regions.map(({ region }) => region.slot).sort())
    this.entries = []
    this.regions = []
  }

  check(): void {
    const codeOf = new Map(this.regions.map(({ region }) => [region.entry, region.slot]))
    for (const entry of this.entries) {
      const live = entry.length > 0
      strictEqual(entry.unit.length, entry.length)
      strictEqual(this.cache.get(entry.unit, UnitField.records) !== 0, live)
      strictEqual(this.cache.get(entry.unit, UnitField.code), codeOf.get(entry.unit) ?? 0)
    }
    const ranges = this.entries.filter(({ length }) => length > 0).flatMap((entry) => CacheModel.ranges(entry))
    const isCode = (at: number, size: number): boolean => ranges.some(([from, to]) => from < at + size && to > at)
    const map = new BigUint64Array(memory.buffer, this.cache.chunkMap, memory.buffer.byteLength / pageBytes)
    const expected = new BigUint64Array(map.length)
    for (const frame of frames) {
      for (let chunk = 0; chunk < 64; chunk++) {
        if (isCode(frame + chunk * 64, 64)) expected[frame / pageBytes]! |= 1n << BigInt(chunk)
      }
      strictEqual(this.traced.has(frame), expected[frame / pageBytes] !== 0n)
    }
    deepStrictEqual(map, expected)
    for (const edge of ranges.flat()) {
      for (const at of [edge - 2, edge - 1, edge]) {
        const room = pageBytes - (at % pageBytes)
        for (const size of [1, 2, 4]) if (size <= room) strictEqual(this.cache.overlaps(at, size), isCode(at, size))
      }
    }
  }
}
