import { describe, expect, it } from 'vitest'
import {
  FRAME_BYTES,
  MachineMemory,
  MapEvent,
  MemorySwapStore,
  PageState,
  PhysicalMap,
  SwapSpace,
  SwapStoreError,
} from '../../src/index.ts'
import type { SwapStore } from '../../src/index.ts'

const PAGES = 8

/** A store of which a test can break parts. */
class TestStore implements SwapStore {
  readonly slots: number
  readonly pages = new Map<number, Uint8Array>()
  accesses = 0
  writeError: Error | null = null
  readError: Error | null = null

  constructor(slots: number) {
    this.slots = slots
  }

  read(slot: number, into: Uint8Array): void {
    this.accesses++
    if (this.readError) throw this.readError
    into.set(this.pages.get(slot)!)
  }

  write(slot: number, from: Uint8Array): void {
    this.accesses++
    if (this.writeError) throw this.writeError
    this.pages.set(slot, from.slice())
  }

  close(): void {}
}

function create(slots = 16, reserved = 8) {
  const machine = new MachineMemory({ bytes: 16 * FRAME_BYTES, reservedBytes: 0 })
  const store = new TestStore(slots)
  const space = new SwapSpace(store)
  const swap = space.reserve(reserved)!
  const map = new PhysicalMap(machine, { ranges: [{ start: 0, length: PAGES * FRAME_BYTES, kind: 'ram' }], swap })
  const events: [MapEvent, number][] = []
  map.onEvent((event, ppn) => events.push([event, ppn]))
  return { machine, store, space, swap, map, events, fill: () => fill(machine) }
}

/** Takes every free frame; the function returned gives them back. */
function fill(machine: MachineMemory): () => void {
  const frames: number[] = []
  while (machine.freeFrames > 0) frames.push(machine.allocate())
  return () => frames.forEach((mpn) => machine.release(mpn))
}

/** Writes a page that differs from others, and swaps it out. */
function swapOut(map: PhysicalMap, ppn: number): void {
  map.write(
    ppn * FRAME_BYTES,
    Uint8Array.from({ length: FRAME_BYTES }, (_, i) => ppn + 1 + i * 3),
  )
  expect(map.swapOut(ppn)).toBe('swapped')
}

describe('a swapped page', () => {
  it('has no frame, and comes back when it is read', () => {
    const { machine, map, events, space } = create()
    swapOut(map, 1)
    expect(map.stateOf(1)).toBe(PageState.Swapped)
    expect(machine.statistics.used).toBe(0)
    expect(space.statistics).toMatchObject({ used: 1, peak: 1, writes: 1, reads: 0 })
    expect(map.read16(FRAME_BYTES + 4095)).toBe((2 + 4095 * 3) & 0xff)
    expect(map.stateOf(1)).toBe(PageState.Resident)
    expect(events.map(([event]) => event)).toEqual([MapEvent.Populated, MapEvent.SwappedOut, MapEvent.SwappedIn])
    expect(map.statistics).toMatchObject({ swapOuts: 1, swapIns: 1, resident: 1, swapped: 0 })
  })

  it('keeps its slot until it is written, and goes back there for nothing', () => {
    const { map, store, swap } = create()
    swapOut(map, 0)
    map.readAddress(0)
    expect([swap.used, store.accesses]).toEqual([1, 2])
    store.writeError = new Error('must not be asked')
    expect(map.swapOut(0)).toBe('swapped')
    expect(map.statistics.cleanSwapOuts).toBe(1)
    store.writeError = null
    map.writeAddress(0)
    expect(swap.used).toBe(0)
    map.swapOut(0)
    expect(map.statistics.cleanSwapOuts).toBe(1)
  })

  it('gives the slot that it keeps to a page that has none', () => {
    const { map, swap } = create(16, 2)
    swapOut(map, 0)
    map.readAddress(0)
    swapOut(map, 1)
    swapOut(map, 2)
    expect(swap.used).toBe(2)
    map.write8(3 * FRAME_BYTES, 1)
    expect(map.swapOut(3)).toBe('full')
    expect(map.failure?.message).toBe('all 2 pages of swap that are reserved for it are in use')
    expect(map.read8(3 * FRAME_BYTES)).toBe(1)
  })

  it('shares its slot with that of a fork', () => {
    const { map, space, swap } = create()
    swapOut(map, 0)
    const twin = map.fork()
    expect([space.statistics.used, swap.used]).toEqual([1, 2])
    twin.write8(0, 99)
    expect([map.read8(0), twin.read8(0)]).toEqual([1, 99])
    expect(space.audit()).toMatchObject({ used: 1, contradictions: [] })
  })

  it('cannot be forked where its reservation has no room, and nothing has changed', () => {
    const { map, space, machine } = create(32, 3)
    swapOut(map, 0)
    swapOut(map, 1)
    expect(() => map.fork()).toThrow("2 pages are swapped; the fork's reservation of 3 has 2 in use")
    const other = space.reserve(2)!
    map.fork({ swap: other }).release()
    other.release()
    expect(machine.audit().contradictions).toEqual([])
    expect(space.audit()).toMatchObject({ reserved: 3, contradictions: [] })
    expect(() => map.fork({ swap: new SwapSpace(new MemorySwapStore(4)).reserve(4) })).toThrow(/same swap space/)
  })

  it('cannot be had while no frame is free, and is when one is', () => {
    const { map, fill, events } = create()
    swapOut(map, 2)
    const release = fill()
    events.length = 0
    expect([map.readAddress(2), map.writeAddress(2), map.lend(2)]).toEqual([-2, -2, -2])
    expect(map.failure).toMatchObject({ kind: 'out-of-frames', ppn: 2 })
    expect(events).toEqual([])
    release()
    expect(map.read8(2 * FRAME_BYTES)).toBe(3)
  })

  it('is not handed out damaged', () => {
    const { map, store } = create()
    swapOut(map, 3)
    for (const page of store.pages.values()) page[2000]! ^= 0x10
    expect([map.readAddress(3), map.writeAddress(3)]).toEqual([-2, -2])
    expect([map.read8(3 * FRAME_BYTES), map.write8(3 * FRAME_BYTES, 1)]).toEqual([-1, false])
    expect(map.stateOf(3)).toBe(PageState.Swapped)
    expect(map.failure).toEqual({
      kind: 'swap-damaged',
      ppn: 3,
      message: 'swap slot 0 does not hold what was written there',
    })
    for (const page of store.pages.values()) page[2000]! ^= 0x10
    expect(map.read8(3 * FRAME_BYTES)).toBe(4)
  })

  it("is not handed another page's contents", () => {
    const { map, store } = create()
    swapOut(map, 0)
    swapOut(map, 1)
    const [first, second] = [store.pages.get(0)!, store.pages.get(1)!]
    store.pages.set(0, second).set(1, first)
    expect([map.readAddress(0), map.readAddress(1)]).toEqual([-2, -2])
  })

  it('is not handed out when the store cannot read it', () => {
    const { map, store } = create()
    swapOut(map, 3)
    store.readError = new SwapStoreError('lost', 'its device has an error')
    expect(map.readAddress(3)).toBe(-2)
    expect(map.failure).toEqual({
      kind: 'swap-lost',
      ppn: 3,
      message: 'swap cannot be read: its device has an error',
    })
  })

  it('stays resident when the store cannot write it', () => {
    const { map, store, space, events } = create()
    map.write8(0, 7)
    store.writeError = new Error('unplugged')
    expect(map.swapOut(0)).toBe('failed')
    store.writeError = new SwapStoreError('full', 'no space left on its device')
    expect(map.swapOut(0)).toBe('full')
    expect(map.failure?.message).toBe('swap cannot be written: no space left on its device')
    expect([map.stateOf(0), map.read8(0)]).toEqual([PageState.Resident, 7])
    expect(space.statistics).toMatchObject({ used: 0, failures: 2 })
    expect(events).toEqual([[MapEvent.Populated, 0]])
  })

  it('is what only a resident page of a map with swap can become', () => {
    const { machine, map } = create()
    expect([map.swapOut(0), map.swapOut(PAGES), map.swapOut(NaN)]).toEqual(Array(3).fill('not-resident'))
    const plain = new PhysicalMap(machine, { ranges: [{ start: 0, length: FRAME_BYTES, kind: 'ram' }] })
    plain.write8(0, 1)
    expect(plain.swapOut(0)).toBe('no-swap')
  })

  it('goes, and its slot, when it is discarded, ballooned, adopts or becomes a hole', () => {
    const { machine, map, space } = create()
    for (let ppn = 0; ppn < 5; ppn++) swapOut(map, ppn)
    map.discard(0)
    map.balloon(1)
    map.adopt(2, machine.allocate())
    map.redefine({ start: 3 * FRAME_BYTES, length: FRAME_BYTES, kind: 'hole' })
    expect(space.statistics.used).toBe(1)
    map.clear()
    expect(space.statistics).toMatchObject({ used: 0, peak: 5 })
    expect(map.read8(4 * FRAME_BYTES)).toBe(0)
  })
})

describe('devices reach pages that get no frame', () => {
  it('to read, in slots', () => {
    const { map, fill } = create()
    for (const ppn of [0, 1, 2]) swapOut(map, ppn)
    fill()
    const into = new Uint8Array(3 * FRAME_BYTES)
    expect(map.read(0, into)).toBe(true)
    expect([into[1], into[FRAME_BYTES + 1], into[2 * FRAME_BYTES + 1]]).toEqual([4, 5, 6])
    expect(map.read32(FRAME_BYTES - 2)).toBe(0x0502fefb + 0)
    expect([0, 1, 2].map((ppn) => map.stateOf(ppn))).toEqual(Array(3).fill(PageState.Swapped))
  })

  it('to write, whatever they were, all at once', () => {
    const { machine, map, fill, events, space, swap } = create()
    map.write8(0, 5)
    const twin = map.fork()
    swapOut(map, 2)
    map.balloon(3)
    fill()
    events.length = 0
    const bytes = new Uint8Array(4 * FRAME_BYTES - 2).fill(0xaa)
    expect(map.write(1, bytes)).toBe(true)
    expect([0, 1, 2, 3].map((ppn) => map.stateOf(ppn))).toEqual(Array(4).fill(PageState.Swapped))
    expect(events).toEqual([
      [MapEvent.SwappedOut, 0],
      [MapEvent.SwappedOut, 1],
      [MapEvent.Popped, 3],
      [MapEvent.SwappedOut, 3],
    ])
    expect(map.read32(0)).toBe(0xaaaaaa05)
    expect(map.read32(4 * FRAME_BYTES - 4)).toBe(0x00aaaaaa)
    expect(map.failure).toBe(null)
    expect(twin.read8(1)).toBe(0)
    expect(swap.used).toBe(4)
    expect([space.audit().contradictions, machine.audit().contradictions]).toEqual([[], []])
  })

  it('to write numbers, inside a page and across', () => {
    const { map, fill } = create()
    swapOut(map, 0)
    swapOut(map, 1)
    fill()
    expect(map.write32(16, 0xfedcba98)).toBe(true)
    expect(map.write16(FRAME_BYTES - 1, 0x1234)).toBe(true)
    expect([map.read32(16), map.read16(FRAME_BYTES - 1), map.read8(20)]).toEqual([0xfedcba98, 0x1234, 1 + 20 * 3])
  })

  it('or nothing is written', () => {
    const { map, fill, store, space } = create()
    for (const ppn of [0, 1, 2]) swapOut(map, ppn)
    store.pages.get(2)![5]! ^= 1
    fill()
    expect(map.write(FRAME_BYTES - 1, new Uint8Array(FRAME_BYTES + 2).fill(9))).toBe(false)
    expect(map.failure).toMatchObject({ kind: 'swap-damaged', ppn: 2 })
    expect([map.read8(FRAME_BYTES - 1), map.read8(FRAME_BYTES)]).toEqual([(1 + 4095 * 3) & 0xff, 2])
    expect(space.audit()).toMatchObject({ used: 3, contradictions: [] })
  })

  it('with slots that no reservation counts', () => {
    const { map, fill, swap, space } = create(64, 8)
    for (let ppn = 0; ppn < PAGES; ppn++) swapOut(map, ppn)
    fill()
    expect(swap.used).toBe(8)
    expect(map.write(0, new Uint8Array(4 * FRAME_BYTES).fill(3))).toBe(true)
    expect([swap.used, space.statistics.used]).toEqual([8, 8])
  })

  it.each([
    [3, true],
    [2, false],
  ])('of a reservation of %d pages, in which a page that moves from slot to slot counts once', (reserved, fits) => {
    const { map, fill, swap, space } = create(64, reserved)
    swapOut(map, 0)
    swapOut(map, 1)
    fill()
    expect(map.write(2 * FRAME_BYTES - 1, Uint8Array.of(7, 7))).toBe(fits)
    expect(swap.used).toBe(fits ? 3 : 2)
    expect(space.audit().contradictions).toEqual([])
    // And no room has been gained or lost by that.
    expect(swap.hasRoom(1)).toBe(false)
    expect(swap.hasRoom(0)).toBe(true)
  })
})

describe('SwapSpace', () => {
  it('reserves no more than there is, less a few slots for devices', () => {
    const space = new SwapSpace(new MemorySwapStore(160))
    const first = space.reserve(100)!
    expect(space.reserve(51)).toBe(null)
    const second = space.reserve(50)!
    expect(space.unreserved).toBe(0)
    expect([first.resize(101), first.resize(10), second.resize(140)]).toEqual([false, true, true])
    first.release()
    second.release()
    expect(space.statistics).toMatchObject({ slots: 160, reserved: 0, unreserved: 150 })
    expect(new SwapSpace(new MemorySwapStore(4096)).unreserved).toBe(4096 - 64)
  })

  it.each([-1, 0.5, NaN])('reserves no %d pages', (pages) => {
    expect(() => new SwapSpace(new MemorySwapStore(4)).reserve(pages)).toThrow(RangeError)
  })

  it.each([0, 1.5, -3])('takes no store of %d slots', (slots) => {
    expect(() => new SwapSpace(new MemorySwapStore(slots))).toThrow(`the store has ${slots} slots`)
  })

  it('keeps a reservation as large as what is used', () => {
    const { map, swap } = create()
    swapOut(map, 0)
    swapOut(map, 1)
    map.readAddress(1)
    expect([swap.resize(0), swap.pages, swap.used]).toEqual([false, 8, 1])
    expect([swap.resize(1), swap.pages]).toEqual([true, 1])
    expect(() => swap.release()).toThrow('1 slots are in use')
    map.release()
    swap.release()
  })

  it('has lost everything when it is closed', () => {
    const { map, space } = create()
    swapOut(map, 0)
    space.close()
    space.close()
    expect(map.readAddress(0)).toBe(-2)
    expect(map.failure?.message).toBe('swap cannot be read: it was closed')
    expect(space.flush()).toMatchObject({ kind: 'swap-lost' })
    map.release()
    expect(space.audit().contradictions).toEqual([])
  })

  it('lets maps of one swap exchange pages, whatever they hold', () => {
    const { machine, map, swap } = create()
    const ranges = [{ start: 0, length: FRAME_BYTES, kind: 'rom' as const }]
    const other = new PhysicalMap(machine, { ranges, swap })
    swapOut(map, 0)
    map.balloon(1)
    other.load(0, Uint8Array.of(0x77))
    map.exchange(0, other, 0)
    expect([map.read8(0), other.stateOf(0), other.isWritable(0)]).toEqual([0x77, PageState.Swapped, false])
    expect(other.read8(0)).toBe(1)
    map.exchange(0, map, 1)
    expect([map.stateOf(0), map.read8(FRAME_BYTES)]).toEqual([PageState.Ballooned, 0x77])
    const stranger = new PhysicalMap(machine, { ranges })
    expect(() => map.exchange(0, stranger, 0)).toThrow(/different swap/)
    expect(() => map.exchange(0, other, 1)).toThrow('page 1 is a hole')
  })
})
