import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Outcome } from '../../src/index.ts'
import {
  Guest,
  INDEXES,
  KINDS,
  WHO,
  applyEdit,
  featuresArbitrary,
  linearOf,
  registersArbitrary,
  tablesArbitrary,
  tamePdptes,
} from './guest.ts'
import type { Paging } from './guest.ts'
import { naivePdptes, naiveTranslate } from './naive-mmu.ts'
import type { NaiveProcessor, NaiveResult } from './naive-mmu.ts'

const accessArbitrary = fc.record({
  indexes: fc.tuple(
    fc.constantFrom(...INDEXES),
    fc.constantFrom(...INDEXES),
    fc.constantFrom(...INDEXES),
    fc.constantFrom(...INDEXES),
  ),
  offset: fc.integer({ min: 0, max: 0xfff }),
  kind: fc.constantFrom(...KINDS),
  who: fc.constantFrom(...WHO),
})

/** Sets the bits that the oracle asks for, where memory takes them. */
function applyUpdates(guest: Guest, result: NaiveResult): void {
  if (result.fault !== undefined) return
  for (const { address, bits } of result.updates) {
    if (guest.writeAddress(Number(address >> 12n)) >= 0) guest.write(address, guest.read(address, 4) | bits, 4)
  }
}

interface Observation {
  readonly outcome: Outcome
  readonly errorCode: number | undefined
  readonly physical: number | undefined
  readonly host: number | undefined
}

/** What the MMU should say, where the oracle says what the tables mean. */
function expectation(guest: Guest, result: NaiveResult, isWrite: boolean): Observation {
  if (result.fault !== undefined) {
    return { outcome: Outcome.Fault, errorCode: result.fault, physical: undefined, host: undefined }
  }
  const ppn = Number(result.physical >> 12n)
  const page = isWrite ? guest.writeAddress(ppn) : guest.readAddress(ppn)
  const isDirect = page >= 0
  return {
    outcome: isDirect ? Outcome.Direct : Outcome.Device,
    errorCode: undefined,
    physical: Number(result.physical),
    host: isDirect ? page + Number(result.physical & 0xfffn) : undefined,
  }
}

function observe({ mmu }: Guest, outcome: Outcome): Observation {
  return {
    outcome,
    errorCode: outcome === Outcome.Fault ? mmu.errorCode : undefined,
    physical: outcome === Outcome.Fault ? undefined : mmu.physical,
    host: outcome === Outcome.Direct ? mmu.host : undefined,
  }
}

/** How often each outcome was seen, so that a generator that stops reaching one fails the test. */
function checkWalks(paging: Paging, seed: number): { direct: number; device: number; codes: Set<number> } {
  const seen = { direct: 0, device: 0, codes: new Set<number>() }
  fc.assert(
    fc.property(
      featuresArbitrary,
      registersArbitrary([paging]),
      fc.boolean(),
      tablesArbitrary,
      fc.boolean(),
      fc.array(accessArbitrary, { minLength: 1, maxLength: 40, size: 'max' }),
      (features, registers, ac, edits, isTame, accesses) => {
        const guest = new Guest(features)
        const oracle = new Guest(features)
        for (const edit of edits) for (const each of [guest, oracle]) applyEdit(each, edit, paging !== '32-bit')
        if (paging === 'pae' && isTame) for (const each of [guest, oracle]) tamePdptes(each, registers.cr3)
        const pdptes = paging === 'pae' ? naivePdptes(registers, features, oracle) : []
        expect(guest.mmu.configure(registers)).toBe(pdptes !== undefined)
        if (pdptes === undefined) return
        guest.mmu.setUserDataAllowed(ac)
        const processor: NaiveProcessor = { registers, features, ac, pdptes }
        for (const { indexes, offset, kind, who } of accesses) {
          const linear = linearOf(paging, indexes, offset)
          const result = naiveTranslate(processor, oracle, { linear, kind: kind[1], who: who[1] })
          const wanted = expectation(oracle, result, kind[1] === 'write')
          const low = Number(linear & 0xffff_ffffn)
          const high = Number(linear >> 32n)
          expect(observe(guest, guest.mmu.probe(low, kind[0], who[0], high))).toEqual(wanted)
          expect(Buffer.compare(guest.tables(), oracle.tables())).toBe(0)
          guest.mmu.flush()
          expect(observe(guest, guest.mmu.access(low, kind[0], who[0], high))).toEqual(wanted)
          applyUpdates(oracle, result)
          expect(Buffer.compare(guest.tables(), oracle.tables())).toBe(0)
          const cached = guest.mmu.tlb.lookup(low, kind[0], who[1] === 'user')
          expect(cached).toBe(wanted.host !== undefined && high === 0 ? wanted.host : -1)
          if (wanted.errorCode !== undefined) seen.codes.add(wanted.errorCode)
          else if (wanted.host !== undefined) seen.direct++
          else seen.device++
        }
      },
    ),
    { seed, numRuns: 250 },
  )
  return seen
}

// Oracle: naive-mmu.ts, a second walk over BigInt entries, written from the manual's tables of entry formats.
// Oracle: naive-mmu.ts, a second walk over BigInt entries, written from the manual's tables of entry formats.
it.each([
  ['off', 101, 300, []],
  ['32-bit', 102, 700, [0, 1, 2, 3, 4, 5, 6, 7, 9, 11, 13, 15, 16, 17, 20, 21, 25, 29]],
  ['pae', 103, 150, [0, 1, 2, 3, 4, 5, 6, 7, 9, 11, 13, 15, 16, 17, 20, 21, 25, 29]],
  ['4-level', 104, 150, [0, 1, 2, 3, 4, 5, 6, 7, 9, 11, 13, 15, 16, 17, 20, 21, 25, 29]],
] as const)('walks as the naive walk does: %s', (paging, seed, direct, codes) => {
  const seen = checkWalks(paging, seed)
  // A generator that no longer reaches something is a defect of this test.
  expect(seen.direct).toBeGreaterThan(direct)
  expect(seen.device).toBeGreaterThan(50)
  expect([...seen.codes].sort((a, b) => a - b)).toEqual(codes)
})
