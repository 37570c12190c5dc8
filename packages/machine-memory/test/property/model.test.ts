import fc from 'fast-check'
import { expect, it } from 'vitest'
import { FRAME_BYTES, MachineMemory, PageState, PhysicalMap } from '../../src/index.ts'

const PAGES = 12
const FRAMES = 31
const RESERVED = 1
const BYTES = (FRAMES + RESERVED) * FRAME_BYTES

/** A frame's contents in the reference model: an object of its own, shared by whoever refers to it. */
interface ModelFrame {
  readonly bytes: Map<number, number>
}

type ModelPage =
  | { readonly kind: 'hole' }
  | {
      readonly kind: 'ram' | 'rom'
      /** `zero`: nothing is held, since contents were found to be zero; else the same as `nothing`. */
      readonly holds: ModelFrame | 'nothing' | 'zero' | 'ballooned'
    }

/** What a map should be: page number to frame, and nothing about how frames are found, counted or reused. */
type ModelMap = Map<number, ModelPage>

function frameIn(page: ModelPage | undefined): ModelFrame | undefined {
  return page && page.kind !== 'hole' && typeof page.holds === 'object' ? page.holds : undefined
}

/** All maps of a host and the frames that the host's own code holds. References are counted by looking for them. */
class Model {
  readonly maps: ModelMap[] = []
  readonly lent: ModelFrame[] = []

  references(frame: ModelFrame): number {
    let count = this.lent.filter((other) => other === frame).length
    for (const map of this.maps) for (const page of map.values()) if (frameIn(page) === frame) count++
    return count
  }

  frames(): Set<ModelFrame> {
    const found = new Set(this.lent)
    for (const map of this.maps)
      for (const page of map.values()) {
        const frame = frameIn(page)
        if (frame) found.add(frame)
      }
    return found
  }

  /** The page's own frame, made if need be; undefined if the host is full. */
  makePrivate(map: ModelMap, ppn: number): ModelFrame | undefined {
    const page = map.get(ppn)!
    if (page.kind === 'hole') throw new Error('a hole has no frame')
    const old = frameIn(page)
    if (old && this.references(old) === 1) return old
    if (this.frames().size === FRAMES - 1) return undefined
    const frame = { bytes: new Map(old?.bytes) }
    map.set(ppn, { kind: page.kind, holds: frame })
    return frame
  }

  /** Stores bytes, or answers false and changes no contents. */
  write(map: ModelMap, address: number, bytes: Uint8Array, asHost: boolean): boolean {
    const ppns = new Set(Array.from(bytes, (_, i) => Math.floor((address + i) / FRAME_BYTES)))
    for (const ppn of ppns) {
      const kind = map.get(ppn)?.kind ?? 'hole'
      if (kind === 'hole' || (kind === 'rom' && !asHost)) return false
    }
    for (const ppn of ppns) if (this.makePrivate(map, ppn) === undefined) return false
    bytes.forEach((byte, i) => {
      const frame = this.makePrivate(map, Math.floor((address + i) / FRAME_BYTES))!
      frame.bytes.set((address + i) % FRAME_BYTES, byte)
    })
    return true
  }

  byte(map: ModelMap, address: number): number {
    const page = map.get(Math.floor(address / FRAME_BYTES)) ?? { kind: 'hole' }
    return page.kind === 'hole' ? -1 : (frameIn(page)?.bytes.get(address % FRAME_BYTES) ?? 0)
  }

  /** A guest or a device has looked at a page. */
  touch(map: ModelMap, ppn: number): void {
    const page = map.get(ppn)
    if (page && page.kind !== 'hole' && page.holds === 'ballooned') map.set(ppn, { kind: page.kind, holds: 'nothing' })
  }
}

/** A map whose onChange listener does what an MMU does: it forgets what it remembered of the page. */
interface Real {
  readonly machine: MachineMemory
  readonly maps: { readonly map: PhysicalMap; readonly remembered: Map<number, { read: number; write: number }> }[]
  readonly lent: number[]
}

function watch(real: Real, map: PhysicalMap): void {
  const remembered = new Map<number, { read: number; write: number }>()
  map.onChange((ppn) => remembered.delete(ppn))
  real.maps.push({ map, remembered })
}

function verify(model: Model, real: Real): void {
  const { contradictions, ...report } = real.machine.audit()
  const frames = model.frames().size
  let held = 1
  for (const map of model.maps) for (const page of map.values()) if (frameIn(page)) held++
  expect({ contradictions, ...report }).toEqual({
    contradictions: [],
    frames: FRAMES,
    used: frames,
    free: FRAMES - 1 - frames,
    held,
    loose: model.lent.length,
  })
  model.maps.forEach((pages, i) => verifyMap(model, pages, real.maps[i]!))
}

function verifyMap(model: Model, pages: ModelMap, { map, remembered }: Real['maps'][number]): void {
  const counts = { nothing: 0, zero: 0, ballooned: 0, resident: 0, shared: 0 }
  for (let ppn = 0; ppn < PAGES; ppn++) {
    const page = pages.get(ppn)!
    expect(map.stateOf(ppn)).toBe(stateOf(page))
    const frame = frameIn(page)
    if (page.kind !== 'hole') counts[typeof page.holds === 'string' ? page.holds : 'resident']++
    if (frame && model.references(frame) > 1) counts.shared++
    // Reading a ballooned page would change it.
    for (const offset of stateOf(page) === PageState.Ballooned ? [] : OFFSETS) {
      const address = ppn * FRAME_BYTES + offset
      if (map.read8(address) !== model.byte(pages, address)) {
        throw new Error(`byte at ${address} is ${map.read8(address)}; should be ${model.byte(pages, address)}`)
      }
    }
    // Whatever a listener has not been told to forget must still be right.
    const known = remembered.get(ppn)
    if (known && stateOf(page) === PageState.Ballooned) throw new Error(`page ${ppn} was ballooned unannounced`)
    if (known && known.read !== map.readAddress(ppn)) throw new Error(`page ${ppn} moved unannounced`)
    if (known && known.write >= 0 && known.write !== known.read) throw new Error(`page ${ppn} reads and writes apart`)
    const mustCopy = page.kind !== 'ram' || !frame || model.references(frame) > 1
    if (known && known.write >= 0 && mustCopy) throw new Error(`page ${ppn} may be written in place unannounced`)
  }
  const { nothing, zero, ballooned, resident, shared } = counts
  const untouched = nothing + zero
  const statistics = { pages: untouched + resident + ballooned, untouched, zero, resident, ballooned, shared }
  expect(map.statistics).toMatchObject(statistics)
}

function stateOf(page: ModelPage): PageState {
  if (page.kind === 'hole') return PageState.Hole
  if (typeof page.holds === 'object') return PageState.Resident
  return page.holds === 'ballooned' ? PageState.Ballooned : PageState.Untouched
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
}

type Perform = (model: Model, real: Real, step: Step) => void

function pick<T>(list: readonly T[], index: number): T {
  return list[index % list.length]!
}

function storeWith(method: 'write' | 'load'): Perform {
  return (model, real, { which, ppn, offset, value, length }) => {
    const address = ppn * FRAME_BYTES + offset
    const bytes = new Uint8Array(length).map((_, i) => value + i)
    const wanted = model.write(pick(model.maps, which), address, bytes, method === 'load')
    expect(pick(real.maps, which).map[method](address, bytes)).toBe(wanted)
  }
}

function redefine(model: Model, real: Real, map: number, ppn: number, kind: 'ram' | 'rom' | 'hole'): void {
  const pages = model.maps[map]!
  const page = pages.get(ppn)!
  const holds = page.kind === 'hole' ? 'nothing' : page.holds
  pages.set(ppn, kind === 'hole' ? { kind } : { kind, holds })
  real.maps[map]!.map.redefine({ start: ppn * FRAME_BYTES, length: FRAME_BYTES, kind })
}

const STEPS: Record<string, Perform> = {
  write: storeWith('write'),
  load: storeWith('load'),
  write32(model, real, { which, ppn, offset, value }) {
    const address = ppn * FRAME_BYTES + offset
    const bytes = Uint8Array.of(value, value >> 8, 0, 0)
    const wanted = model.write(pick(model.maps, which), address, bytes, false)
    expect(pick(real.maps, which).map.write32(address, value & 0xffff)).toBe(wanted)
  },
  remember(model, real, { which, ppn }) {
    const { map, remembered } = pick(real.maps, which)
    const write = map.writeAddress(ppn)
    remembered.set(ppn, { read: map.readAddress(ppn), write })
    // The model learns of the frame in the same way.
    const pages = pick(model.maps, which)
    const wanted = pages.get(ppn)!.kind !== 'ram' ? -1 : model.makePrivate(pages, ppn) ? 0 : -2
    model.touch(pages, ppn)
    expect(Math.min(write, 0)).toBe(wanted)
  },
  discard(model, real, { which, ppn }) {
    const pages = pick(model.maps, which)
    const page = pages.get(ppn)!
    if (frameIn(page) && page.kind !== 'hole') pages.set(ppn, { kind: page.kind, holds: 'nothing' })
    pick(real.maps, which).map.discard(ppn)
  },
  touch(model, real, { which, ppn, offset }) {
    const address = ppn * FRAME_BYTES + offset
    expect(pick(real.maps, which).map.read8(address)).toBe(model.byte(pick(model.maps, which), address))
    model.touch(pick(model.maps, which), ppn)
  },
  balloon(model, real, { which, ppn }) {
    const pages = pick(model.maps, which)
    const page = pages.get(ppn)!
    const isTaken = page.kind === 'ram' && page.holds !== 'ballooned'
    if (isTaken) pages.set(ppn, { kind: 'ram', holds: 'ballooned' })
    expect(pick(real.maps, which).map.balloon(ppn)).toBe(isTaken)
  },
  deflate(model, real, { which, ppn }) {
    const pages = pick(model.maps, which)
    const isBallooned = stateOf(pages.get(ppn)!) === PageState.Ballooned
    model.touch(pages, ppn)
    expect(pick(real.maps, which).map.deflate(ppn)).toBe(isBallooned)
  },
  clear(model, real, { which }) {
    const pages = pick(model.maps, which)
    for (const [ppn, page] of pages) if (page.kind !== 'hole') pages.set(ppn, { kind: page.kind, holds: 'nothing' })
    pick(real.maps, which).map.clear()
  },
  redefine(model, real, { which, ppn, kind }) {
    redefine(model, real, which % model.maps.length, ppn, kind)
  },
  fork(model, real, { which }) {
    if (model.maps.length === 4) return
    model.maps.push(new Map(pick(model.maps, which)))
    watch(real, pick(real.maps, which).map.fork())
  },
  share(model, real, { which, other, ppn, otherPpn }) {
    const from = pick(model.maps, which).get(ppn)!
    const to = pick(model.maps, other)
    const target = to.get(otherPpn)!
    const mpn = target.kind === 'hole' ? -1 : pick(real.maps, which).map.lend(ppn)
    if (target.kind === 'hole' || from.kind === 'hole') return expect(mpn).toBe(-1)
    // Nobody tells pages of zeros apart but by what they were.
    const zeros = target.holds === 'nothing' || target.holds === 'zero' ? target.holds : 'zero'
    to.set(otherPpn, { kind: target.kind, holds: frameIn(from) ?? zeros })
    pick(real.maps, other).map.adopt(otherPpn, mpn)
  },
  hold(model, real, { which, ppn }) {
    const page = pick(model.maps, which).get(ppn)!
    const frame = frameIn(page)
    if (!frame) return
    model.lent.push(frame)
    real.lent.push(pick(real.maps, which).map.lend(ppn))
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

const stepArbitrary: fc.Arbitrary<Step> = fc.record({
  name: fc.constantFrom(
    ...Object.keys(STEPS).flatMap((name) =>
      ['fork', 'release', 'clear'].includes(name) ? [name] : [name, name, name],
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
})

// Oracle: `Model`, in which a frame is an object, sharing is identity, and counts are found by counting.
it('preserves contents, loses no frame and counts exactly', () => {
  fc.assert(
    fc.property(fc.array(stepArbitrary, { minLength: 1, maxLength: 60, size: 'max' }), (steps) => {
      const machine = new MachineMemory({ bytes: BYTES, reservedBytes: RESERVED * FRAME_BYTES })
      const real: Real = { machine, maps: [], lent: [] }
      const model = new Model()
      watch(real, new PhysicalMap(machine, { ranges: [{ start: 0, length: PAGES * FRAME_BYTES, kind: 'ram' }] }))
      model.maps.push(new Map(Array.from({ length: PAGES }, (_, ppn) => [ppn, { kind: 'ram', holds: 'nothing' }])))
      for (const step of steps) {
        STEPS[step.name]!(model, real, step)
        verify(model, real)
      }
      for (const { map } of real.maps) map.release()
      for (const mpn of real.lent) machine.release(mpn)
      expect(machine.audit()).toMatchObject({ used: 0, held: 1, loose: 0, contradictions: [] })
    }),
    { seed: 301, numRuns: 200 },
  )
})
