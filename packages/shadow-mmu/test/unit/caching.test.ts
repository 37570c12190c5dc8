import { describe, expect, it } from 'vitest'
import { Access, CR0, CR4, EFER, Outcome, Privilege } from '../../src/index.ts'
import { LINEAR, PAGE, createFixture } from './fixture.ts'
import type { Fixture } from './fixture.ts'

const { Read, Write } = Access
const { User } = Privilege

/** Directories in pages 1 and 3 with tables in 2 and 4; linear page 5 is physical page 9 or 10, and linear 6 is table 2. */
function create(contexts = 8): Fixture {
  const fixture = createFixture({ policy: 'caching', contexts })
  const { pages } = fixture
  for (const [directory, table, page] of [
    [1, 2, 9],
    [3, 4, 10],
  ] as const) {
    pages.set32(directory * PAGE, (table * PAGE) | 7)
    pages.set32(table * PAGE + 5 * 4, (page * PAGE) | 7)
    pages.set32(table * PAGE + 6 * 4, 0x2007)
  }
  fixture.set({})
  return fixture
}

/** Loads the first root, touches the page, goes to the second root and back: the tables are settled then, and the page is recalled. */
function settle({ mmu }: Fixture): void {
  mmu.loadCr3(PAGE)
  mmu.access(LINEAR, Read, User)
  mmu.loadCr3(3 * PAGE)
  mmu.loadCr3(PAGE)
  expect(mmu.tlb.lookup(LINEAR, Read, true)).toBeGreaterThan(0)
}

const tableWindow = 6 * PAGE

describe('the caching policy', () => {
  it('recalls what was translated under a root, and never shows one root the pages of another', () => {
    const fixture = create()
    const { mmu, pages } = fixture
    settle(fixture)
    expect(mmu.tlb.lookup(LINEAR, Read, true) >>> 12).toBe(pages.frame(9))
    expect(mmu.statistics).toMatchObject({ recalls: 1, hiddenFaults: 1 })
    mmu.loadCr3(3 * PAGE)
    expect(mmu.tlb.lookup(LINEAR, Read, true)).toBe(-1)
    mmu.access(LINEAR, Read, User)
    expect(mmu.host >>> 12).toBe(pages.frame(10))
  })

  it('sees one write to a settled table, and lets the others pass until the next load', () => {
    const fixture = create()
    const { mmu, pages } = fixture
    settle(fixture)
    const at = tableWindow + 5 * 4
    expect(mmu.tlb.lookup(at, Write, true)).toBe(-1)
    expect(mmu.access(at, Write, User)).toBe(Outcome.Direct)
    expect(mmu.tlb.lookup(at, Write, true)).toBe(mmu.host)
    expect(mmu.statistics.tableTraces).toBe(1)
    pages.set32(0x2000 + 5 * 4, 0xb007)
    // As in a processor's TLB, until it is told.
    expect(mmu.tlb.lookup(LINEAR, Read, true) >>> 12).toBe(pages.frame(9))
    mmu.loadCr3(PAGE)
    expect(mmu.tlb.lookup(LINEAR, Read, true)).toBe(-1)
    mmu.access(LINEAR, Read, User)
    expect(mmu.host >>> 12).toBe(pages.frame(11))
  })

  it('recalls an entry that was written and says the same, but for accessed and dirty bits', () => {
    const fixture = create()
    settle(fixture)
    fixture.mmu.access(LINEAR, Write, User)
    fixture.mmu.access(tableWindow, Write, User)
    fixture.mmu.loadCr3(PAGE)
    expect(fixture.mmu.tlb.lookup(LINEAR, Read, true)).toBeGreaterThan(0)
    expect(fixture.mmu.tlb.lookup(LINEAR, Write, true)).toBeGreaterThan(0)
    fixture.mmu.access(tableWindow, Write, User)
    fixture.pages.set32(0x2000 + 5 * 4, 0x9027)
    fixture.mmu.loadCr3(PAGE)
    expect(fixture.mmu.tlb.lookup(LINEAR, Read, true)).toBeGreaterThan(0)
    expect(fixture.mmu.tlb.lookup(LINEAR, Write, true)).toBe(-1)
  })

  it('drops all that went through an upper entry that changed, also when another root walked it in between', () => {
    const { mmu, pages, set } = createFixture({ policy: 'caching' })
    // Two PML4s in pages 1 and 3 share the PDPT in page 5, whose entry names one of two directories. Their tables map linear page 5 to 9 or 10.
    for (const [at, entry] of [
      [0x1000, 0x5007],
      [0x3000, 0x5007],
      [0x5000, 0x6007],
      [0x6000, 0x2007],
      [0x7000, 0x4007],
      [0x2000 + 5 * 8, 0x9007],
      [0x4000 + 5 * 8, 0xa007],
    ] as const)
      pages.set64(at, entry, 0)
    set({ cr4: CR4.PAE, efer: EFER.LME })
    mmu.access(LINEAR, Read, User)
    const name = (directory: number): void => {
      mmu.written(pages.frame(5) * PAGE)
      pages.set64(0x5000, directory | 7, 0)
    }
    mmu.loadCr3(3 * PAGE)
    name(0x7000)
    mmu.access(LINEAR, Read, User)
    expect(mmu.host >>> 12).toBe(pages.frame(10))
    mmu.loadCr3(PAGE)
    expect(mmu.tlb.filled).toBe(0)
    name(0x6000)
    mmu.loadCr3(3 * PAGE)
    expect(mmu.tlb.filled).toBe(0)
  })

  it('forgets what came from a table whose frame changed, or that a device wrote', () => {
    for (const tell of ['forget', 'written'] as const) {
      const fixture = create()
      const { mmu, pages } = fixture
      settle(fixture)
      pages.set32(0x2000 + 5 * 4, 0xb007)
      if (tell === 'forget') mmu.forget(2)
      else mmu.written(pages.frame(2) * PAGE + 0x14)
      mmu.loadCr3(PAGE)
      expect(mmu.tlb.lookup(LINEAR, Read, true)).toBe(-1)
    }
  })

  it('looks at all of an entry: the upper half, and accessed bits of upper levels', () => {
    for (const [at, low, high] of [
      [0x4000 + 5 * 8, 0x9027, 0x8000_0000],
      [0x3000, 0x4007, 0],
    ] as const) {
      const { mmu, pages, set } = createFixture({ policy: 'caching' })
      for (const [table, entry] of [
        [0x1000, 0x2007],
        [0x2000, 0x3007],
        [0x3000, 0x4007],
        [0x4000 + 5 * 8, 0x9007],
      ] as const)
        pages.set64(table, entry, 0)
      set({ cr4: CR4.PAE, efer: EFER.NXE | EFER.LME })
      mmu.access(LINEAR, Read, User)
      mmu.loadCr3(PAGE)
      expect(mmu.tlb.filled).toBe(1)
      mmu.written(pages.frame(at >>> 12) * PAGE)
      pages.set64(at, low, high)
      mmu.loadCr3(PAGE)
      expect(mmu.tlb.filled).toBe(0)
    }
  })

  it('keeps nothing that came from a frame which another guest page shares', () => {
    const fixture = create()
    const { mmu, pages } = fixture
    const own = pages.frame.bind(pages)
    let shared = 2
    // Page 4 has the frame of page 2, and so the second root maps what the first does, until page 4 gets its own.
    pages.frame = (ppn) => own(ppn === 4 ? shared : ppn)
    settle(fixture)
    mmu.loadCr3(3 * PAGE)
    mmu.access(LINEAR, Read, User)
    expect(mmu.host >>> 12).toBe(own(9))
    mmu.loadCr3(PAGE)
    shared = 4
    mmu.forget(4)
    mmu.loadCr3(3 * PAGE)
    mmu.access(LINEAR, Read, User)
    expect(mmu.host >>> 12).toBe(own(10))
  })

  it('drops pages that are sampled or have another frame from contexts that are put aside', () => {
    for (const drop of ['sample', 'forget'] as const) {
      const fixture = create()
      const { mmu } = fixture
      const touched: number[] = []
      mmu.onTouched = (ppn) => touched.push(ppn)
      settle(fixture)
      mmu.loadCr3(3 * PAGE)
      mmu[drop](9)
      mmu.loadCr3(PAGE)
      expect(mmu.tlb.lookup(LINEAR, Read, true)).toBe(-1)
      mmu.access(LINEAR, Read, User)
      mmu.loadCr3(3 * PAGE)
      mmu.loadCr3(PAGE)
      expect(mmu.tlb.lookup(LINEAR, Read, true)).toBe(mmu.host)
      expect(touched).toEqual(drop === 'sample' ? [9] : [])
    }
  })

  it('recalls nothing that was excluded meanwhile', () => {
    const none = { data: [], code: [], userData: false }
    for (const exclusion of [
      { ...none, data: [LINEAR & -PAGE] },
      { ...none, userData: true },
    ]) {
      const fixture = create()
      const { mmu } = fixture
      settle(fixture)
      mmu.loadCr3(3 * PAGE)
      mmu.exclude(exclusion)
      mmu.loadCr3(PAGE)
      expect(mmu.tlb.filled).toBe(0)
      mmu.access(LINEAR, Read, User)
      expect(mmu.tlb.filled).toBe(0)
    }
  })

  it('traces code and tables in one frame independently', () => {
    const fixture = create()
    const { mmu, pages } = fixture
    const frame = pages.frame(2) * PAGE
    settle(fixture)
    mmu.trace(frame, true)
    expect(mmu.access(tableWindow, Write, User)).toBe(Outcome.Traced)
    mmu.loadCr3(PAGE)
    mmu.trace(frame, false)
    expect(mmu.isTraced(frame)).toBe(false)
    expect(mmu.access(tableWindow, Write, User)).toBe(Outcome.Direct)
    expect(mmu.statistics).toMatchObject({ traces: 1, tableTraces: 2 })
  })

  it('lets a frame alone that is a table no longer', () => {
    const fixture = create()
    const { mmu } = fixture
    settle(fixture)
    for (let round = 0; round < 12; round++) {
      mmu.access(tableWindow, Write, User)
      mmu.loadCr3(3 * PAGE)
      mmu.access(tableWindow, Write, User)
      mmu.loadCr3(PAGE)
    }
    const { tableTraces } = mmu.statistics
    for (let round = 0; round < 12; round++) mmu.loadCr3(round & 1 ? PAGE : 3 * PAGE)
    expect(mmu.statistics.tableTraces).toBe(tableTraces)
  })

  it('begins anew with the context unused for longest when there are more roots', () => {
    const { mmu, pages } = create(2)
    pages.set32(0x8000, 0x2007)
    for (const root of [1, 3, 1, 8]) {
      mmu.loadCr3(root * PAGE)
      mmu.access(LINEAR, Read, User)
    }
    mmu.loadCr3(PAGE)
    expect(mmu.tlb.filled).toBe(1)
    mmu.loadCr3(3 * PAGE)
    expect(mmu.tlb.filled).toBe(0)
  })

  it('keeps global pages in the arrays, and drops all contexts where the manual drops them', () => {
    const { mmu, pages, set } = create()
    set({ cr4: CR4.PGE })
    pages.set32(0x2000 + 8 * 4, 0xc107)
    mmu.access(LINEAR, Read, User)
    mmu.access(8 * PAGE, Read, User)
    mmu.loadCr3(3 * PAGE)
    expect(mmu.tlb.filled).toBe(1)
    set({ cr0: CR0.PG | CR0.WP | 1, cr4: CR4.PGE, cr3: 3 * PAGE })
    mmu.loadCr3(PAGE)
    expect(mmu.tlb.filled).toBe(0)
  })

  it('leaves a slot to the global entry that took it meanwhile', () => {
    const { mmu, pages, set } = create()
    set({ cr4: CR4.PGE })
    mmu.access(LINEAR, Read, User)
    mmu.loadCr3(3 * PAGE)
    const rival = LINEAR + 16 * PAGE
    pages.set32(0x4000 + 21 * 4, 0xc107)
    mmu.access(rival, Read, User)
    mmu.loadCr3(PAGE)
    expect(mmu.tlb.filled).toBe(1)
    expect(mmu.tlb.lookup(rival, Read, true)).toBeGreaterThan(0)
  })

  it('refuses another number of contexts than it has bits for', () => {
    expect(() => create(0)).toThrow('contexts is 0')
    expect(() => create(31)).toThrow(RangeError)
  })
})
