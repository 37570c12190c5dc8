import { describe, expect, it } from 'vitest'
import { FRAME_BYTES, MachineMemory, MapEvent, PageState, PhysicalMap } from '../../src/index.ts'

const PAGES = 8

/** Pages 0-5 RAM, 6 ROM, 7 hole. */
function createMap(machine = new MachineMemory({ bytes: 64 * FRAME_BYTES, reservedBytes: FRAME_BYTES })): {
  machine: MachineMemory
  map: PhysicalMap
  events: [MapEvent, number][]
} {
  const map = new PhysicalMap(machine, {
    ranges: [
      { start: 0, length: 6 * FRAME_BYTES, kind: 'ram' },
      { start: 6 * FRAME_BYTES, length: FRAME_BYTES, kind: 'rom' },
      { start: 7 * FRAME_BYTES, length: FRAME_BYTES, kind: 'hole' },
    ],
  })
  const events: [MapEvent, number][] = []
  map.onEvent((event, ppn) => events.push([event, ppn]))
  return { machine, map, events }
}

describe('a ballooned page', () => {
  it('owns nothing, whatever it was before', () => {
    const { machine, map } = createMap()
    map.write8(0, 1)
    expect([map.balloon(0), map.balloon(1)]).toEqual([true, true])
    expect([map.stateOf(0), map.stateOf(1)]).toEqual([PageState.Ballooned, PageState.Ballooned])
    expect(machine.statistics.used).toBe(0)
    expect(map.statistics).toMatchObject({ pages: 7, untouched: 5, resident: 0, ballooned: 2, balloonings: 2 })
  })

  it('is RAM, and not ballooned twice', () => {
    const { map, events } = createMap()
    expect([map.balloon(2), map.balloon(2)]).toEqual([true, false])
    expect([6, 7, PAGES, 2 ** 31, -1, 0.5, NaN].map((ppn) => map.balloon(ppn))).toEqual(Array(7).fill(false))
    expect([0, 6, 7, PAGES, NaN].map((ppn) => map.deflate(ppn))).toEqual(Array(5).fill(false))
    expect(events).toEqual([[MapEvent.Ballooned, 2]])
  })

  it('is zero when it is given back', () => {
    const { map, events } = createMap()
    map.write8(0, 1)
    map.balloon(0)
    expect(map.deflate(0)).toBe(true)
    expect(map.stateOf(0)).toBe(PageState.Untouched)
    expect(map.read8(0)).toBe(0)
    expect(events.map(([event]) => event)).toEqual([MapEvent.Populated, MapEvent.Ballooned, MapEvent.Deflated])
  })

  it('pops by a read, which needs no frame', () => {
    const { machine, map, events } = createMap()
    map.balloon(3)
    while (machine.freeFrames > 0) machine.allocate()
    expect(map.readAddress(3)).toBe(machine.zeroFrame * FRAME_BYTES)
    expect(map.stateOf(3)).toBe(PageState.Untouched)
    expect(events.at(-1)).toEqual([MapEvent.Popped, 3])
  })

  it('pops by a write, to a frame of zeros', () => {
    const { map, events } = createMap()
    map.write(3 * FRAME_BYTES, new Uint8Array(FRAME_BYTES).fill(7))
    map.balloon(3)
    expect(map.write8(3 * FRAME_BYTES + 9, 5)).toBe(true)
    expect([map.read8(3 * FRAME_BYTES), map.read8(3 * FRAME_BYTES + 9)]).toEqual([0, 5])
    expect(events.at(-1)).toEqual([MapEvent.Popped, 3])
    expect(map.statistics).toMatchObject({ ballooned: 0, pops: 1, populations: 1 })
  })

  it('stays ballooned where it gets no frame for a write, and the map says why', () => {
    const { machine, map, events } = createMap()
    map.balloon(3)
    while (machine.freeFrames > 0) machine.allocate()
    expect(map.failure).toBe(null)
    expect(map.writeAddress(3)).toBe(-2)
    expect(map.stateOf(3)).toBe(PageState.Ballooned)
    expect(map.failure).toEqual({
      kind: 'out-of-frames',
      ppn: 3,
      message: "page 3 needs a frame of the host's memory, and all 63 are in use",
    })
    expect(events).toEqual([[MapEvent.Ballooned, 3]])
  })

  it('stays ballooned in a fork, when it is discarded, and when it becomes ROM', () => {
    const { map } = createMap()
    map.balloon(0)
    map.discard(0)
    map.redefine({ start: 0, length: FRAME_BYTES, kind: 'rom' })
    const twin = map.fork()
    expect([map.stateOf(0), twin.stateOf(0)]).toEqual([PageState.Ballooned, PageState.Ballooned])
    expect([twin.deflate(0), map.stateOf(0)]).toEqual([true, PageState.Ballooned])
  })
})

describe('PhysicalMap', () => {
  it('tells of each change by name', () => {
    const { machine, map, events } = createMap()
    map.write8(0, 1)
    const twin = map.fork()
    map.write8(0, 2)
    map.adopt(1, map.lend(0))
    map.discard(1)
    map.redefine({ start: 0, length: FRAME_BYTES, kind: 'hole' })
    twin.release()
    expect(events).toEqual([
      [MapEvent.Populated, 0],
      [MapEvent.Lent, 0],
      [MapEvent.Copied, 0],
      [MapEvent.Lent, 0],
      [MapEvent.Adopted, 1],
      [MapEvent.Discarded, 1],
      [MapEvent.Redefined, 0],
    ])
    expect(machine.audit()).toMatchObject({ used: 0, contradictions: [] })
  })

  it('counts pages that were found to be zero', () => {
    const { map } = createMap()
    map.write8(0, 0)
    map.write8(FRAME_BYTES, 0)
    map.adopt(0, map.lend(5))
    map.adopt(1, map.lend(5))
    map.adopt(2, map.lend(5))
    expect(map.statistics).toMatchObject({ untouched: 7, resident: 0, zero: 2 })
    map.write8(0, 1)
    expect(map.statistics).toMatchObject({ untouched: 6, resident: 1, zero: 1 })
    map.clear()
    expect(map.statistics).toMatchObject({ untouched: 7, resident: 0, zero: 0 })
  })

  it('is as at first after it was cleared', () => {
    const { machine, map } = createMap()
    for (let ppn = 0; ppn < 5; ppn++) map.write8(ppn * FRAME_BYTES, 1)
    map.load(6 * FRAME_BYTES, Uint8Array.of(1))
    map.balloon(1)
    map.clear()
    expect(map.statistics).toMatchObject({ pages: 7, untouched: 7, resident: 0, ballooned: 0 })
    expect(map.isWritable(6)).toBe(false)
    expect(machine.audit()).toMatchObject({ used: 0, contradictions: [] })
  })

  it('visits the pages that have frames', () => {
    const { map } = createMap()
    for (const ppn of [4, 0, 2]) map.write8(ppn * FRAME_BYTES, 1)
    const seen: [number, number][] = []
    map.forEachResident((ppn, mpn) => {
      seen.push([ppn, mpn])
      map.discard(ppn)
    })
    expect(seen.map(([ppn]) => ppn).sort()).toEqual([0, 2, 4])
    expect(new Set(seen.map(([, mpn]) => mpn)).size).toBe(3)
    expect(map.statistics.resident).toBe(0)
  })
})

describe('MachineMemory', () => {
  it('tells when the last reference to a frame has gone', () => {
    const { machine, map } = createMap()
    map.write8(0, 9)
    const mpn = map.frameOf(0)
    const freed: [number, number][] = []
    const stop = machine.onFrameFreed((frame) => freed.push([frame, machine.bytes[frame * FRAME_BYTES]!]))
    const twin = map.fork()
    map.write8(0, 1)
    expect(freed).toEqual([])
    twin.balloon(0)
    expect(freed).toEqual([[mpn, 9]])
    stop()
    map.discard(0)
    expect(freed.length).toBe(1)
  })
})
