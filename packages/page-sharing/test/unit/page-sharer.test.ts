import { describe, expect, it } from 'vitest'
import { PAGE_BYTES, PageSharer, ShareOutcome } from '../../src/index.ts'
import type { PageSharerOptions, SharingClient } from '../../src/index.ts'
import { BufferFrames, BufferPages, ManualClock } from '../../src/testing/index.ts'

const SECOND_NS = 1e9
const uncapped = { pagesPerSecond: Infinity, pagesPerSecondPerClient: Infinity }

/** Enough of a generator for a scan order; every run is the same. */
function random(): () => number {
  let state = 1
  return () => (state = (state * 48271) % 0x7fffffff) / 0x7fffffff
}

function sharerOf(frames: BufferFrames, options: Partial<PageSharerOptions> = uncapped): PageSharer {
  return new PageSharer({ frames, random: random(), ...options })
}

function fill(pages: BufferPages, ppn: number, byte: number): void {
  pages.write(ppn, 0, new Uint8Array(PAGE_BYTES).fill(byte))
}

/** A sharer and one client per salt, each with `pages` pages, page n filled with byte n + 1. */
function world({ salts = ['', ''], pages = 4, frames = 64, options = uncapped as Partial<PageSharerOptions> } = {}): {
  frames: BufferFrames
  sharer: PageSharer
  pages: BufferPages[]
  clients: SharingClient[]
} {
  const pool = new BufferFrames(frames)
  const sharer = sharerOf(pool, options)
  const all = salts.map(() => new BufferPages(pool, pages))
  for (const one of all) for (let ppn = 0; ppn < pages; ppn++) fill(one, ppn, ppn + 1)
  const clients = all.map((one, i) => sharer.addClient({ pages: one, salt: salts[i]! }))
  return { frames: pool, sharer, pages: all, clients }
}

describe('sharing', () => {
  it('puts one frame behind equal pages, and a write takes one page out again', () => {
    const { frames, sharer, pages } = world({ pages: 1 })
    sharer.scan({ pages: 10 })
    const [first, second] = pages as [BufferPages, BufferPages]
    expect(first.frameOf(0)).toBe(second.frameOf(0))
    expect(frames.references(first.frameOf(0))).toBe(2)
    expect(sharer.statistics).toMatchObject({ merged: 1, hinted: 1, sharedFrames: 1, sharedPages: 2, savedPages: 1 })

    first.write(0, 7, Uint8Array.of(99))
    expect(second.read(0, 7)).toBe(1)
    expect(sharer.statistics).toMatchObject({ unshared: 1, sharedFrames: 0, sharedPages: 0, savedPages: 0, hints: 0 })
  })

  it('takes a page that changed since its hint for what it is now', () => {
    const { sharer, pages } = world({ salts: [''], pages: 1 })
    sharer.scan({ pages: 1 })
    expect(sharer.statistics).toMatchObject({ hints: 1, hinted: 1 })
    pages[0]!.write(0, 5, Uint8Array.of(9))
    sharer.scan({ pages: 1 })
    expect(sharer.statistics).toMatchObject({ hints: 1, hinted: 2, staleHints: 1, scanned: 2 })
  })

  it('follows a hint to the page it names only', () => {
    const { frames, sharer, pages, clients } = world({ pages: 1 })
    sharer.scan({ pages: 1 })
    const [hinted, other] = clients[0]!.statistics.hinted === 1 ? [0, 1] : [1, 0]
    // The hinted page moves away; a fork that is no client keeps its frame, and its contents, alive.
    const mpn = pages[hinted!]!.frameOf(0)
    const fork = pages[hinted!]!.fork()
    pages[hinted!]!.write(0, 5, Uint8Array.of(9))
    expect(fork.frameOf(0)).toBe(mpn)
    expect(clients[other!]!.tryShare(0)).toBe(ShareOutcome.Unique)
    expect(frames.references(mpn)).toBe(1)
    expect(sharer.statistics).toMatchObject({ staleHints: 1, hints: 0 })
  })

  it('drops a hint that was found to be stale by another page', () => {
    const { sharer, pages, clients } = world({ pages: 1 })
    sharer.scan({ pages: 1 })
    const [hinted, other] = clients[0]!.statistics.hinted === 1 ? [0, 1] : [1, 0]
    pages[hinted!]!.write(0, 100, Uint8Array.of(77))
    expect(clients[other!]!.tryShare(0)).toBe(ShareOutcome.Unique)
    expect(sharer.statistics).toMatchObject({ staleHints: 1, hints: 0, merged: 0 })
  })

  it('finds a page shared by a fork without a hint', () => {
    const { frames, sharer, pages } = world({ salts: [''], pages: 1 })
    const fork = sharer.addClient({ pages: pages[0]!.fork() })
    expect(fork.tryShare(0)).toBe(ShareOutcome.AlreadyShared)
    expect(sharer.statistics).toMatchObject({ sharedFrames: 1, sharedPages: 2, hints: 0 })
    // A third one joins them, though nobody left a hint.
    const third = new BufferPages(frames, 1)
    fill(third, 0, 1)
    expect(sharer.addClient({ pages: third }).tryShare(0)).toBe(ShareOutcome.Merged)
    expect(sharer.statistics).toMatchObject({ sharedFrames: 1, sharedPages: 3 })
  })

  it('does not share pages that only have the same hash, and counts them', () => {
    const { sharer, pages, clients } = world({ pages: 1, options: { ...uncapped, hasher: { hash: () => 1, high: 2 } } })
    fill(pages[1]!, 0, 200)
    sharer.scan({ pages: 2 })
    expect(sharer.statistics).toMatchObject({ merged: 0, falseMatches: 1, hints: 1 })
    expect(clients.map((client) => client.statistics.falseMatches).sort()).toEqual([0, 1])
  })

  it('tells hashes apart by the half that hints do not keep', () => {
    const hasher = { hash: (address: number): number => ((hasher.high = frames.bytes[address]!), 5), high: 0 }
    const { frames, sharer, pages, clients } = world({
      pages: 1,
      salts: ['', '', ''],
      options: { ...uncapped, hasher },
    })
    fill(pages[0]!, 0, 200)
    sharer.scan({ pages: 3 }) // in this order
    expect(sharer.statistics).toMatchObject({ merged: 1, falseMatches: 0, staleHints: 0, hints: 1, sharedFrames: 1 })
    // The frame that two of them share is not a match of other contents either.
    fill(pages[0]!, 0, 201)
    expect(clients[0]!.tryShare(0)).toBe(ShareOutcome.Unique)
  })

  it('leaves no hint of a page that turned into a false match', () => {
    const hasher = { hash: (address: number): number => frames.bytes[address]!, high: 0 }
    const { frames, sharer, pages, clients } = world({ salts: ['', ''], pages: 1, options: { ...uncapped, hasher } })
    fill(pages[1]!, 0, 200)
    sharer.scan({ pages: 2 })
    expect(sharer.statistics.hints).toBe(2)
    pages[1]!.write(0, 0, Uint8Array.of(1))
    expect(clients[1]!.tryShare(0)).toBe(ShareOutcome.FalseMatch)
    expect(sharer.statistics.hints).toBe(1)
  })

  it('counts references beyond 16 bits', () => {
    const { frames, sharer, pages } = world({ pages: 1 })
    sharer.scan({ pages: 2 })
    const mpn = pages[0]!.frameOf(0)
    for (const [references, overflows] of [
      [65534, 0],
      [65535, 1],
      [65536, 1],
      [70000, 1],
      [65535, 1],
      [65534, 0],
      [2, 0],
    ] as const) {
      const unshared = sharer.statistics.unshared + Math.max(0, frames.references(mpn) - references)
      while (frames.references(mpn) < references) frames.retain(mpn)
      while (frames.references(mpn) > references) frames.release(mpn)
      expect(sharer.statistics.unshared).toBe(unshared)
      expect(sharer.statistics).toMatchObject({ sharedPages: references, savedPages: references - 1, overflows })
      expect(sharer.contradictions()).toEqual([])
    }
  })

  it('forgets an overflowing count with its frame', () => {
    const { frames, sharer, pages, clients } = world({ pages: 1 })
    sharer.scan({ pages: 2 })
    const mpn = pages[0]!.frameOf(0)
    while (frames.references(mpn) < 70000) frames.retain(mpn)
    for (const client of clients) client.remove()
    expect(sharer.statistics).toMatchObject({ sharedFrames: 0, sharedPages: 0, overflows: 0, hints: 0 })
  })
})

describe('zero pages', () => {
  it('go to the zero frame, whatever their salt, and need no frame of their own', () => {
    const { frames, sharer, pages } = world({ salts: ['a', 'b'], pages: 2 })
    for (const one of pages) fill(one, 0, 0)
    sharer.scan({ pages: 4 })
    expect(pages.map((one) => one.frameOf(0))).toEqual([-1, -1])
    expect(frames.references(frames.zeroFrame)).toBe(1)
    expect(sharer.statistics).toMatchObject({ zeroed: 2, merged: 0 })
  })

  it('are shared within one salt only if asked', () => {
    const salts = ['a', 'a', 'b', 'b']
    const { sharer, pages } = world({ salts, pages: 1, options: { ...uncapped, zeroPages: 'domain' } })
    for (const one of pages) fill(one, 0, 0)
    sharer.scan({ pages: 8 })
    const [first, second, third, fourth] = pages.map((one) => one.frameOf(0))
    expect(first).toBe(second)
    expect(third).toBe(fourth)
    expect(first).not.toBe(third)
    expect(sharer.statistics).toMatchObject({ zeroed: 0, merged: 2 })
  })
})

describe('trust domains', () => {
  /** What a guest can find out: does a write to each of its pages cost a copy? */
  function slowWrites(pages: BufferPages): boolean[] {
    return Array.from({ length: pages.endPage }, (_, ppn) => {
      const before = pages.copyOnWriteBreaks
      pages.write(ppn, PAGE_BYTES - 1, Uint8Array.of(pages.read(ppn, PAGE_BYTES - 1)))
      return pages.copyOnWriteBreaks > before
    })
  }

  it('two salts never have a frame in common', () => {
    const { sharer, pages } = world({ salts: ['red', 'blue'], pages: 8 })
    sharer.scan({ pages: 100 })
    const [red, blue] = pages.map((one) => new Set(Array.from({ length: 8 }, (_, ppn) => one.frameOf(ppn))))
    expect([...red!].filter((mpn) => blue!.has(mpn))).toEqual([])
    expect(sharer.statistics.merged).toBe(0)
  })

  it('do so in one chain, too', () => {
    // A table for three frames has one chain.
    const { sharer, pages } = world({
      salts: ['red', 'blue'],
      pages: 1,
      frames: 3,
      options: { ...uncapped, hasher: { hash: () => 1, high: 1 } },
    })
    sharer.scan({ pages: 10 })
    expect(pages[0]!.frameOf(0)).not.toBe(pages[1]!.frameOf(0))
    expect(sharer.statistics).toMatchObject({ merged: 0, falseMatches: 0, hints: 2 })
  })

  it('a write takes the same time whether a tenant with another salt has such a page or not', () => {
    const alone = world({ salts: ['spy'], pages: 8 })
    const beside = world({ salts: ['spy', 'victim'], pages: 8 })
    for (const { sharer } of [alone, beside]) sharer.scan({ pages: 100 })
    expect(slowWrites(beside.pages[0]!)).toEqual(slowWrites(alone.pages[0]!))
    // The same spy in the victim's domain would learn of every page: the test can fail.
    const together = world({ salts: ['victim', 'victim'], pages: 8 })
    together.sharer.scan({ pages: 100 })
    expect(slowWrites(together.pages[0]!)).not.toEqual(slowWrites(alone.pages[0]!))
  })

  it('a salt that comes after the last client of another one gets none of its frames', () => {
    const { frames, sharer, pages, clients } = world({ salts: ['old', 'old'], pages: 1 })
    sharer.scan({ pages: 4 })
    for (const client of clients) client.remove() // their pages stay
    const late = new BufferPages(frames, 1)
    fill(late, 0, 1)
    const newcomer = sharer.addClient({ pages: late, salt: 'new' })
    expect(newcomer.tryShare(0)).toBe(ShareOutcome.Unique)
    expect(late.frameOf(0)).not.toBe(pages[0]!.frameOf(0))
    expect(sharer.contradictions()).toEqual([])
  })
})

describe('tryShare', () => {
  it('gives a page up before it would be swapped, whatever the caps', () => {
    const options = { pagesPerSecond: 0, clock: new ManualClock() }
    const { frames, sharer, pages, clients } = world({ options })
    expect(sharer.scan({ pages: 10 })).toMatchObject({ scanned: 0, ended: 'caps' })
    expect(clients[0]!.tryShare(0)).toBe(ShareOutcome.Unique)
    expect(sharer.statistics.hints).toBe(0) // it is about to go
    const twin = pages[0]!.fork()
    expect(sharer.addClient({ pages: twin }).tryShare(0)).toBe(ShareOutcome.AlreadyShared)
    const own = pages[1]!.frameOf(0)
    expect(clients[1]!.tryShare(0)).toBe(ShareOutcome.Merged)
    expect(frames.references(own)).toBe(0)
    expect(clients[1]!.tryShare(0)).toBe(ShareOutcome.AlreadyShared)
    pages[1]!.discard(1)
    expect(clients[1]!.tryShare(1)).toBe(ShareOutcome.Absent)
    expect(clients[1]!.tryShare(1000)).toBe(ShareOutcome.Absent)
  })
})

describe('scan', () => {
  it('keeps to the cap per client and to the cap of the host', () => {
    const clock = new ManualClock()
    const options = { clock, pagesPerSecond: 25, pagesPerSecondPerClient: 10 }
    const { sharer, clients } = world({ salts: ['', '', '', ''], pages: 100, frames: 512, options })
    let sum = 0
    for (let quarter = 0; quarter < 40; quarter++) {
      sum += sharer.scan({ pages: 1000 }).scanned
      clock.advance(SECOND_NS / 4)
    }
    // Ten seconds, and what one second allows at once.
    expect(sum).toBeLessThanOrEqual(25 * 11)
    expect(sum).toBeGreaterThanOrEqual(25 * 10)
    for (const { statistics } of clients) expect(statistics.scanned).toBeLessThanOrEqual(10 * 11)
    const counts = clients.map(({ statistics }) => statistics.scanned)
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
  })

  it('saves nothing up: a host that has not scanned for long may read what one second allows, and no more', () => {
    const clock = new ManualClock()
    const { sharer } = world({ salts: ['', ''], pages: 100, frames: 512, options: { clock } })
    sharer.scan({ pages: 1000 })
    clock.advance(3600 * SECOND_NS)
    expect(sharer.scan({ pages: 1000 })).toMatchObject({ scanned: 100, ended: 'caps' })
  })

  it('has the defaults of ESX Server: 50 pages per second and client, 200 of all', () => {
    const { sharer } = world({
      salts: Array(6).fill(''),
      pages: 100,
      frames: 1024,
      options: { clock: new ManualClock() },
    })
    expect(sharer.scan({ pages: 1000 })).toMatchObject({ scanned: 200, ended: 'caps' })
    const alone = world({ salts: [''], pages: 100, frames: 128, options: { clock: new ManualClock() } })
    expect(alone.sharer.scan({ pages: 1000 })).toMatchObject({ scanned: 50, ended: 'caps' })
  })

  it('reads no more than its budget and says why it ended', () => {
    const { sharer } = world({ pages: 16 })
    expect(sharer.scan({ pages: 5 })).toMatchObject({ scanned: 5, ended: 'budget' })
    expect(sharer.scan({ pages: 0 })).toMatchObject({ scanned: 0, ended: 'budget' })
    expect(sharerOf(new BufferFrames(8)).scan({ pages: 5 })).toMatchObject({ scanned: 0, ended: 'nothing' })
    const empty = sharerOf(new BufferFrames(8))
    empty.addClient({ pages: new BufferPages(new BufferFrames(8), 0) })
    expect(empty.scan({ pages: 5 })).toMatchObject({ scanned: 0, ended: 'nothing' })
  })

  it('ends although no page has a frame', () => {
    const sharer = sharerOf(new BufferFrames(8))
    sharer.addClient({ pages: new BufferPages(new BufferFrames(8), 1000) })
    expect(sharer.scan({ pages: 5 })).toMatchObject({ scanned: 0, ended: 'budget' })
  })

  it('reads each page once before any a second time, in an order that depends on the random numbers', () => {
    const orders = [random(), () => 0.5].map((source) => {
      const pool = new BufferFrames(256)
      const pages = new BufferPages(pool, 200)
      for (let ppn = 0; ppn < 200; ppn++) pages.write(ppn, 0, Uint8Array.of(1, ppn))
      const order: number[] = []
      const seen = { ...pages, endPage: 200, frameOf: (ppn: number) => (order.push(ppn), pages.frameOf(ppn)) }
      const sharer = new PageSharer({ frames: pool, random: source, ...uncapped })
      sharer.addClient({
        pages: { ...seen, lend: (ppn) => pages.lend(ppn), adopt: (ppn, mpn) => pages.adopt(ppn, mpn) },
      })
      sharer.scan({ pages: 200 })
      return order
    })
    for (const order of orders)
      expect(order.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, i) => i))
    expect(orders[0]).not.toEqual(orders[1])
    expect(orders[0]).not.toEqual(orders[0]!.toSorted((a, b) => a - b))
  })
})

describe('clients', () => {
  it('come and go; their numbers are used again', () => {
    const { sharer, pages, clients } = world({ pages: 2 })
    sharer.scan({ pages: 1 })
    clients[0]!.remove()
    clients[0]!.remove()
    pages[0]!.release()
    expect(() => clients[0]!.tryShare(0)).toThrow('removed')
    expect(sharer.contradictions()).toEqual([])
    const again = new BufferPages(new BufferFrames(1), 0)
    sharer.addClient({ pages: again })
    sharer.scan({ pages: 8 })
    expect(sharer.statistics).toMatchObject({ merged: 0, hints: 2 })
  })

  it('stops listening when disposed', () => {
    const { sharer, pages } = world({ pages: 1 })
    sharer.scan({ pages: 2 })
    sharer.dispose()
    pages[0]!.release()
    expect(sharer.statistics.sharedPages).toBe(2)
  })
})

describe('misuse', () => {
  const frames = new BufferFrames(4)

  it.each([
    [{ pagesPerSecond: -1 }, 'pagesPerSecond is -1; must be a number from 0, or Infinity'],
    [{ pagesPerSecondPerClient: NaN }, 'pagesPerSecondPerClient is NaN'],
    [{ pagesPerSecondPerClient: Infinity }, 'clock is missing'],
    [{ ...uncapped, zeroPages: 'none' as 'domain' }, "zeroPages is none; must be 'machine' or 'domain'"],
    [
      { ...uncapped, frames: { ...frames, endFrame: 4, bytes: new Uint8Array(4095) } as unknown as BufferFrames },
      'bytes has 4095',
    ],
  ])('%o is refused', (options, message) => {
    expect(() => sharerOf(frames, options)).toThrow(message)
    expect(() => sharerOf(frames, options)).toThrow(RangeError)
  })

  it('of calls is refused, too', () => {
    const { sharer, clients } = world()
    for (const pages of [-1, 0.5, NaN, Infinity]) expect(() => sharer.scan({ pages })).toThrow(`pages is ${pages}`)
    expect(() => clients[0]!.tryShare(-1)).toThrow('ppn is -1')
  })
})

it('metadata is less than half a percent of memory', () => {
  for (const frames of [1000, 4096, 8191, 8192]) {
    const { metadataBytes } = sharerOf(new BufferFrames(frames)).statistics
    expect(metadataBytes).toBeLessThan(0.005 * frames * PAGE_BYTES)
    expect(metadataBytes).toBeGreaterThanOrEqual(16 * frames)
  }
})
