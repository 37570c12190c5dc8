import { CR0, ShadowMmu, packedLayout, tlbBytes } from '../../src/index.ts'
import type { ControlRegisters, PhysicalPages, ShadowMmuOptions } from '../../src/index.ts'

export const PAGE = 4096
export const ENTRIES = 16
const TLB_BYTES = tlbBytes(ENTRIES)
const FIRST_FRAME = Math.ceil(TLB_BYTES / PAGE) + 1

/** Guest memory of `count` pages from 0, each in the frame `FIRST_FRAME + (ppn ^ 1)`, so that host and guest addresses differ. */
export class FakePages implements PhysicalPages {
  readonly bytes: Uint8Array
  readonly words: DataView
  readonly count: number
  readonly readOnly: Set<number> = new Set()
  readonly holes: Set<number> = new Set()
  /** Pages whose contents cannot be had now. */
  readonly away: Set<number> = new Set()
  full = false

  constructor(count: number) {
    this.count = count
    const buffer = new ArrayBuffer((FIRST_FRAME + count + 1) * PAGE)
    this.bytes = new Uint8Array(buffer)
    this.words = new DataView(buffer)
  }

  frame(ppn: number): number {
    return FIRST_FRAME + (ppn ^ 1)
  }

  readAddress(ppn: number): number {
    if (this.away.has(ppn)) return -2
    return ppn < this.count && !this.holes.has(ppn) ? this.frame(ppn) * PAGE : -1
  }

  writeAddress(ppn: number): number {
    if (this.readOnly.has(ppn)) return -1
    const address = this.readAddress(ppn)
    return address >= 0 && this.full ? -2 : address
  }

  get32(physical: number): number {
    return this.words.getUint32(this.frame(physical >>> 12) * PAGE + (physical & 0xfff), true)
  }

  set32(physical: number, value: number): void {
    this.words.setUint32(this.frame(physical >>> 12) * PAGE + (physical & 0xfff), value >>> 0, true)
  }

  set64(physical: number, low: number, high: number): void {
    this.set32(physical, low)
    this.set32(physical + 4, high)
  }
}

export interface Fixture {
  readonly pages: FakePages
  readonly mmu: ShadowMmu
  /** Registers as given, over paging on, CR3 = 0x1000 and A20 on. */
  set(registers: Partial<ControlRegisters>): boolean
}

export function createFixture(options: Partial<ShadowMmuOptions> = {}, count = 64): Fixture {
  const pages = new FakePages(count)
  const mmu = new ShadowMmu({
    memory: { buffer: pages.bytes.buffer },
    base: 64,
    layout: packedLayout(ENTRIES),
    pages,
    ...options,
  })
  const set = (registers: Partial<ControlRegisters>): boolean =>
    mmu.configure({ cr0: CR0.PG + 1, cr3: 0x1000, cr4: 0, efer: 0, a20: true, ...registers })
  return { pages, mmu, set }
}

/** 2-level: directory at 0x1000, one table at 0x2000 for the first 4 MiB. `pte` maps linear page 5. */
export function createTwoLevel(pde: number, pte: number, registers: Partial<ControlRegisters> = {}): Fixture {
  const fixture = createFixture()
  fixture.pages.set32(0x1000, pde)
  fixture.pages.set32(0x2000 + 5 * 4, pte)
  fixture.set(registers)
  return fixture
}

/** In linear page 5. */
export const LINEAR: number = 5 * PAGE + 0x123
