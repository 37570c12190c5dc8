import fc from 'fast-check'
import { expect, it } from 'vitest'
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
import type { DirtyLog, SwapReservation, SwapStore } from '../../src/index.ts'
import { Model, ModelMap, nothing } from './model.ts'
import type { Holding, StoreMode } from './model.ts'

const PAGES = 12
const FRAMES = 13
const RESERVED = 19
const BYTES = (FRAMES + RESERVED) * FRAME_BYTES
const SLOTS = 12

/** A store that fails when the model says so. */
class FickleStore implements SwapStore {
  readonly slots = SLOTS
  readonly #store = new MemorySwapStore(SLOTS)
  readonly #mode: () => StoreMode

  constructor(mode: () => StoreMode) {
    this.#mode = mode
  }

  read(slot: number, into: Uint8Array): void {
    // As much as a broken store may have done before it said so.
    into.fill(0xee, 0, 100)
    if (this.#mode() === 'lost') throw new Error('the store is on fire')
    this.#store.read(slot, into)
  }

  write(slot: number, from: Uint8Array): void {
    if (this.#mode() === 'lost') throw new Error('the store is on fire')
    if (this.#mode() === 'full') throw new SwapStoreError('full', 'the store is full')
    this.#store.write(slot, from)
    if (this.#mode() === 'lying')
      this.#store.write(
        slot,
        from.map((byte, i) => (i === 4095 ? byte ^ 1 : byte)),
      )
  }

  discard(slot: number): void {
    this.#store.discard(slot)
  }

  close(): void {
    this.#store.close()
  }
}

/** A map whose onChange listener does what an MMU does: it forgets what it remembered of the page. */
interface RealMap {
  readonly map: PhysicalMap
  readonly remembered: Map<number, { read: number; write: number }>
  /** States as the events tell. */
  readonly told: Map<number, PageState>
  log: DirtyLog | null
}

interface Real {
  readonly machine: MachineMemory
  readonly space: SwapSpace
  readonly maps: RealMap[]
  readonly lent: number[]
  readonly freed: Set<number>
}

/** Where an event leaves a page; undefined where it depends. */
const AFTER: Partial<Record<MapEvent, PageState>> = {
  [MapEvent.Populated]: PageState.Resident,
  [MapEvent.Copied]: PageState.Resident,
  [MapEvent.Lent]: PageState.Resident,
  [MapEvent.SwappedIn]: PageState.Resident,
  [MapEvent.SwappedOut]: PageState.Swapped,
  [MapEvent.Ballooned]: PageState.Ballooned,
  [MapEvent.Discarded]: PageState.Untouched,
  [MapEvent.Deflated]: PageState.Untouched,
}

function watch(real: Real, map: PhysicalMap): void {
  const remembered = new Map<number, { read: number; write: number }>()
  const told = new Map(Array.from({ length: PAGES }, (_, ppn) => [ppn, map.stateOf(ppn)]))
  map.onChange((ppn) => remembered.delete(ppn))
  map.onEvent((event, ppn) => {
    told.set(ppn, map.stateOf(ppn))
    const wanted = AFTER[event]
    if (wanted !== undefined && map.stateOf(ppn) !== wanted)
      throw new Error(`event ${event} leaves page ${ppn} in state ${map.stateOf(ppn)}`)
  })
  real.maps.push({ map, remembered, told, log: null })
}

function verify(model: Model, real: Real): void {
  const { contradictions, ...report } = real.machine.audit()
  const frames = model.frames().size
  let held = 1
  for (const holds of model.holdings()) if (holds.is === 'frame') held++
  expect({ contradictions, ...report }).toEqual({
    contradictions: [],
    frames: FRAMES,
    used: frames,
    free: FRAMES - 1 - frames,
    held,
    loose: model.lent.length,
  })
  const used = model.slots().size
  expect(real.space.audit()).toMatchObject({ contradictions: [], used, free: SLOTS - used })
  model.maps.forEach((map, i) => {
    expect(real.maps[i]!.map.swap!.used).toBe(model.used(map.reservation))
    verifyMap(model, map, real.maps[i]!)
  })
  // What is said to be free is free, and what has become free was said to be so.
  for (const mpn of real.freed) expect(real.machine.references(mpn)).toBe(0)
}

function verifyMap(model: Model, pages: ModelMap, { map, remembered, told, log }: RealMap): void {
  const counts = { nothing: 0, zero: 0, ballooned: 0, frame: 0, slot: 0, shared: 0 }
  for (let ppn = 0; ppn < PAGES; ppn++) {
    const state = pages.stateOf(ppn)
    expect([map.stateOf(ppn), told.get(ppn)]).toEqual([state, state])
    const frame = pages.frame(ppn)
    if (pages.page(ppn)) counts[pages.holding(ppn).is]++
    if (frame && model.references(frame) > 1) counts.shared++
    // To look at other pages would change them.
    if (state === PageState.Resident || state === PageState.Untouched) verifyContents(model, pages, map, ppn)
    // Whatever a listener has not been told to forget must still be right.
    const known = remembered.get(ppn)
    if (!known) continue
    if (state === PageState.Ballooned || state === PageState.Swapped) throw new Error(`page ${ppn} went unannounced`)
    if (known.read !== map.readAddress(ppn)) throw new Error(`page ${ppn} moved unannounced`)
    if (known.write >= 0 && known.write !== known.read) throw new Error(`page ${ppn} reads and writes apart`)
    const isWatched = log !== null && !pages.dirty.has(ppn)
    const isShared = !frame || model.references(frame) > 1
    const mustAsk = pages.page(ppn)?.kind !== 'ram' || isShared || isKept(pages, ppn) || isWatched
    if (known.write >= 0 && mustAsk) throw new Error(`page ${ppn} may be written in place unannounced`)
  }
  const { nothing: never, zero, ballooned, frame: resident, slot: swapped, shared } = counts
  const pagesInAll = never + zero + ballooned + resident + swapped
  const statistics = { pages: pagesInAll, untouched: never + zero, zero, resident, ballooned, swapped, shared }
  expect(map.statistics).toMatchObject(statistics)
  if (log) expect(log.size).toBe(pages.dirty.size)
}

function isKept(pages: ModelMap, ppn: number): boolean {
  const holds = pages.holding(ppn)
  return holds.is === 'frame' && holds.kept !== undefined
}

function verifyContents(model: Model, pages: ModelMap, map: PhysicalMap, ppn: number): void {
  for (const offset of OFFSETS) {
    const address = ppn * FRAME_BYTES + offset
    const wanted = model.byte(pages, address)
    if (map.read8(address) !== wanted) throw new Error(`byte at ${address} is not ${wanted}`)
  }
}

const OFFSETS = [0, 1, 2047, FRAME_BYTES - 2, FRAME_BYTES - 1]

interface Step {
  readonly name: string
  readonly which: number
  readonly other: number
  readonly ppn: number
  readonly otherPpn: number
  readonly offset: number
  readonly value: number
  readonly length: number
  readonly kind: 'ram' | 'rom' | 'hole'
  readonly store: StoreMode
}

type Perform = (model: Model, real: Real, step: Step) => void

function pick<T>(list: readonly T[], index: number): T {
  return list[index % list.length]!
}

/** The same map in both worlds. */
function pickMap(model: Model, real: Real, which: number): [ModelMap, PhysicalMap] {
  return [pick(model.maps, which), pick(real.maps, which).map]
}

function storeWith(method: 'write' | 'load'): Perform {
  return (model, real, { which, ppn, offset, value, length }) => {
    const [pages, map] = pickMap(model, real, which)
    const address = ppn * FRAME_BYTES + offset
    const bytes = new Uint8Array(length).map((_, i) => value + i)
    const wanted = model.write(pages, address, bytes, method === 'load')
    expect(map[method](address, bytes)).toBe(wanted)
  }
}

const STEPS: Record<string, Perform> = {
  write: storeWith('write'),
  load: storeWith('load'),
  write32(model, real, { which, ppn, offset, value }) {
    const [pages, map] = pickMap(model, real, which)
    const address = ppn * FRAME_BYTES + offset
    const wanted = model.write(pages, address, Uint8Array.of(value, value >> 8, 0, 0), false)
    expect(map.write32(address, value & 0xffff)).toBe(wanted)
  },
  read(model, real, { which, ppn, offset, length }) {
    const [pages, map] = pickMap(model, real, which)
    const address = ppn * FRAME_BYTES + offset
    const into = new Uint8Array(length)
    const wanted = model.read(pages, address, length)
    expect(map.read(address, into)).toBe(wanted !== null)
    if (wanted) expect([...into]).toEqual(wanted)
  },
  touch(model, real, { which, ppn, offset }) {
    const [pages, map] = pickMap(model, real, which)
    const address = ppn * FRAME_BYTES + offset
    expect(map.read8(address)).toBe(model.byte(pages, address))
  },
  /** The guest's processor writes. */
  remember(model, real, { which, ppn }) {
    const [pages, map] = pickMap(model, real, which)
    const isRam = pages.page(ppn)?.kind === 'ram'
    const wasBallooned = pages.holding(ppn).is === 'ballooned'
    const wanted = !isRam ? -1 : model.makePrivate(pages, ppn) ? 0 : -2
    if (wanted === -2 && wasBallooned) pages.hold(ppn, { is: 'ballooned' })
    const write = map.writeAddress(ppn)
    expect(Math.min(write, 0)).toBe(wanted)
    const isReadable = model.readIn(pages, ppn)
    const read = map.readAddress(ppn)
    expect(Math.min(read, 0)).toBe(!pages.page(ppn) ? -1 : isReadable ? 0 : -2)
    if (read !== -2) pick(real.maps, which).remembered.set(ppn, { read, write })
    if (write === -2 || read === -2) expect(map.failure!.ppn).toBe(ppn)
  },
  discard(model, real, { which, ppn }) {
    const [pages, map] = pickMap(model, real, which)
    const state = pages.stateOf(ppn)
    if (state === PageState.Resident || state === PageState.Swapped) pages.drop(ppn, nothing)
    map.discard(ppn)
  },
  balloon(model, real, { which, ppn }) {
    const [pages, map] = pickMap(model, real, which)
    const isTaken = pages.page(ppn)?.kind === 'ram' && pages.stateOf(ppn) !== PageState.Ballooned
    if (isTaken) pages.drop(ppn, { is: 'ballooned' })
    expect(map.balloon(ppn)).toBe(isTaken)
  },
  deflate(model, real, { which, ppn }) {
    const [pages, map] = pickMap(model, real, which)
    const isBallooned = pages.stateOf(ppn) === PageState.Ballooned
    if (isBallooned) pages.hold(ppn, nothing)
    expect(map.deflate(ppn)).toBe(isBallooned)
  },
  swapOut(model, real, { which, ppn }) {
    const [pages, map] = pickMap(model, real, which)
    expect(map.swapOut(ppn)).toBe(model.swapOut(pages, ppn))
  },
  /** Starts a log, or asks it, and stops it now and then. */
  log(model, real, { which, value }) {
    const [pages] = pickMap(model, real, which)
    const realMap = pick(real.maps, which)
    const { map, log } = realMap
    if (log) expect([...log.collect()]).toEqual([...pages.dirty].sort((a, b) => a - b))
    else realMap.log = map.startDirtyLog()
    pages.dirty.clear()
    if (!log || value % 4 > 0) return
    log.stop()
    realMap.log = null
    expect(log.collect().length).toBe(0)
  },
  changeStore(model, _real, { store }) {
    model.store = store
  },
  clear(model, real, { which }) {
    const [pages, map] = pickMap(model, real, which)
    for (const ppn of pages.pages.keys()) pages.drop(ppn, nothing)
    map.clear()
    expect(map.statistics).toMatchObject({ untouched: pages.pages.size, zero: 0 })
  },
  redefine(model, real, { which, ppn, kind }) {
    const [pages, map] = pickMap(model, real, which)
    if ((kind === 'hole') !== (pages.page(ppn) === undefined)) pages.dirty.add(ppn)
    if (kind === 'hole') pages.pages.delete(ppn)
    else pages.pages.set(ppn, { kind, holds: pages.holding(ppn) })
    map.redefine({ start: ppn * FRAME_BYTES, length: FRAME_BYTES, kind })
  },
  fork(model, real, { which, value }) {
    if (model.maps.length === 4) return
    const [pages, map] = pickMap(model, real, which)
    const own = value % 2 === 0 ? real.space.reserve(value % 5) : null
    const reservation = own ? { pages: own.pages } : pages.reservation
    const swapped = [...pages.pages.values()].filter(({ holds }) => holds.is === 'slot').length
    if (!model.hasRoom(reservation, swapped)) {
      expect(() => map.fork(own ? { swap: own } : {})).toThrow(RangeError)
      return own?.release()
    }
    const copies = [...pages.pages].map(([ppn, { kind, holds }]) => {
      const inherited: Holding = holds.is === 'frame' ? { is: 'frame', frame: holds.frame } : holds
      return [ppn, { kind, holds: inherited }] as const
    })
    model.maps.push(new ModelMap(reservation, copies))
    watch(real, map.fork(own ? { swap: own } : {}))
  },
  share(model, real, { which, other, ppn, otherPpn }) {
    const [from, fromMap] = pickMap(model, real, which)
    const [to, toMap] = pickMap(model, real, other)
    const target = to.holding(otherPpn)
    if (!to.page(otherPpn)) return
    // To lend does not touch.
    const isReadable = from.stateOf(ppn) !== PageState.Swapped || model.readIn(from, ppn)
    const mpn = fromMap.lend(ppn)
    expect(Math.min(mpn, 0)).toBe(!from.page(ppn) ? -1 : isReadable ? 0 : -2)
    if (mpn < 0) return
    const frame = from.frame(ppn)
    const isNothing = target.is === 'nothing' || target.is === 'zero'
    to.hold(otherPpn, frame ? { is: 'frame', frame } : isNothing ? to.holding(otherPpn) : { is: 'zero' })
    to.dirty.add(otherPpn)
    toMap.adopt(otherPpn, mpn)
  },
  exchange(model, real, { which, other, ppn, otherPpn }) {
    const [from, fromMap] = pickMap(model, real, which)
    const [to, toMap] = pickMap(model, real, other)
    const isPossible = from.page(ppn) && to.page(otherPpn) && from.reservation === to.reservation
    if (!isPossible) return expect(() => fromMap.exchange(ppn, toMap, otherPpn)).toThrow(RangeError)
    const holds = from.holding(ppn)
    from.hold(ppn, to.holding(otherPpn))
    to.hold(otherPpn, holds)
    from.dirty.add(ppn)
    to.dirty.add(otherPpn)
    fromMap.exchange(ppn, toMap, otherPpn)
  },
  hold(model, real, { which, ppn }) {
    const [pages, map] = pickMap(model, real, which)
    const frame = pages.frame(ppn)
    if (!frame) return
    model.lent.push(frame)
    real.lent.push(map.lend(ppn))
  },
  letGo(model, real) {
    const mpn = real.lent.shift()
    model.lent.shift()
    if (mpn !== undefined) real.machine.release(mpn)
  },
  release(model, real, { which }) {
    if (model.maps.length === 1) return
    const index = which % model.maps.length
    model.maps.splice(index, 1)
    const [gone] = real.maps.splice(index, 1)
    gone!.map.release()
    expect(gone!.map.statistics.pages).toBe(0)
  },
}

const RARE = ['fork', 'release', 'clear', 'changeStore']
const FREQUENT = ['swapOut', 'remember']

const stepArbitrary: fc.Arbitrary<Step> = fc.record({
  name: fc.constantFrom(
    ...Object.keys(STEPS).flatMap((name) =>
      new Array(RARE.includes(name) ? 1 : FREQUENT.includes(name) ? 6 : 3).fill(name),
    ),
  ),
  which: fc.nat(3),
  other: fc.nat(3),
  ppn: fc.nat(PAGES - 1),
  otherPpn: fc.nat(PAGES - 1),
  offset: fc.constantFrom(...OFFSETS),
  value: fc.nat(0xffff),
  length: fc.constantFrom(1, 2, 3, FRAME_BYTES, FRAME_BYTES + 2),
  kind: fc.constantFrom('ram', 'ram', 'rom', 'hole'),
  store: fc.constantFrom('works', 'works', 'full', 'lost', 'lying'),
})

function create(model: Model, reserved: number): Real & { swap: SwapReservation } {
  const machine = new MachineMemory({ bytes: BYTES, reservedBytes: RESERVED * FRAME_BYTES })
  const space = new SwapSpace(new FickleStore(() => model.store))
  const swap = space.reserve(reserved)!
  const real = { machine, space, swap, maps: [], lent: [], freed: new Set<number>() }
  machine.onFrameFreed((mpn) => real.freed.add(mpn))
  watch(real, new PhysicalMap(machine, { ranges: [{ start: 0, length: PAGES * FRAME_BYTES, kind: 'ram' }], swap }))
  const pages = Array.from({ length: PAGES }, (_, ppn) => [ppn, { kind: 'ram', holds: nothing }] as const)
  model.maps.push(new ModelMap({ pages: reserved }, pages))
  return real
}

/** What lies in swap can be looked at when there is nothing else left to do with it. */
function verifySwapped(model: Model, real: Real): void {
  model.store = 'works'
  for (const [index, pages] of model.maps.entries()) {
    const { map } = real.maps[index]!
    for (let ppn = 0; ppn < PAGES; ppn++)
      if (pages.stateOf(ppn) === PageState.Swapped) verifyContents(model, pages, map, ppn)
  }
}

// Oracle: `Model`, in which a frame or a slot is an object, sharing is identity, and counts are found by counting.
it('preserves contents, loses no frame and no slot, and counts exactly, whatever the store does', () => {
  fc.assert(
    fc.property(
      fc.array(stepArbitrary, { minLength: 1, maxLength: 80, size: 'max' }),
      fc.nat(SLOTS),
      (steps, reserved) => {
        const model = new Model(FRAMES - 1, SLOTS)
        const real = create(model, reserved)
        for (const step of steps) {
          real.freed.clear()
          STEPS[step.name]!(model, real, step)
          verify(model, real)
        }
        verifySwapped(model, real)
        for (const { map } of real.maps) map.release()
        for (const mpn of real.lent) real.machine.release(mpn)
        expect(real.machine.audit()).toMatchObject({ used: 0, held: 1, loose: 0, contradictions: [] })
        expect(real.space.audit()).toMatchObject({ used: 0, contradictions: [] })
      },
    ),
    { seed: 301, numRuns: 300 },
  )
})
