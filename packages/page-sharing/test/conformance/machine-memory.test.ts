// The ports as machine-memory fills them, unadapted: sharing under guests that write, give pages up, are swapped, fork and leave.
import { MachineMemory, MemorySwapStore, PhysicalMap, SwapSpace } from '@mica-vm/machine-memory'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { PAGE_BYTES, PageSharer, ShareOutcome } from '../../src/index.ts'
import type { SharingClient } from '../../src/index.ts'

const PAGES = 5
const FRAMES = 48
const MOST_GUESTS = 5

interface Guest {
  readonly map: PhysicalMap
  readonly client: SharingClient
  readonly salt: string
  /** The model: the last byte of each page; its first is always the same, but in pages of zeros. */
  readonly contents: number[]
  /** What an MMU would have cached: addresses that the guest writes to without asking again. */
  readonly writable: Map<number, number>
}

interface World {
  readonly machine: MachineMemory
  readonly sharer: PageSharer
  readonly swap: SwapSpace
  readonly guests: Guest[]
}

interface Step {
  readonly name: keyof typeof STEPS
  readonly which: number
  readonly ppn: number
  readonly content: number
  readonly salt: string
}

function admit({ sharer, guests }: World, map: PhysicalMap, salt: string, contents: number[]): void {
  const writable = new Map<number, number>()
  map.onChange((ppn) => writable.delete(ppn))
  guests.push({ map, client: sharer.addClient({ pages: map, salt }), salt, contents, writable })
}

function pick({ guests }: World, { which }: Step): Guest {
  return guests[which % guests.length]!
}

const STEPS = {
  boot(world: World, { salt }: Step): void {
    if (world.guests.length === MOST_GUESTS) return
    const ranges = [{ start: 0, length: PAGES * PAGE_BYTES, kind: 'ram' }] as const
    const swap = world.swap.reserve(PAGES)!
    admit(world, new PhysicalMap(world.machine, { ranges, swap }), salt, Array(PAGES).fill(0))
  },
  fork(world: World, step: Step): void {
    const parent = pick(world, step)
    if (world.guests.length < MOST_GUESTS)
      admit(world, parent.map.fork({ swap: world.swap.reserve(PAGES)! }), parent.salt, [...parent.contents])
  },
  leave(world: World, step: Step): void {
    if (world.guests.length === 1) return
    const { map, client } = pick(world, step)
    world.guests.splice(step.which % world.guests.length, 1)
    if (step.content % 2 === 0) client.remove()
    map.release()
    client.remove()
  },
  /** As the guest's processor does: by an address that it may have been given long ago. */
  write(world: World, step: Step): void {
    const { map, contents, writable } = pick(world, step)
    const address = writable.get(step.ppn) ?? map.writeAddress(step.ppn)
    expect(address).toBeGreaterThanOrEqual(0)
    writable.set(step.ppn, address)
    world.machine.bytes[address] = step.content === 0 ? 0 : 0xaa
    world.machine.bytes[address + PAGE_BYTES - 1] = step.content
    contents[step.ppn] = step.content
  },
  discard(world: World, step: Step): void {
    const { map, contents } = pick(world, step)
    map.discard(step.ppn)
    contents[step.ppn] = 0
  },
  balloon(world: World, step: Step): void {
    const { map, contents } = pick(world, step)
    map.balloon(step.ppn)
    contents[step.ppn] = 0
  },
  /** As a host does that is short of memory: what can be shared need not be swapped. */
  swapOut(world: World, step: Step): void {
    const { map, client } = pick(world, step)
    const outcome = client.tryShare(step.ppn)
    if (outcome === ShareOutcome.Unique) expect(map.swapOut(step.ppn)).toBe('swapped')
  },
  /** Pages that are swapped come back by this, ballooned ones pop. */
  touch(world: World, step: Step): void {
    const { map, contents } = pick(world, step)
    const address = map.readAddress(step.ppn)
    expect(world.machine.bytes[address + PAGE_BYTES - 1]).toBe(contents[step.ppn])
  },
  scan({ sharer }: World, { content }: Step): void {
    sharer.scan({ pages: 2 * content })
  },
  tryShare(world: World, step: Step): void {
    const { client, map } = pick(world, step)
    const { free } = world.machine.statistics
    const wasAlone = world.machine.references(map.frameOf(step.ppn)) === 1
    const outcome = client.tryShare(step.ppn)
    const gaveUp = wasAlone && (outcome === ShareOutcome.Merged || outcome === ShareOutcome.Zeroed)
    expect(world.machine.statistics.free).toBe(free + (gaveUp ? 1 : 0))
  },
}

function verify({ machine, sharer, swap, guests }: World): void {
  const salts = new Map<number, string>()
  for (const { map, contents, writable, salt } of guests) {
    for (let ppn = 0; ppn < PAGES; ppn++) {
      const mpn = map.frameOf(ppn)
      if (mpn >= 0) {
        expect(salts.get(mpn) ?? salt).toBe(salt)
        salts.set(mpn, salt)
      }
      if (writable.has(ppn)) expect([writable.get(ppn), machine.references(mpn)]).toEqual([mpn * PAGE_BYTES, 1])
      // A look at a ballooned page would pop it.
      if (mpn < 0) continue
      const first = map.read8(ppn * PAGE_BYTES)
      const last = map.read8((ppn + 1) * PAGE_BYTES - 1)
      expect([first, last]).toEqual([contents[ppn] === 0 ? 0 : 0xaa, contents[ppn]])
    }
  }
  const { contradictions, loose } = machine.audit()
  expect([contradictions, sharer.contradictions(), swap.audit().contradictions, loose]).toEqual([[], [], [], 0])
}

const stepArbitrary = fc.record({
  name: fc.constantFrom(
    'boot',
    'fork',
    'leave',
    ...Array(5).fill('write'),
    'discard',
    'balloon',
    'swapOut',
    'swapOut',
    'touch',
    'scan',
    'scan',
    'tryShare',
  ),
  which: fc.nat(MOST_GUESTS - 1),
  ppn: fc.nat(PAGES - 1),
  content: fc.nat(5),
  salt: fc.constantFrom('red', 'red', 'blue'),
}) as fc.Arbitrary<Step>

// Oracle: contents that the test wrote down itself, and both packages' own books, which must agree.
it('shares the pages of PhysicalMaps, and neither contents nor accounts suffer', () => {
  fc.assert(
    fc.property(fc.array(stepArbitrary, { minLength: 1, maxLength: 70, size: 'max' }), fc.nat(), (steps, seed) => {
      const machine = new MachineMemory({ bytes: FRAMES * PAGE_BYTES, reservedBytes: 2 * PAGE_BYTES })
      let state = seed + 1
      const random = (): number => (state = (state * 48271) % 0x7fffffff) / 0x7fffffff
      const caps = { pagesPerSecond: Infinity, pagesPerSecondPerClient: Infinity }
      const swap = new SwapSpace(new MemorySwapStore(100 * PAGES))
      const world = { machine, swap, sharer: new PageSharer({ frames: machine, random, ...caps }), guests: [] }
      STEPS.boot(world, { salt: 'red' } as Step)
      for (const step of steps) {
        STEPS[step.name](world, step)
        verify(world)
      }
    }),
    { seed: 6, numRuns: 150 },
  )
})
