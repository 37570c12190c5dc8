// Oracle: a list of what is cached, searched from end to end. A write drops exactly the units that it overlaps and the regions that hold one
// of them, each region's slot is given back once, and no byte of cached code goes unwatched.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { CodeCache, type Region, type Unit } from '../../src/cache/code-cache.ts'
import { UnitField } from '../../src/cache/unit.ts'

const pageBytes = 4096
const frames = [0x10_0000, 0x10_1000, 0x10_2000]
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

class Model {
  readonly cache = new CodeCache({ memory, start, bytes, heat: 5 })
  entries: Entry[] = []
  regions: LiveRegion[] = []
  readonly freed: number[] = []
  #slot = 1

  constructor() {
    new Uint8Array(memory.buffer).fill(0)
    this.cache.onRegionDropped = (slot) => this.freed.push(slot)
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
    const members = [entry, ...live.filter((other) => other !== entry && other.host - (other.host % pageBytes) === frame).slice(0, count)]
    if (this.cache.get(entry.unit, UnitField.code) !== 0) return
    const region = { slot: this.#slot++, entry: entry.unit, units: members.map(({ unit }) => unit) }
    this.cache.install(region)
    this.regions.push({ region, members })
  }

  /** Ranges of host addresses that an entry's code takes. */
  static ranges({ host, length, second }: Entry): [from: number, to: number][] {
    const end = host - (host % pageBytes) + pageBytes
    if (second === 0) return [[host, host + length]]
    return [[host, end], [second, second + host + length - end]]
  }

  write(host: number, size: number): void {
    this.cache.invalidate(host, size)
    const hit = (entry: Entry): boolean => entry.length > 0 && Model.ranges(entry).some(([from, to]) => from < host + size && to > host)
    const dropped = new Set(this.entries.filter(hit))
    for (const entry of dropped) entry.length = 0
    const [gone, left] = [this.regions.filter(({ members }) => members.some((member) => dropped.has(member))), this.regions.filter(({ members }) => !members.some((member) => dropped.has(member)))]
    this.regions = left
    expect(this.freed.splice(0).sort()).toEqual(gone.map(({ region }) => region.slot).sort())
  }

  flush(): void {
    this.cache.flush()
    expect(this.freed.splice(0).sort()).toEqual(this.regions.map(({ region }) => region.slot).sort())
    this.entries = []
    this.regions = []
  }

  check(): void {
    const codeOf = new Map(this.regions.map(({ region }) => [region.entry, region.slot]))
    for (const entry of this.entries) {
      const live = entry.length > 0
      expect(entry.unit.length).toBe(entry.length)
      expect(this.cache.get(entry.unit, UnitField.records) !== 0).toBe(live)
      expect(this.cache.get(entry.unit, UnitField.code)).toBe(codeOf.get(entry.unit) ?? 0)
      if (!live) continue
      for (const [from, to] of Model.ranges(entry)) {
        for (const at of [from, to - 1]) expect(this.cache.overlaps(at, 1)).toBe(true)
      }
    }
    // Only the neighbourhood of code is watched.
    for (const frame of frames) {
      for (let at = frame; at < frame + pageBytes; at += 64) {
        const near = this.entries.some((entry) => entry.unit.page.frame === frame || entry.second === frame)
        if (this.cache.overlaps(at, 64)) expect(near).toBe(true)
      }
    }
  }
}

const place = fc.tuple(fc.constantFrom(...frames), fc.oneof(fc.nat(4095), fc.integer({ min: 4080, max: 4095 }), fc.nat(40)))
const step = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.constant('add' as const), place, fc.integer({ min: 1, max: 120 }), fc.nat(1), fc.constantFrom(...frames)) },
  { weight: 4, arbitrary: fc.tuple(fc.constant('translate' as const), fc.nat(), fc.nat(5)) },
  { weight: 4, arbitrary: fc.tuple(fc.constant('write' as const), place, fc.constantFrom(1, 2, 4, 8, 64)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('frame' as const), fc.constantFrom(...frames)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('flush' as const)) },
)

it('drops exactly what a write overlaps', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const model = new Model()
      for (const one of steps) {
        if (one[0] === 'add') model.add(one[1][0] + one[1][1], one[2], one[3], one[4])
        else if (one[0] === 'translate') model.translate(one[1], one[2])
        else if (one[0] === 'write') model.write(one[1][0] + one[1][1], Math.min(one[2], pageBytes - one[1][1]))
        else if (one[0] === 'frame') model.write(one[1], pageBytes)
        else model.flush()
        model.check()
      }
    }),
    { seed: 20_260_504, numRuns: 300 },
  )
})
