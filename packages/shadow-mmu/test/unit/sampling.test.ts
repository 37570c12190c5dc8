import { describe, expect, it } from 'vitest'
import { Access, CR0, CR4, Outcome, Privilege } from '../../src/index.ts'
import { LINEAR, PAGE, createFixture } from './fixture.ts'
import type { Fixture } from './fixture.ts'

const { Read, Write, Fetch } = Access
const { User, Supervisor, ImplicitSupervisor } = Privilege

/** Linear page 5 and 21, which share a slot, are physical page 9; 6 is page 10. Directory in page 1, table in page 2. */
function create(): Fixture & { readonly touched: number[] } {
  const touched: number[] = []
  const fixture = createFixture()
  fixture.mmu.onTouched = (ppn) => touched.push(ppn)
  fixture.pages.set32(0x1000, 0x2007)
  fixture.pages.set32(0x2000 + 5 * 4, 0x9007)
  fixture.pages.set32(0x2000 + 6 * 4, 0xa007)
  fixture.pages.set32(0x2000 + 21 * 4, 0x9007)
  fixture.set({})
  return { ...fixture, touched }
}

describe('sample', () => {
  it.each([
    ['read', Read, User],
    ['write', Write, User],
    ['fetch', Fetch, User],
    ['read by the supervisor', Read, Supervisor],
    ["read of the processor's own", Read, ImplicitSupervisor],
  ] as const)('tells of the next %s once, though the page was cached', (_, kind, privilege) => {
    const { mmu, touched } = create()
    for (const who of [User, Supervisor]) for (const how of [Read, Write, Fetch]) mmu.access(LINEAR, how, who)
    mmu.sample(9)
    expect(mmu.tlb.filled).toBe(0)
    mmu.access(LINEAR + PAGE, kind, privilege)
    expect(touched).toEqual([])
    mmu.access(LINEAR, kind, privilege)
    expect(touched).toEqual([9])
    mmu.access(LINEAR + 16 * PAGE, kind, privilege)
    mmu.access(LINEAR, Read, User)
    expect(touched).toEqual([9])
    expect(mmu.statistics.touches).toBe(1)
  })

  it('lets other pages alone', () => {
    const { mmu } = create()
    mmu.access(LINEAR, Read, User)
    mmu.access(LINEAR + PAGE, Read, User)
    mmu.sample(9)
    expect(mmu.tlb.filled).toBe(1)
    expect(mmu.tlb.lookup(LINEAR + PAGE, Read, true)).toBeGreaterThan(0)
  })

  it('does not count page walks, their accessed bits, faults and probes', () => {
    const { mmu, touched, pages } = create()
    pages.set32(0x2000 + 7 * 4, 0x9005)
    for (const ppn of [1, 2, 9]) mmu.sample(ppn)
    mmu.access(LINEAR + PAGE, Write, User)
    expect(mmu.access(LINEAR + 2 * PAGE, Write, User)).toBe(Outcome.Fault)
    mmu.probe(LINEAR, Read, User)
    expect(touched).toEqual([])
  })

  it('takes one page out of a large one', () => {
    const { mmu, touched, pages, set } = create()
    pages.set32(0x1004, 0x87)
    set({ cr0: CR0.PG, cr4: CR4.PSE })
    for (let page = 0; page < 4; page++) mmu.access((1 << 22) + page * PAGE, Read, User)
    mmu.sample(2)
    expect(mmu.tlb.filled).toBe(3)
    mmu.access((1 << 22) + 3 * PAGE, Read, User)
    mmu.access((1 << 22) + 2 * PAGE, Read, User)
    expect(touched).toEqual([2])
  })

  it('asks again after a touch, and nobody after the end', () => {
    const { mmu, touched } = create()
    mmu.sample(9)
    mmu.access(LINEAR, Read, User)
    mmu.sample(9)
    mmu.access(LINEAR, Read, User)
    mmu.sample(9)
    mmu.endSampling()
    mmu.access(LINEAR, Read, User)
    expect(touched).toEqual([9, 9])
  })

  it('works without paging, too', () => {
    const { mmu, touched, set } = create()
    set({ cr0: 0 })
    mmu.access(0x9000, Read, Supervisor)
    mmu.sample(9)
    mmu.access(0x9123, Write, Supervisor)
    expect(touched).toEqual([9])
  })
})
