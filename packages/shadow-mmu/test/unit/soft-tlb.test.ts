import { describe, expect, it } from 'vitest'
import { Access, CR0, INVALID_TAG, Outcome, Privilege, ShadowMmu, packedLayout, tlbBytes } from '../../src/index.ts'
import type { PhysicalPages, TlbLayout } from '../../src/index.ts'
import { ENTRIES, LINEAR, PAGE, createFixture, createTwoLevel } from './fixture.ts'

const noPages: PhysicalPages = { readAddress: () => -1, writeAddress: () => -1 }

function createWith(layout: TlbLayout, base = 0): ShadowMmu {
  return new ShadowMmu({ memory: { buffer: new ArrayBuffer(65536) }, base, layout, pages: noPages })
}

describe('the arrays in memory', () => {
  it('start empty', () => {
    const { pages } = createFixture()
    const words = new Uint32Array(pages.bytes.buffer, 64, tlbBytes(ENTRIES) / 4)
    expect(words.filter((_, i) => i % 2 === 0).every((tag) => tag === INVALID_TAG)).toBe(true)
  })

  it.each([
    [Access.Read, Privilege.User, 0],
    [Access.Read, Privilege.Supervisor, 1],
    [Access.Write, Privilege.User, 2],
    [Access.Write, Privilege.Supervisor, 3],
    [Access.Fetch, Privilege.User, 4],
    [Access.Fetch, Privilege.Supervisor, 5],
    [Access.Fetch, Privilege.ImplicitSupervisor, 5],
  ])('hold tag and addend: kind %d, privilege %d in array %d of the packed layout', (kind, privilege, array) => {
    const { mmu, pages } = createTwoLevel(0x2007, 0x9007)
    mmu.access(LINEAR, kind, privilege)
    const words = new Uint32Array(pages.bytes.buffer, 64 + array * ENTRIES * 8, ENTRIES * 2)
    const [tag, addend] = words.subarray(5 * 2)
    expect(tag).toBe(LINEAR - (LINEAR % PAGE))
    expect((LINEAR + addend!) % 2 ** 32).toBe(pages.frame(9) * PAGE + (LINEAR % PAGE))
    expect(mmu.tlb.filled).toBe(1)
  })

  it('lead from any linear address to any frame of 4 GiB', () => {
    const memory = new WebAssembly.Memory({ initial: 65536, maximum: 65536 })
    const top = 2 ** 32 - PAGE
    const pages: PhysicalPages = { readAddress: (ppn) => ppn * PAGE, writeAddress: (ppn) => top - ppn * PAGE }
    const base = 2 ** 31 + 64
    const mmu = new ShadowMmu({ memory, base, layout: packedLayout(ENTRIES), pages })
    for (const linear of [0, 0x7fff_f123, 0x8000_0456, 0xffff_ffff]) {
      expect(mmu.access(linear, Access.Write, Privilege.Supervisor)).toBe(Outcome.Direct)
      const host = top - (linear - (linear % PAGE)) + (linear % PAGE)
      expect(mmu.host).toBe(host)
      expect(mmu.tlb.lookup(linear, Access.Write, false)).toBe(host)
      mmu.trace(host, true)
      expect(mmu.tlb.lookup(linear, Access.Write, false)).toBe(-1)
      expect(mmu.isTraced(host)).toBe(true)
    }
  })
})

describe('layouts', () => {
  const good = packedLayout(16)
  it.each<[string, TlbLayout, number]>([
    ['entries is 12', { ...good, entries: 12 }, 0],
    ['entries is 131072', { ...good, entries: 131072 }, 0],
    ['base is 4', good, 4],
    ['base is -8', good, -8],
    ['offsets.writeUser is 4', { ...good, offsets: { ...good.offsets, writeUser: 4 } }, 0],
    ['offsets.readSupervisor is 64', { ...good, offsets: { ...good.offsets, readSupervisor: 64 } }, 0],
    ['offsets.fetchSupervisor is 640', good, 65536 - 640],
  ])('refuses: %s', (message, layout, base) => {
    expect(() => createWith(layout, base)).toThrow(message)
  })

  it('takes arrays in any order, up to the end of memory', () => {
    const { offsets } = good
    const swapped = {
      ...good,
      offsets: { ...offsets, readUser: offsets.fetchSupervisor, fetchSupervisor: offsets.readUser },
    }
    expect(createWith(swapped, 65536 - tlbBytes(16)).tlb.filled).toBe(0)
  })

  it('refuses physical addresses that page numbers cannot hold', () => {
    expect(() => createFixture({ features: { physicalAddressBits: 52 } })).toThrow('physicalAddressBits is 52')
    expect(() => createFixture({ features: { physicalAddressBits: 31 } })).toThrow(RangeError)
  })
})

/** Pages that read from one shared frame until they are written, as a demand-populated map has them. */
class LazyPages implements PhysicalPages {
  readonly memory: { readonly buffer: ArrayBuffer } = { buffer: new ArrayBuffer(65536) }
  readonly #frames = new Map<number, number>()
  readonly #shared: number
  #next: number
  changed: (ppn: number) => void = () => {}

  constructor(firstFrame: number) {
    this.#shared = firstFrame
    this.#next = firstFrame + 1
  }

  readAddress(ppn: number): number {
    return (this.#frames.get(ppn) ?? this.#shared) * PAGE
  }

  writeAddress(ppn: number): number {
    if (!this.#frames.has(ppn)) {
      new Uint8Array(this.memory.buffer).copyWithin(this.#next * PAGE, this.#shared * PAGE, (this.#shared + 1) * PAGE)
      this.#frames.set(ppn, this.#next++)
      this.changed(ppn)
    }
    return this.readAddress(ppn)
  }
}

describe('pages that get their frame in the middle of an access', () => {
  it('leave no entry to the frame that they had', () => {
    const pages = new LazyPages(4)
    const mmu = new ShadowMmu({ memory: pages.memory, base: 0, layout: packedLayout(ENTRIES), pages })
    pages.changed = (ppn) => mmu.forget(ppn)
    mmu.access(0x3000, Access.Read, Privilege.User)
    mmu.access(0x5000, Access.Read, Privilege.User)
    const shared = mmu.host
    mmu.access(0x5000, Access.Write, Privilege.User)
    expect(mmu.host).not.toBe(shared)
    expect(mmu.tlb.lookup(0x5000, Access.Read, true)).toBe(-1)
    expect(mmu.tlb.lookup(0x3000, Access.Read, true)).toBe(shared)
    expect(mmu.tlb.lookup(0x5000, Access.Write, true)).toBe(mmu.host)
  })

  it('take accessed bits in tables that were shared until then', () => {
    const pages = new LazyPages(4)
    const mmu = new ShadowMmu({ memory: pages.memory, base: 0, layout: packedLayout(ENTRIES), pages })
    pages.changed = (ppn) => mmu.forget(ppn)
    // The frame that all pages share is a directory whose first entry leads back to such a page.
    const words = new Uint32Array(pages.memory.buffer)
    words[(4 * PAGE) / 4] = 0x9007
    mmu.configure({ cr0: CR0.PG, cr3: 0x1000, cr4: 0, efer: 0, a20: true })
    expect(mmu.access(0, Access.Read, Privilege.User)).toBe(Outcome.Direct)
    // Page 1 is the directory; page 9 is its table, and the page that the table's first entry maps. Both got a frame of their own.
    expect(mmu.host).toBe(pages.readAddress(9))
    expect([words[pages.readAddress(1) / 4], words[pages.readAddress(9) / 4]]).toEqual([0x9027, 0x9027])
    expect(pages.readAddress(1)).not.toBe(pages.readAddress(9))
    expect(words[(4 * PAGE) / 4]).toBe(0x9007)
  })
})
