import fc from 'fast-check'
import { expect, it } from 'vitest'
import { PAGE_BYTES, PageSharer, ShareOutcome } from '../../src/index.ts'
import type { PageHasher, PageSharerOptions, SharingClient } from '../../src/index.ts'
import { BufferFrames, BufferPages } from '../../src/testing/index.ts'

const PAGES = 6
const FRAMES = 64
const MOST_CLIENTS = 6

interface World {
  readonly frames: BufferFrames
  readonly sharer: PageSharer
  readonly clients: Client[]
  hasForked: boolean
}

interface Client {
  readonly salt: string
  readonly pages: BufferPages
  readonly client: SharingClient
  /** The model: what the page was last told to be, by its number; null is a page that holds nothing. */
  readonly contents: (number | null)[]
}

/** Few contents, so that many are equal; 0 is all zero, and they differ in their first byte, last byte or both. */
function pageOf(content: number): Uint8Array {
  const page = new Uint8Array(PAGE_BYTES)
  page[0] = content >> 2
  page[PAGE_BYTES - 1] = content & 3
  return page
}

/** xorshift, so that a run is a function of its seed. */
function randomFrom(seed: number): () => number {
  let state = seed | 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}

/** Hashes that say little of a page: chains are long, and equal hashes mean nothing. */
const hashers: Record<string, (frames: BufferFrames) => PageHasher | undefined> = {
  built: () => undefined,
  constant: () => ({ hash: () => 7, high: -1 }),
  'last byte': ({ bytes }) => ({ hash: (address) => bytes[address + PAGE_BYTES - 1]!, high: 0 }),
  'first byte, above the half that hints keep': ({ bytes }) => {
    const hasher = { hash: (address: number) => ((hasher.high = bytes[address]!), 5), high: 0 }
    return hasher
  },
}

interface Step {
  readonly name: keyof typeof STEPS
  readonly which: number
  readonly ppn: number
  readonly content: number
  readonly salt: string
  readonly budget: number
  readonly early: boolean
}

function pick(world: World, which: number): Client | undefined {
  return world.clients[which % world.clients.length]
}

const STEPS = {
  join({ frames, sharer, clients }: World, { salt }: Step): void {
    if (clients.length === MOST_CLIENTS) return
    const pages = new BufferPages(frames, PAGES)
    clients.push({ salt, pages, client: sharer.addClient({ pages, salt }), contents: Array(PAGES).fill(null) })
  },
  fork(world: World, { which }: Step): void {
    const parent = pick(world, which)
    if (!parent || world.clients.length === MOST_CLIENTS) return
    const pages = parent.pages.fork()
    const { salt } = parent
    world.clients.push({ salt, pages, client: world.sharer.addClient({ pages, salt }), contents: [...parent.contents] })
    world.hasForked = true
  },
  leave(world: World, { which, early }: Step): void {
    const leaving = pick(world, which)
    if (!leaving) return
    if (early) leaving.client.remove()
    leaving.pages.release()
    leaving.client.remove()
    world.clients.splice(world.clients.indexOf(leaving), 1)
  },
  write(world: World, { which, ppn, content }: Step): void {
    const client = pick(world, which)
    if (client?.pages.write(ppn, 0, pageOf(content))) client.contents[ppn] = content
  },
  /** Given up by the guest, or swapped out. */
  discard(world: World, { which, ppn }: Step): void {
    const client = pick(world, which)
    client?.pages.discard(ppn)
    if (client) client.contents[ppn] = null
  },
  scan({ sharer }: World, { budget }: Step): void {
    const { scanned } = sharer.scan({ pages: budget })
    expect(scanned).toBeLessThanOrEqual(budget)
  },
  tryShare(world: World, { which, ppn }: Step): void {
    const client = pick(world, which)
    if (!client) return
    const before = client.pages.frameOf(ppn)
    const outcome = client.client.tryShare(ppn)
    const after = client.pages.frameOf(ppn)
    const moved = outcome === ShareOutcome.Merged || outcome === ShareOutcome.Zeroed
    expect(after !== before).toBe(moved)
    expect(outcome === ShareOutcome.Absent).toBe(before < 0)
    if (outcome === ShareOutcome.Merged) expect(world.frames.references(after)).toBeGreaterThan(1)
  },
}

/** Looks at every page of every client: what each frame holds and who lies there. */
function lodgersOf({ clients }: World): Map<number, Client[]> {
  const lodgers = new Map<number, Client[]>()
  for (const client of clients) {
    for (let ppn = 0; ppn < PAGES; ppn++) {
      const mpn = client.pages.frameOf(ppn)
      if (mpn >= 0) lodgers.set(mpn, [...(lodgers.get(mpn) ?? []), client])
    }
  }
  return lodgers
}

function verify(world: World): void {
  const { frames, sharer, clients, hasForked } = world
  for (const { pages, contents } of clients) {
    for (let ppn = 0; ppn < PAGES; ppn++) {
      const wanted = pageOf(contents[ppn] ?? 0)
      for (const offset of [0, PAGE_BYTES - 1])
        if (pages.read(ppn, offset) !== wanted[offset])
          throw new Error(`page ${ppn} reads ${pages.read(ppn, offset)} at ${offset}`)
    }
  }
  const lodgers = lodgersOf(world)
  for (let mpn = 0; mpn < FRAMES; mpn++) {
    const here = lodgers.get(mpn) ?? []
    const references = here.length + (mpn === frames.zeroFrame ? 1 : 0)
    if (frames.references(mpn) !== references)
      throw new Error(`frame ${mpn} has ${frames.references(mpn)} references; ${references} counted`)
    if (here.some(({ salt }) => salt !== here[0]!.salt)) throw new Error(`frame ${mpn} holds pages of two salts`)
  }
  expect(sharer.contradictions()).toEqual([])
  const shared = [...lodgers.values()].filter((here) => here.length > 1)
  const { sharedFrames, sharedPages, savedPages, hints } = sharer.statistics
  const pagesThere = shared.reduce((sum, here) => sum + here.length, 0)
  expect(savedPages).toBe(sharedPages - sharedFrames)
  if (hasForked) {
    // A fork's frames are known once they have been looked at.
    expect(sharedFrames).toBeLessThanOrEqual(shared.length)
    expect(sharedPages).toBeLessThanOrEqual(pagesThere)
  } else expect({ sharedFrames, sharedPages }).toEqual({ sharedFrames: shared.length, sharedPages: pagesThere })
  expect(hints).toBeLessThanOrEqual(lodgers.size - sharedFrames)
}

const stepArbitrary: fc.Arbitrary<Step> = fc.record({
  name: fc.constantFrom(
    'join',
    'fork',
    'leave',
    ...Array(6).fill('write'),
    'discard',
    ...Array(4).fill('scan'),
    'tryShare',
    'tryShare',
  ),
  which: fc.nat(MOST_CLIENTS - 1),
  ppn: fc.nat(PAGES - 1),
  content: fc.constantFrom(0, 1, 2, 4, 5, 8, 9),
  salt: fc.constantFrom('red', 'red', 'blue'),
  budget: fc.nat(12),
  early: fc.boolean(),
}) as fc.Arbitrary<Step>

const runArbitrary = fc.record({
  seed: fc.integer(),
  steps: fc.array(stepArbitrary, { minLength: 4, maxLength: 80, size: 'max' }),
  zeroPages: fc.constantFrom('machine', 'domain') as fc.Arbitrary<'machine' | 'domain'>,
})

function perform(
  seed: number,
  steps: readonly Step[],
  options: Partial<PageSharerOptions>,
  frames = new BufferFrames(FRAMES),
): World {
  const random = randomFrom(seed)
  const uncapped = { pagesPerSecond: Infinity, pagesPerSecondPerClient: Infinity }
  const sharer = new PageSharer({ frames, random, ...uncapped, ...options })
  const world: World = { frames, sharer, clients: [], hasForked: false }
  for (let i = 0; i < 3; i++) STEPS.join(world, { salt: ['red', 'blue', 'red'][i]! } as Step)
  for (const step of steps) {
    STEPS[step.name](world, step)
    verify(world)
  }
  return world
}

// Oracle: contents that the test wrote down itself, references counted by looking, salts compared per frame.
it.each(Object.keys(hashers))('preserves contents, keeps salts apart and counts exactly; hash: %s', (name) => {
  fc.assert(
    fc.property(runArbitrary, ({ seed, steps, zeroPages }) => {
      const frames = new BufferFrames(FRAMES)
      const hasher = hashers[name]!(frames)
      perform(seed, steps, { zeroPages, ...(hasher && { hasher }) }, frames)
    }),
    { seed: 4, numRuns: 150 },
  )
})

// Oracle: pages grouped by salt and contents. Each group must come to lie in one frame, the table must know these, and hint at all others.
it('shares everything that is equal and unchanged, and has a hint of everything else', () => {
  fc.assert(
    fc.property(runArbitrary, ({ seed, steps, zeroPages }) => {
      const world = perform(seed, steps, { zeroPages })
      // The rest of the pass under way, one that leaves hints of all pages, and one that finds them.
      for (let pass = 0; pass < 3 * MOST_CLIENTS * PAGES; pass++) world.sharer.scan({ pages: 12 })
      verify(world)
      const groups = new Map<string, Set<number>>()
      const sizes = new Map<string, number>()
      for (const { salt, pages, contents } of world.clients) {
        contents.forEach((content, ppn) => {
          if (content === null) return
          if (content === 0 && zeroPages === 'machine') return expect(pages.frameOf(ppn)).toBe(-1)
          const mpn = pages.frameOf(ppn)
          if (mpn < 0) return expect(content).toBe(0)
          const key = `${salt} ${content}`
          groups.set(key, (groups.get(key) ?? new Set()).add(mpn))
          sizes.set(key, (sizes.get(key) ?? 0) + 1)
        })
      }
      for (const [key, frames] of groups) expect(frames.size, key).toBe(1)
      const shared = [...sizes.values()].filter((size) => size > 1)
      expect(world.sharer.statistics).toMatchObject({
        sharedFrames: shared.length,
        sharedPages: shared.reduce((sum, size) => sum + size, 0),
        hints: sizes.size - shared.length,
        falseMatches: 0,
      })
    }),
    { seed: 5, numRuns: 150 },
  )
})
