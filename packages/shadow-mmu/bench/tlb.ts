/**
 * What misses, flushes, traces and invalidations cost: `node --conditions=@mica-vm/source bench/tlb.ts`.
 * Prints nanoseconds per operation, the median of several rounds.
 */
import { Access, CR0, CR4, Privilege, ShadowMmu, packedLayout, tlbBytes } from '../src/index.ts'
import type { PhysicalPages } from '../src/index.ts'

const PAGE = 4096
const MIB = 2 ** 20
const memory = new WebAssembly.Memory({ initial: 1024, maximum: 1024 })
const words = new Int32Array(memory.buffer)
const GUEST = 2 * MIB
const guestPages = (64 * MIB - GUEST) / PAGE
const pages: PhysicalPages = {
  readAddress: (ppn) => (ppn < guestPages ? GUEST + ppn * PAGE : -1),
  writeAddress: (ppn) => (ppn < guestPages ? GUEST + ppn * PAGE : -1),
}

function guestWord(physical: number): number {
  return (GUEST + physical) >>> 2
}

/** Directory at 1 MiB; linear n maps to physical n for 32 MiB, global from 16 MiB on. */
function buildTwoLevel(): void {
  for (let directory = 0; directory < 8; directory++) {
    const table = MIB + PAGE * (1 + directory)
    words[guestWord(MIB + directory * 4)] = table | 7
    for (let i = 0; i < 1024; i++)
      words[guestWord(table + i * 4)] = ((directory << 22) | (i << 12)) + (directory >= 4 ? 0x107 : 7)
  }
}

/** PDPT at 2 MiB, directories at 2 MiB + 4 KiB, same mapping. */
function buildPae(): void {
  const root = 2 * MIB
  words[guestWord(root)] = (root + PAGE) | 1
  for (let directory = 0; directory < 16; directory++) {
    const table = root + PAGE * (2 + directory)
    words[guestWord(root + PAGE + directory * 8)] = table | 7
    for (let i = 0; i < 512; i++)
      words[guestWord(table + i * 8)] = ((directory << 21) | (i << 12)) + (directory >= 8 ? 0x107 : 7)
  }
}

function measure(name: string, rounds: number, perRound: number, setUp: () => void, operation: () => void): void {
  const times: number[] = []
  for (let round = 0; round < rounds; round++) {
    setUp()
    const start = process.hrtime.bigint()
    operation()
    times.push(Number(process.hrtime.bigint() - start) / perRound)
  }
  times.sort((a, b) => a - b)
  console.log(`${name.padEnd(58)} ${times[rounds >> 1]!.toFixed(1).padStart(9)} ns`)
}

function nothing(): void {}

buildTwoLevel()
buildPae()
for (const entries of [256, 1024, 4096]) {
  const mmu = new ShadowMmu({ memory, base: 0, layout: packedLayout(entries), pages })
  console.log(`entries: ${entries}, ${tlbBytes(entries) / 1024} KiB`)
  const twoLevel = { cr0: CR0.PG + CR0.WP, cr3: MIB, cr4: CR4.PGE, efer: 0, a20: true }
  const pae = { ...twoLevel, cr3: 2 * MIB, cr4: CR4.PGE | CR4.PAE }
  const touch = (from: number, count: number): void => {
    for (let i = 0; i < count; i++) mmu.access(from + i * PAGE, (i % 3) as Access, (i & 1) as Privilege)
  }
  for (const [name, registers] of [
    ['2-level', twoLevel],
    ['PAE', pae],
  ] as const) {
    mmu.configure(registers)
    measure(`refill, ${name}, A/D set, other entry in the slot`, 201, 4096, nothing, () => touch(0, 4096))
  }
  mmu.configure(twoLevel)
  measure(
    'refill, 2-level, into an empty slot',
    201,
    200,
    () => mmu.flush(),
    () => touch(0, 200),
  )
  mmu.configure({ ...twoLevel, cr0: 0 })
  measure('refill, paging off', 201, 4096, nothing, () => touch(0, 4096))
  mmu.configure(twoLevel)
  for (const filled of [16, 100, 400]) {
    const fill = (): void => {
      mmu.flush()
      touch(16 * MIB, 200)
      touch(0, filled)
    }
    measure(`CR3 load: ${filled} entries dropped, 200 global kept`, 4001, 1, fill, () => mmu.loadCr3(MIB))
    measure(`flush: ${filled + 200} entries`, 4001, 1, fill, () => mmu.flush())
  }
  measure('fill(-1) over all six arrays, for comparison', 4001, 1, nothing, () =>
    words.fill(-1, 0, tlbBytes(entries) / 4),
  )
  for (let i = 0; i < words.length && i < tlbBytes(entries) / 4; i++) words[i] = -1
  const fresh = new ShadowMmu({ memory, base: 0, layout: packedLayout(entries), pages })
  fresh.configure(twoLevel)
  const refresh = (): void => {
    for (let i = 0; i < 200; i++) fresh.access(i * PAGE, Access.Write, Privilege.User)
  }
  measure('INVLPG of a cached page', 201, 200, refresh, () => {
    for (let i = 0; i < 200; i++) fresh.invalidatePage(i * PAGE)
  })
  measure('forget of a cached page', 201, 200, refresh, () => {
    for (let i = 0; i < 200; i++) fresh.forget(i)
  })
  const trace = (on: boolean): void => {
    for (let i = 0; i < 200; i++) fresh.trace(GUEST + i * PAGE, on)
  }
  measure(
    'trace on, with a write entry',
    201,
    200,
    () => {
      trace(false)
      refresh()
    },
    () => trace(true),
  )
}
