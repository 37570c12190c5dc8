/**
 * What the two policies cost where they differ: `node --conditions=@mica-vm/source bench/policies.ts`.
 * Prints nanoseconds per operation of either, the median of several rounds, and counters.
 */
import { Access, CR0, CR4, POLICIES, Privilege, ShadowMmu, packedLayout } from '../src/index.ts'
import type { PhysicalPages, PolicyName } from '../src/index.ts'

const PAGE = 4096
const GUEST = 4 << 20
const memory = new WebAssembly.Memory({ initial: 1024, maximum: 1024 })
const words = new Int32Array(memory.buffer)
const guestPages = ((64 << 20) - GUEST) / PAGE
const pages: PhysicalPages = {
  readAddress: (ppn) => (ppn < guestPages ? GUEST + ppn * PAGE : -1),
  writeAddress: (ppn) => (ppn < guestPages ? GUEST + ppn * PAGE : -1),
}
const entries = 8192
const rounds = 101
/** Address spaces that take turns, and pages that each has; every page directory has one table. */
const spaces = 4
const spacePages = 64
const rootOf = (space: number): number => (16 + 2 * space) * PAGE
const tableOf = (space: number): number => rootOf(space) + PAGE
const setWord = (physical: number, value: number): void => void (words[(GUEST + physical) >>> 2] = value)
/** Where all tables are mapped, in every address space. */
const tableWindow = 512 * PAGE

function build(): void {
  for (let space = 0; space < spaces; space++) {
    setWord(rootOf(space), tableOf(space) | 7)
    for (let i = 0; i < spacePages; i++) setWord(tableOf(space) + i * 4, ((256 + space * spacePages + i) * PAGE) | 0x67)
    for (let i = 0; i < 2 * spaces; i++) setWord(tableOf(space) + (512 + i) * 4, ((16 + i) * PAGE) | 0x67)
  }
}

interface Case {
  readonly name: string
  /** Operations per round. */
  readonly operations: number
  round(mmu: ShadowMmu): void
}

/** As translated code does: the arrays first. */
function use(mmu: ShadowMmu, linear: number, kind: Access): void {
  if (mmu.tlb.lookup(linear, kind, true) < 0) mmu.access(linear, kind, Privilege.User)
}

function touch(mmu: ShadowMmu, count: number): void {
  for (let i = 0; i < count; i++) use(mmu, i * PAGE, (i & 1) as Access)
}

/** Writes a page table entry with the value that it has, or another permission. */
function writeEntry(mmu: ShadowMmu, space: number, index: number, value: number): void {
  use(mmu, tableWindow + (2 * space + 1) * PAGE, Access.Write)
  setWord(tableOf(space) + index * 4, value)
}

const entryOf = (space: number, index: number): number => ((256 + space * spacePages + index) * PAGE) | 0x67

function contextSwitch(count: number): Case {
  return {
    name: `switch between ${spaces} spaces, ${count} pages used each time`,
    operations: 4 * spaces,
    round(mmu) {
      for (let turn = 0; turn < 4 * spaces; turn++) {
        mmu.loadCr3(rootOf(turn % spaces))
        touch(mmu, count)
      }
    },
  }
}

const cases: readonly Case[] = [
  contextSwitch(4),
  contextSwitch(spacePages),
  {
    name: `fork: ${spacePages} entries made read-only, CR3 loaded, written back, used`,
    operations: 1,
    round(mmu) {
      mmu.loadCr3(rootOf(0))
      touch(mmu, spacePages)
      for (let i = 0; i < spacePages; i++) writeEntry(mmu, 0, i, entryOf(0, i) & ~2)
      mmu.loadCr3(rootOf(0))
      for (let i = 0; i < spacePages; i++) writeEntry(mmu, 0, i, entryOf(0, i))
      touch(mmu, spacePages)
    },
  },
  {
    name: 'page fault: an entry appears and is used',
    operations: spacePages,
    round(mmu) {
      for (let i = 0; i < spacePages; i++) writeEntry(mmu, 0, i, 0)
      mmu.loadCr3(rootOf(0))
      for (let i = 0; i < spacePages; i++) {
        use(mmu, i * PAGE, Access.Read)
        writeEntry(mmu, 0, i, entryOf(0, i))
        use(mmu, i * PAGE, Access.Read)
      }
    },
  },
  {
    name: 'first write to a settled table, and the load that settles it',
    operations: 32,
    round(mmu) {
      for (let turn = 0; turn < 32; turn++) {
        mmu.loadCr3(rootOf(0))
        use(mmu, 0, Access.Read)
        writeEntry(mmu, 0, 0, entryOf(0, 0))
      }
    },
  },
  {
    name: 'further write to the same table',
    operations: 4096,
    round(mmu) {
      for (let turn = 0; turn < 4096; turn++) writeEntry(mmu, 0, 0, entryOf(0, 0))
    },
  },
]

function measure({ operations, round }: Case, policy: PolicyName): { ns: number; mmu: ShadowMmu } {
  build()
  const mmu = new ShadowMmu({ memory, base: 0, layout: packedLayout(entries), pages, policy })
  mmu.configure({ cr0: CR0.PG + CR0.WP, cr3: rootOf(0), cr4: CR4.PGE, efer: 0, a20: true })
  const times: number[] = []
  for (let i = 0; i < rounds; i++) {
    const start = process.hrtime.bigint()
    round(mmu)
    times.push(Number(process.hrtime.bigint() - start) / operations)
  }
  times.sort((a, b) => a - b)
  return { ns: times[rounds >> 1]!, mmu }
}

// Compiled code is warm from here on.
for (const example of cases) for (const policy of POLICIES) measure(example, policy)
for (const example of cases) {
  console.log(example.name)
  for (const policy of POLICIES) {
    const { ns, mmu } = measure(example, policy)
    const { hiddenFaults, recalls, tableTraces } = mmu.statistics
    const perRound = (count: number): string => (count / rounds).toFixed(1)
    console.log(
      `  ${policy.padEnd(10)} ${ns.toFixed(0).padStart(8)} ns; per round ${perRound(hiddenFaults)} hidden faults, ` +
        `${perRound(recalls)} recalls, ${perRound(tableTraces)} table traces`,
    )
  }
}
