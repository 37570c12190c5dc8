import fc from 'fast-check'
import { Access, CR0, CR4, EFER, packedLayout, Privilege, ShadowMmu, tlbBytes, TRACED_TAG } from '../../src/index.ts'
import type { ControlRegisters, PhysicalPages, PolicyName, ProcessorFeatures } from '../../src/index.ts'
import type { NaiveAccess, NaiveMemory } from './naive-mmu.ts'

export const PAGE = 4096
/** Pages that entries name: some differ in bit 8 only, so that A20 matters; 3 and 0x103 are read-only, 5 is a hole. */
export const TABLES: readonly number[] = [1, 2, 3, 0x101, 0x102, 0x103]
export const DATA: readonly number[] = [4, 5, 6, 0x104, 0x106, 0xfffff]
const READ_ONLY = new Set([3, 0x103])
const HOLES = new Set([5])
const GUEST_PAGES = 0x108
/** Indexes that linear addresses use at every level. */
export const INDEXES: readonly number[] = [0, 1, 0x1ff]
const TLB_ENTRIES = 4
const FIRST_FRAME = 1

/** Guest memory with one frame per page, which can be moved to another frame. The spare frames are the last ones. */
export class Guest implements PhysicalPages, NaiveMemory {
  readonly bytes: Uint8Array = new Uint8Array((FIRST_FRAME + GUEST_PAGES + 4) * PAGE)
  readonly #view: DataView = new DataView(this.bytes.buffer)
  readonly #frames: Int32Array = Int32Array.from({ length: GUEST_PAGES }, (_, ppn) => FIRST_FRAME + ppn)
  readonly #spare: number[] = [1, 2, 3, 4].map((i) => FIRST_FRAME + GUEST_PAGES - 1 + i)
  readonly mmu: ShadowMmu

  constructor(features: ProcessorFeatures, policy: PolicyName = 'noncaching', contexts = 8) {
    if (tlbBytes(TLB_ENTRIES) > FIRST_FRAME * PAGE) throw new Error('the TLB does not fit below the first frame')
    this.mmu = new ShadowMmu({
      memory: { buffer: this.bytes.buffer },
      base: 0,
      layout: packedLayout(TLB_ENTRIES),
      pages: this,
      features,
      policy,
      contexts,
    })
  }

  readAddress(ppn: number): number {
    return ppn < GUEST_PAGES && !HOLES.has(ppn) ? this.#frames[ppn]! * PAGE : -1
  }

  writeAddress(ppn: number): number {
    return READ_ONLY.has(ppn) ? -1 : this.readAddress(ppn)
  }

  /** Gives a page another frame with the same contents, as copy-on-write does. */
  move(ppn: number): void {
    if (this.readAddress(ppn) < 0) return
    const old = this.#frames[ppn]!
    const fresh = this.#spare.shift()!
    this.bytes.copyWithin(fresh * PAGE, old * PAGE, (old + 1) * PAGE)
    this.#frames[ppn] = fresh
    this.#spare.push(old)
  }

  read(physical: bigint, bytes: number): bigint {
    const address = this.readAddress(Number(physical >> 12n))
    if (address < 0) return (1n << BigInt(8 * bytes)) - 1n
    const at = address + Number(physical & 0xfffn)
    return bytes === 4 ? BigInt(this.#view.getUint32(at, true)) : this.#view.getBigUint64(at, true)
  }

  /** What the guest's own stores do; the frame may be read-only for it, but not here. */
  write(physical: bigint, value: bigint, bytes: number): void {
    const at = this.readAddress(Number(physical >> 12n)) + Number(physical & 0xfffn)
    if (bytes === 4) this.#view.setUint32(at, Number(value & 0xffff_ffffn), true)
    else this.#view.setBigUint64(at, value, true)
  }

  /** The contents of all table pages, joined. */
  tables(): Uint8Array {
    return Buffer.concat(TABLES.map((ppn) => this.bytes.subarray(this.readAddress(ppn), this.readAddress(ppn) + PAGE)))
  }
}

/** A page-table entry that is usually good, and sometimes hostile. */
export const entryArbitrary: fc.Arbitrary<bigint> = fc
  .record({
    target: fc.oneof(
      { weight: 5, arbitrary: fc.constantFrom(...TABLES) },
      { weight: 3, arbitrary: fc.constantFrom(...DATA) },
    ),
    flags: fc.integer({ min: 0, max: 0xfff }),
    usual: fc.oneof(
      { weight: 12, arbitrary: fc.constant(0x7) },
      { weight: 2, arbitrary: fc.constant(0x1) },
      { weight: 1, arbitrary: fc.constant(0) },
    ),
    isLarge: fc.oneof({ weight: 8, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
    high: fc.oneof(
      { weight: 20, arbitrary: fc.constant(0n) },
      { weight: 3, arbitrary: fc.constant(1n << 63n) },
      { weight: 1, arbitrary: fc.integer({ min: 32, max: 62 }).map((n) => 1n << BigInt(n)) },
    ),
  })
  .map(({ target, flags, usual, isLarge, high }) => {
    if (!isLarge) return high | (BigInt(target) << 12n) | BigInt((flags & ~0x80) | usual)
    // Page 0 upwards, with one bit of 13 to 22 set now and then.
    const extra = flags & 0x200 ? 1n << BigInt(12 + (target % 11)) : 0n
    return high | extra | BigInt(flags | usual | 0x80)
  })

export interface Edit {
  readonly table: number
  readonly index: number
  readonly entry: bigint
}

export const editArbitrary: fc.Arbitrary<Edit> = fc.record({
  table: fc.constantFrom(...TABLES),
  index: fc.constantFrom(...INDEXES),
  entry: entryArbitrary,
})

/** An entry for each table and index. */
export const tablesArbitrary: fc.Arbitrary<Edit[]> = fc
  .array(entryArbitrary, { minLength: TABLES.length * INDEXES.length, maxLength: TABLES.length * INDEXES.length })
  .map((entries) =>
    entries.map((entry, i) => ({
      table: TABLES[i % TABLES.length]!,
      index: INDEXES[Math.floor(i / TABLES.length)]!,
      entry,
    })),
  )

/** Clears, of the four PDPTEs that a root page holds, the bits that are reserved in them and not in other entries. */
export function tamePdptes(guest: Guest, cr3: number): void {
  for (let i = 0n; i < 4n; i++) {
    const at = BigInt(cr3) + i * 8n
    if (guest.readAddress(Number(at >> 12n)) >= 0) guest.write(at, guest.read(at, 8) & ~0xffff_ffff_0000_01e6n, 8)
  }
}

/**
 * Where the guest's processor would find a page for writing without asking the MMU: a write entry. If there is none, the write is told to the MMU,
 * as a device's is.
 */
export function tellOfWrite(guest: Guest, ppn: number, linears: readonly bigint[]): void {
  const host = guest.readAddress(ppn)
  if (host < 0) return
  const { tlb } = guest.mmu
  for (const linear of linears)
    for (const isUser of [true, false])
      for (const tag of [0, TRACED_TAG])
        if (tlb.lookup(Number(linear & ~0xfffn), Access.Write, isUser, tag) === host) return
  guest.mmu.written(host)
}

/** Writes an entry where the format in use has its index. */
export function applyEdit(guest: Guest, { table, index, entry }: Edit, isWide: boolean): void {
  guest.write(BigInt(table * PAGE + index * (isWide ? 8 : 4)), entry, isWide ? 8 : 4)
}

export const featuresArbitrary: fc.Arbitrary<ProcessorFeatures> = fc.record({
  physicalAddressBits: fc.constantFrom(32, 36, 40, 43),
  pse36: fc.boolean(),
  gigabytePages: fc.boolean(),
})

export type Paging = 'off' | '32-bit' | 'pae' | '4-level'

export function registersArbitrary(pagings: readonly Paging[]): fc.Arbitrary<ControlRegisters> {
  return fc
    .record({
      paging: fc.constantFrom(...pagings),
      root: fc.constantFrom(...TABLES),
      set: fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
      a20: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
    })
    .map(({ paging, root, set, a20 }) => ({
      cr0: (paging === 'off' ? 0 : CR0.PG) + (set[0] ? CR0.WP : 0),
      cr3: root * PAGE,
      cr4:
        (paging === 'pae' || paging === '4-level' ? CR4.PAE : 0) |
        (set[1] ? CR4.PSE : 0) |
        (set[2] ? CR4.PGE : 0) |
        (set[3] ? CR4.SMEP : 0) |
        (set[4] ? CR4.SMAP : 0),
      efer: (paging === '4-level' ? EFER.LME : 0) | (set[5] ? EFER.NXE : 0),
      a20,
    }))
}

/** A linear address all of whose indexes are among `INDEXES`, in any format. */
export function linearOf(paging: Paging, indexes: readonly number[], offset: number): bigint {
  const [a = 0, b = 0, c = 0, d = 0] = indexes.map((i) => BigInt(i)) as bigint[]
  if (paging === '32-bit') return ((BigInt(c!) << 22n) | (BigInt(d!) << 12n)) + BigInt(offset)
  const low = (BigInt(c!) << 21n) | (BigInt(d!) << 12n) | BigInt(offset)
  if (paging === '4-level') return (BigInt(a!) << 39n) | (BigInt(b!) << 30n) | low
  return ((BigInt(b!) & 3n) << 30n) | low
}

export const KINDS: readonly (readonly [Access, NaiveAccess['kind']])[] = [
  [Access.Read, 'read'],
  [Access.Write, 'write'],
  [Access.Fetch, 'fetch'],
]
export const WHO: readonly (readonly [Privilege, NaiveAccess['who']])[] = [
  [Privilege.User, 'user'],
  [Privilege.Supervisor, 'supervisor'],
  [Privilege.ImplicitSupervisor, 'implicit'],
]
