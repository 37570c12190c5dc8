import { describe, expect, it, vi } from 'vitest'
import { Access, CR0, CR4, Outcome, Privilege, TRACED_TAG } from '../../src/index.ts'
import { LINEAR, PAGE, createFixture, createTwoLevel } from './fixture.ts'
import type { Fixture } from './fixture.ts'

const { Read, Write, Fetch } = Access
const { Supervisor, User } = Privilege
const { Direct, Device, Traced, OutOfMemory } = Outcome

describe('flushes', () => {
  function createGlobal(): Fixture {
    const fixture = createTwoLevel(0x2007, 0x9107, { cr4: CR4.PGE })
    fixture.pages.set32(0x2000 + 6 * 4, 0xa007)
    fixture.mmu.access(LINEAR, Read, User)
    fixture.mmu.access(LINEAR + PAGE, Read, User)
    expect(fixture.mmu.tlb.filled).toBe(2)
    return fixture
  }

  it('a CR3 load keeps global pages, also a load of the same value', () => {
    const { mmu, set } = createGlobal()
    set({ cr4: CR4.PGE })
    expect(mmu.tlb.lookup(LINEAR, Read, true)).toBeGreaterThan(0)
    expect(mmu.tlb.lookup(LINEAR + PAGE, Read, true)).toBe(-1)
  })

  it('a change of CR0.TS alone drops nothing', () => {
    const { mmu, set } = createGlobal()
    set({ cr0: CR0.PG + 9, cr4: CR4.PGE })
    expect(mmu.tlb.filled).toBe(2)
  })

  it('a task switch, which changes CR0.TS and CR3 together, keeps global pages', () => {
    const { mmu, set } = createGlobal()
    set({ cr0: CR0.PG + 9, cr3: 0x3000, cr4: CR4.PGE })
    expect(mmu.tlb.lookup(LINEAR, Read, true)).toBeGreaterThan(0)
    expect(mmu.tlb.lookup(LINEAR + PAGE, Read, true)).toBe(-1)
  })

  it('INVLPG drops a global page too', () => {
    const { mmu } = createGlobal()
    mmu.invalidatePage(LINEAR)
    expect(mmu.tlb.lookup(LINEAR, Read, true)).toBe(-1)
    expect(mmu.tlb.filled).toBe(1)
  })

  it('a change of CR4.PGE drops all, and G means nothing without it', () => {
    const { mmu, set } = createGlobal()
    set({})
    expect(mmu.tlb.filled).toBe(0)
    mmu.access(LINEAR, Read, User)
    set({})
    expect(mmu.tlb.filled).toBe(0)
  })

  it("an entry that takes another one's slot leaves no trace of it", () => {
    const { mmu, pages } = createTwoLevel(0x2007, 0x9007)
    pages.set32(0x2000 + 21 * 4, 0xa007)
    mmu.access(LINEAR, Write, User)
    mmu.access(LINEAR + 16 * PAGE, Write, User)
    expect(mmu.tlb.filled).toBe(1)
    mmu.forget(9)
    expect(mmu.tlb.filled).toBe(1)
    mmu.forget(10)
    expect(mmu.tlb.filled).toBe(0)
  })
})

describe('what the host changes', () => {
  it('a trace drops write entries and turns writes to that frame into Traced', () => {
    const { mmu, pages } = createTwoLevel(0x2007, 0x9007)
    const host = pages.frame(9) * PAGE
    mmu.access(LINEAR, Write, User)
    mmu.access(LINEAR, Read, User)
    mmu.trace(host + 77, true)
    expect(mmu.isTraced(host)).toBe(true)
    expect(mmu.tlb.lookup(LINEAR, Write, true)).toBe(-1)
    expect(mmu.tlb.lookup(LINEAR, Read, true)).toBe(host + 0x123)
    expect(mmu.access(LINEAR, Write, User)).toBe(Traced)
    expect([mmu.host, mmu.physical, mmu.tlb.filled]).toEqual([host + 0x123, 0x9123, 2])
    expect(mmu.tlb.lookup(LINEAR, Write, true)).toBe(-1)
    expect(mmu.tlb.lookup(LINEAR, Write, true, TRACED_TAG)).toBe(host + 0x123)
    mmu.trace(host, false)
    expect(mmu.tlb.lookup(LINEAR, Write, true, TRACED_TAG)).toBe(-1)
    expect(mmu.access(LINEAR, Write, User)).toBe(Direct)
    expect(mmu.statistics.traces).toBe(1)
  })

  it.each<[string, (mmu: Fixture['mmu']) => unknown]>([
    ['INVLPG', (mmu) => mmu.invalidatePage(LINEAR)],
    ['a CR3 load', (mmu) => mmu.loadCr3(0x1000)],
    ['a flush', (mmu) => mmu.flush()],
    ['a change of the map', (mmu) => mmu.forget(9)],
    ['a breakpoint', (mmu) => mmu.exclude({ data: [(LINEAR & ~0xfff) >>> 0], code: [], userData: false })],
    ['an alignment check', (mmu) => mmu.exclude({ data: [], code: [], userData: true })],
  ])('%s drops write entries that lead to traced frames', (_, drop) => {
    const { mmu, pages } = createTwoLevel(0x2007, 0x9007)
    mmu.trace(pages.frame(9) * PAGE, true)
    mmu.access(LINEAR, Write, User)
    expect(mmu.tlb.lookup(LINEAR, Write, true, TRACED_TAG)).toBe(mmu.host)
    drop(mmu)
    expect(mmu.tlb.lookup(LINEAR, Write, true, TRACED_TAG)).toBe(-1)
  })

  it('refuses to trace outside memory', () => {
    const { mmu } = createFixture()
    expect(() => mmu.trace(2 ** 31, true)).toThrow('host address is 2147483648')
    expect(() => mmu.isTraced(-1)).toThrow(RangeError)
  })

  it('forget drops every entry of a guest page, whatever its linear address', () => {
    const { mmu, pages } = createTwoLevel(0x2007, 0x9007)
    pages.set32(0x2000 + 7 * 4, 0x9007)
    for (const kind of [Read, Write, Fetch])
      for (const linear of [LINEAR, LINEAR + 2 * PAGE]) mmu.access(linear, kind, User)
    mmu.access(LINEAR, Read, Supervisor)
    expect(mmu.tlb.filled).toBe(7)
    mmu.forget(9)
    expect(mmu.tlb.filled).toBe(0)
  })

  it('write-protected memory reads directly and writes to the bus, and is marked dirty as on hardware', () => {
    const { mmu, pages } = createTwoLevel(0x2007, 0x9007)
    pages.readOnly.add(9)
    expect(mmu.access(LINEAR, Read, User)).toBe(Direct)
    expect(mmu.access(LINEAR, Write, User)).toBe(Device)
    expect(pages.get32(0x2014)).toBe(0x9067)
  })

  it('tables in ROM translate, and keep their bits', () => {
    const { mmu, pages } = createTwoLevel(0x2007, 0x9007)
    pages.readOnly.add(2)
    expect(mmu.access(LINEAR, Write, User)).toBe(Direct)
    expect(pages.get32(0x2014)).toBe(0x9007)
  })

  it('tables in holes read as all ones', () => {
    const { mmu, pages } = createTwoLevel(0x2007, 0x9007)
    pages.holes.add(2)
    expect(mmu.access(LINEAR, Read, User)).toBe(Device)
    expect(mmu.physical).toBe(0xffff_f123)
    pages.holes.add(1)
    expect(mmu.access(LINEAR, Read, User)).toBe(Device)
  })

  it('OutOfMemory when a page or a table gets no frame', () => {
    const { mmu, pages } = createTwoLevel(0x2007, 0x9007)
    pages.full = true
    expect(mmu.access(LINEAR, Read, User)).toBe(OutOfMemory)
    pages.full = false
    expect(mmu.access(LINEAR, Read, User)).toBe(Direct)
    pages.full = true
    expect(mmu.access(LINEAR, Read, User)).toBe(Direct)
    expect(mmu.probe(LINEAR, Write, User)).toBe(OutOfMemory)
    expect(mmu.statistics.outOfMemory).toBe(1)
  })

  it.each([Read, Write, Fetch])('OutOfMemory while contents of a page cannot be had, kind %d', (kind) => {
    const { mmu, pages } = createTwoLevel(0x2007, 0x9007)
    pages.away.add(9)
    expect(mmu.access(LINEAR, kind, User)).toBe(OutOfMemory)
    expect([mmu.physical, mmu.tlb.filled]).toEqual([0x9123, 0])
    pages.away.clear()
    expect(mmu.access(LINEAR, kind, User)).toBe(Direct)
  })

  it.each([1, 2])('OutOfMemory, and no fault, while the table in page %d cannot be had', (table) => {
    const { mmu, pages } = createTwoLevel(0x2007, 0x9007)
    pages.away.add(table)
    expect(mmu.access(LINEAR, Read, User)).toBe(OutOfMemory)
    expect(mmu.probe(LINEAR, Write, User)).toBe(OutOfMemory)
    expect([mmu.physical, mmu.statistics.trueFaults, mmu.statistics.outOfMemory]).toEqual([-1, 0, 1])
    pages.away.clear()
    expect(mmu.access(LINEAR, Read, User)).toBe(Direct)
    // What the tables say is a fault again.
    pages.set32(0x2014, 0)
    mmu.flush()
    expect(mmu.access(LINEAR, Read, User)).toBe(Outcome.Fault)
  })

  it('a load of PDPTEs that cannot be had changes nothing, and is no fault of the guest', () => {
    const { mmu, pages, set } = createFixture()
    pages.set64(0x1000, 0x2001, 0)
    pages.set64(0x2000, 0x3007, 0)
    pages.set64(0x3000 + 5 * 8, 0x9007, 0)
    pages.away.add(1)
    expect([set({ cr4: CR4.PAE }), mmu.outOfMemory]).toEqual([false, true])
    expect(mmu.access(0x9123, Read, User)).toBe(Direct)
    expect(mmu.physical).toBe(0x9123)
    pages.away.clear()
    pages.set64(0x1000, 0x2007, 0)
    expect([set({ cr4: CR4.PAE }), mmu.outOfMemory]).toEqual([false, false])
    pages.set64(0x1000, 0x2001, 0)
    expect(set({ cr4: CR4.PAE })).toBe(true)
    pages.away.add(2)
    expect(mmu.access(LINEAR, Read, User)).toBe(OutOfMemory)
    pages.away.clear()
    expect(mmu.access(LINEAR, Read, User)).toBe(Direct)
  })

  it('tells when a walk writes into a traced frame', () => {
    const onTracedUpdate = vi.fn<(host: number, bytes: number) => void>()
    const { mmu, pages, set } = createFixture({ onTracedUpdate })
    pages.set32(0x1000, 0x2007)
    pages.set32(0x2014, 0x9007)
    set({})
    mmu.trace(pages.frame(2) * PAGE, true)
    mmu.access(LINEAR, Read, User)
    expect(onTracedUpdate.mock.calls).toEqual([[pages.frame(2) * PAGE + 0x14, 4]])
  })
})

describe('exclude', () => {
  const none = { data: [], code: [], userData: false }
  const page = LINEAR - (LINEAR % PAGE)

  it('keeps what it names out of the arrays, from now on and until it is called again', () => {
    for (const [exclusion, kept] of [
      [{ ...none, data: [page] }, [Fetch]],
      [{ ...none, code: [page] }, [Read, Write]],
      [{ ...none, userData: true }, [Fetch]],
      [none, [Read, Write, Fetch]],
    ] as const) {
      const { mmu } = createTwoLevel(0x2007, 0x9007)
      const cached = (): Access[] => [Read, Write, Fetch].filter((kind) => mmu.tlb.lookup(LINEAR, kind, true) >= 0)
      const touch = (): void => {
        for (const kind of [Read, Write, Fetch]) expect(mmu.access(LINEAR, kind, User)).toBe(Direct)
      }
      touch()
      mmu.exclude(exclusion)
      touch()
      expect(cached()).toEqual(kept)
      mmu.exclude(none)
      touch()
      expect(cached()).toEqual([Read, Write, Fetch])
    }
  })

  it('leaves the supervisor its entries where user data must not be cached', () => {
    const { mmu } = createTwoLevel(0x2007, 0x9007)
    mmu.exclude({ ...none, userData: true })
    mmu.access(LINEAR, Write, Supervisor)
    expect(mmu.tlb.lookup(LINEAR, Write, false)).toBeGreaterThan(0)
  })
})
