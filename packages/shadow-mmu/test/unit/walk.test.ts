import { describe, expect, it } from 'vitest'
import { Access, CR0, CR4, EFER, Outcome, Privilege } from '../../src/index.ts'
import { LINEAR, PAGE, createFixture, createTwoLevel } from './fixture.ts'
import type { Fixture } from './fixture.ts'

const { Read, Write, Fetch } = Access
const { Supervisor, User, ImplicitSupervisor } = Privilege
const { Direct, Device, Fault } = Outcome

describe('without paging', () => {
  it('is the identity', () => {
    const { mmu, pages } = createFixture()
    expect(mmu.access(0x3abc, Write, Supervisor)).toBe(Direct)
    expect([mmu.host, mmu.physical]).toEqual([pages.frame(3) * PAGE + 0xabc, 0x3abc])
    expect(mmu.tlb.lookup(0x3000, Write, false)).toBe(pages.frame(3) * PAGE)
    expect(mmu.tlb.lookup(0x3000, Read, false)).toBe(-1)
  })

  it('finds devices where no memory is, and takes signed addresses for what they mean', () => {
    const { mmu } = createFixture()
    expect(mmu.access(0xfee00010 | 0, Read, Supervisor)).toBe(Device)
    expect(mmu.physical).toBe(0xfee00010)
    expect(mmu.tlb.filled).toBe(0)
    expect(mmu.statistics).toMatchObject({ accesses: 1, deviceAccesses: 1, refills: 0, hiddenFaults: 0 })
  })

  it('wraps at 1 MiB while A20 is cut', () => {
    const { mmu, set } = createFixture({}, 300)
    set({ cr0: 0, a20: false })
    mmu.access(0x103004, Read, Supervisor)
    expect(mmu.physical).toBe(0x3004)
    set({ cr0: 0 })
    expect(mmu.tlb.filled).toBe(0)
    mmu.access(0x103004, Read, Supervisor)
    expect(mmu.physical).toBe(0x103004)
  })
})

describe('32-bit paging', () => {
  it('translates and sets accessed bits on the way', () => {
    const { mmu, pages } = createTwoLevel(0x2007, 0x9007)
    expect(mmu.access(LINEAR, Read, User)).toBe(Direct)
    expect(mmu.host).toBe(pages.frame(9) * PAGE + 0x123)
    expect([pages.get32(0x1000), pages.get32(0x2014)]).toEqual([0x2027, 0x9027])
  })

  it('sets dirty on write only, and a read entry does not permit writing', () => {
    const { mmu, pages } = createTwoLevel(0x2007, 0x9007)
    mmu.access(LINEAR, Read, User)
    expect(mmu.tlb.lookup(LINEAR, Write, true)).toBe(-1)
    mmu.access(LINEAR, Write, User)
    expect(pages.get32(0x2014)).toBe(0x9067)
    expect(pages.get32(0x1000)).toBe(0x2027)
    expect(mmu.tlb.lookup(LINEAR, Write, true)).toBe(mmu.host)
    expect(mmu.statistics).toMatchObject({ hiddenFaults: 2, refills: 2, entryUpdates: 3 })
  })

  it.each([
    ['no directory entry', 0, 0x9007, Read, User, 4],
    ['no table entry', 0x2007, 0, Write, User, 6],
    ['not present comes before forbidden', 0x2001, 0, Write, User, 6],
    ['read-only', 0x2007, 0x9005, Write, User, 7],
    ['read-only by directory', 0x2005, 0x9007, Write, User, 7],
    ['supervisor page', 0x2007, 0x9003, Read, User, 5],
    ['supervisor page by directory', 0x2003, 0x9007, Fetch, User, 5],
    ['absent for the supervisor', 0, 0, Fetch, Supervisor, 0],
  ])('faults: %s', (_, pde, pte, kind, privilege, code) => {
    const { mmu, pages } = createTwoLevel(pde, pte, { cr0: CR0.PG + CR0.WP })
    expect(mmu.access(LINEAR, kind, privilege)).toBe(Fault)
    expect(mmu.errorCode).toBe(code)
    expect([pages.get32(0x1000), pages.get32(0x2014)]).toEqual([pde, pte])
    expect(mmu.statistics.trueFaults).toBe(1)
  })

  it('lets the supervisor write read-only pages unless CR0.WP', () => {
    const { mmu, set } = createTwoLevel(0x2005, 0x9005)
    expect(mmu.access(LINEAR, Write, Supervisor)).toBe(Direct)
    set({ cr0: CR0.PG + CR0.WP })
    expect(mmu.tlb.lookup(LINEAR, Write, false)).toBe(-1)
    expect(mmu.access(LINEAR, Write, Supervisor)).toBe(Fault)
    expect(mmu.errorCode).toBe(3)
  })

  it('SMEP forbids fetching user pages, and fault codes then tell fetches', () => {
    const { mmu } = createTwoLevel(0x2007, 0x9007, { cr4: CR4.SMEP })
    expect(mmu.access(LINEAR, Fetch, Supervisor)).toBe(Fault)
    expect(mmu.errorCode).toBe(0x11)
    expect(mmu.access(LINEAR, Fetch, User)).toBe(Direct)
  })

  it('SMAP forbids user data but under AC, and never softens for implicit accesses', () => {
    const { mmu } = createTwoLevel(0x2007, 0x9007, { cr4: CR4.SMAP })
    expect(mmu.access(LINEAR, Read, Supervisor)).toBe(Fault)
    expect(mmu.errorCode).toBe(1)
    mmu.setUserDataAllowed(true)
    expect(mmu.access(LINEAR, Read, ImplicitSupervisor)).toBe(Fault)
    expect(mmu.access(LINEAR, Write, Supervisor)).toBe(Direct)
    mmu.access(LINEAR, Read, User)
    mmu.setUserDataAllowed(false)
    expect(mmu.tlb.lookup(LINEAR, Write, false)).toBe(-1)
    expect(mmu.tlb.lookup(LINEAR, Read, true)).toBeGreaterThan(0)
  })

  it('maps 4 MiB pages with PSE, and INVLPG drops all of such a page', () => {
    const { mmu, pages, set } = createTwoLevel(0x87, 0, { cr4: CR4.PSE })
    mmu.access(0x3004, Read, User)
    expect(mmu.host).toBe(pages.frame(3) * PAGE + 4)
    mmu.access(0x4004, Write, User)
    expect(pages.get32(0x1000)).toBe(0xe7)
    mmu.invalidatePage(0x3ff000)
    expect(mmu.tlb.filled).toBe(0)
    set({ cr4: 0 })
    // Now the same entry names a table, at page 0.
    expect(mmu.access(0x3004, Read, User)).toBe(Fault)
  })

  it.each([
    [{ pse36: false }, 0x2000],
    [{ pse36: true, physicalAddressBits: 36 }, 0x20000],
    [{ pse36: true, physicalAddressBits: 40 }, 0x200000],
  ])('with %o the lowest reserved bit of a 4 MiB entry is %d', (features, bit) => {
    const { mmu, pages, set } = createFixture({ features })
    set({ cr4: CR4.PSE })
    pages.set32(0x1000, 0x83 | bit)
    expect(mmu.access(0x3000, Write, Supervisor)).toBe(Fault)
    expect(mmu.errorCode).toBe(0xb)
    pages.set32(0x1000, 0x83 | (bit >>> 1))
    expect(mmu.access(0x3000, Write, Supervisor)).not.toBe(Fault)
  })

  it('reaches physical addresses above 4 GiB by PSE-36', () => {
    const { mmu } = createTwoLevel(0xc0_0083 | (0xf << 13), 0, { cr4: CR4.PSE })
    expect(mmu.access(0x3004, Read, Supervisor)).toBe(Device)
    expect(mmu.physical).toBe(0xf_00c0_3004)
  })
})

describe('PAE paging', () => {
  /** PDPT at 0x1020, directory at 0x2000, table at 0x3000. */
  function createPae(registers = {}): Fixture {
    const fixture = createFixture()
    fixture.pages.set64(0x1020, 0x2001, 0)
    fixture.pages.set64(0x2000, 0x3007, 0)
    fixture.pages.set64(0x3000 + 5 * 8, 0x9007, 0)
    expect(fixture.set({ cr3: 0x1020, cr4: CR4.PAE, efer: EFER.NXE, ...registers })).toBe(true)
    return fixture
  }

  it('translates, with no accessed bit in the PDPTE', () => {
    const { mmu, pages } = createPae()
    expect(mmu.access(LINEAR, Write, User)).toBe(Direct)
    expect(mmu.physical).toBe(0x9123)
    expect([pages.get32(0x1020), pages.get32(0x2000), pages.get32(0x3028)]).toEqual([0x2001, 0x3027, 0x9067])
  })

  it('obeys NX in any level, and tells fetches in fault codes', () => {
    const { mmu, pages } = createPae()
    pages.set64(0x2000, 0x3007, 0x8000_0000)
    expect(mmu.access(LINEAR, Read, User)).toBe(Direct)
    expect(mmu.access(LINEAR, Fetch, User)).toBe(Fault)
    expect(mmu.errorCode).toBe(0x15)
  })

  it('holds NX for a reserved bit without EFER.NXE', () => {
    const { mmu, pages } = createPae({ efer: 0 })
    pages.set64(0x3028, 0x9007, 0x8000_0000)
    expect(mmu.access(LINEAR, Read, User)).toBe(Fault)
    expect(mmu.errorCode).toBe(0xd)
    pages.set64(0x3028, 0x9007, 0)
    mmu.access(LINEAR + 0x40000000, Fetch, User)
    expect(mmu.errorCode).toBe(4)
  })

  it('checks address bits from MAXPHYADDR on', () => {
    const { mmu, pages } = createPae()
    pages.set64(0x3028, 0x9007, 1 << 3)
    expect(mmu.access(LINEAR, Read, User)).toBe(Device)
    expect(mmu.physical).toBe(0x8_0000_9123)
    pages.set64(0x3028, 0x9007, 1 << 4)
    expect(mmu.access(LINEAR, Read, User)).toBe(Fault)
    expect(mmu.errorCode).toBe(0xd)
  })

  it('keeps PDPTEs until CR3 is loaded', () => {
    const { mmu, pages, set } = createPae()
    pages.set64(0x1020, 0, 0)
    mmu.flush()
    expect(mmu.access(LINEAR, Read, User)).toBe(Direct)
    set({ cr3: 0x1020, cr4: CR4.PAE, efer: EFER.NXE })
    expect(mmu.access(LINEAR, Read, User)).toBe(Fault)
  })

  it('refuses a CR3 whose PDPTEs have reserved bits, changing nothing', () => {
    const { mmu, pages } = createPae()
    pages.set64(0x1048, 0x2003, 0)
    expect(mmu.loadCr3(0x1040)).toBe(false)
    pages.set64(0x1048, 0x2002, 0)
    expect(mmu.loadCr3(0x1040)).toBe(true)
    pages.set64(0x1048, 0x2001, 0x10)
    expect(mmu.loadCr3(0x1040)).toBe(false)
    expect(mmu.loadCr3(0xffff_f000)).toBe(false)
    expect(mmu.access(LINEAR, Read, User)).toBe(Fault)
  })

  it('maps 2 MiB pages whatever CR4.PSE says', () => {
    const { mmu, pages } = createPae()
    pages.set64(0x2000, 0x1087, 0)
    expect(mmu.access(0x5123, Write, User)).toBe(Direct)
    expect(mmu.physical).toBe(0x5123)
    pages.set64(0x2000, 0x2087, 0)
    mmu.invalidatePage(0x1ff000)
    expect(mmu.access(0x5123, Write, User)).toBe(Fault)
    expect(mmu.errorCode).toBe(0xf)
  })
})

describe('4-level paging', () => {
  function createLong(features = {}): Fixture {
    const fixture = createFixture({ features })
    fixture.pages.set64(0x1000 + 0x1ff * 8, 0x2007, 0)
    fixture.pages.set64(0x2000 + 0x1fe * 8, 0x3007, 0)
    fixture.pages.set64(0x3000 + 0x101 * 8, 0x4007, 0)
    fixture.pages.set64(0x4000 + 5 * 8, 0x9007, 0)
    fixture.set({ cr4: CR4.PAE, efer: EFER.LME | EFER.NXE })
    return fixture
  }
  const LOW = 0x8000_0000 + 0x101 * 0x20_0000 + LINEAR
  const HIGH = 0xffff_ffff

  it('translates the upper half, without caching it under a 32-bit tag', () => {
    const { mmu, pages } = createLong()
    expect(mmu.access(LOW, Write, User, HIGH)).toBe(Direct)
    expect(mmu.physical).toBe(0x9123)
    expect(mmu.tlb.filled).toBe(0)
    expect(pages.get32(0x4028)).toBe(0x9067)
    expect(mmu.access(LOW, Write, User)).toBe(Fault)
  })

  it('takes 1 GiB pages where CPUID has them', () => {
    for (const gigabytePages of [false, true]) {
      const { mmu, pages } = createLong({ gigabytePages })
      pages.set64(0x2000 + 0x1fe * 8, 0x87, 0)
      expect(mmu.access(0x8000_5123, Read, User, HIGH)).toBe(gigabytePages ? Direct : Fault)
      expect(gigabytePages ? mmu.physical : mmu.errorCode).toBe(gigabytePages ? 0x5123 : 0xd)
    }
  })

  it('caches the lower 4 GiB, and INVLPG drops all of a 1 GiB page', () => {
    const { mmu, pages } = createLong({ gigabytePages: true })
    pages.set64(0x1000, 0x2007, 0)
    pages.set64(0x2000, 0x87, 0)
    mmu.access(0x5000, Read, User)
    expect(mmu.tlb.filled).toBe(1)
    mmu.invalidatePage(0x3ff0_0000)
    expect(mmu.tlb.filled).toBe(0)
  })
})

describe('probe', () => {
  it('answers as access does and leaves nothing behind', () => {
    const { mmu, pages } = createTwoLevel(0x2007, 0x9005)
    expect(mmu.probe(LINEAR, Read, User)).toBe(Direct)
    expect(mmu.host).toBe(pages.frame(9) * PAGE + 0x123)
    expect(mmu.probe(LINEAR, Write, User)).toBe(Fault)
    expect(mmu.errorCode).toBe(7)
    expect([pages.get32(0x1000), pages.get32(0x2014), mmu.tlb.filled]).toEqual([0x2007, 0x9005, 0])
    expect(mmu.statistics.accesses).toBe(0)
  })
})

describe('circular tables', () => {
  it('a directory that is its own table and page translates to itself', () => {
    const { mmu, pages, set } = createFixture()
    pages.set32(0x1000, 0x1007)
    set({})
    expect(mmu.access(0x123, Write, User)).toBe(Direct)
    expect([mmu.physical, pages.get32(0x1000)]).toEqual([0x1123, 0x1067])
  })
})
