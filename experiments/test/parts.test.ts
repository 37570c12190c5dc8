import { allocate } from '@mica-vm/share-allocator'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { reportOf as balloonReportOf, type Findings, type Pair } from '../balloon.ts'
import type { Kind, Result } from '../balloon/subject.ts'
import { textDisk } from '../frame/text-disk.ts'
import { Timeline } from '../frame/timeline.ts'
import { byTurns, center, quantile, ratios } from '../frame/turns.ts'
import { partIn, reportOf } from '../overcommit.ts'
import { mixed } from '../overcommit/expected.ts'
import type { Run } from '../overcommit/run.ts'
import { truthOf, type Moment } from '../sampling/run.ts'
import { formula } from '../tax.ts'

it('all disks of a size are equal, and no two of their pages are', () => {
  const [one, other] = [new Uint8Array(1 << 20), new Uint8Array(1 << 20)]
  textDisk(one.length).read(0, one)
  textDisk(other.length).read(0, other)
  expect(Buffer.compare(one, other)).toBe(0)
  const pages = Array.from({ length: 256 }, (_, i) => Buffer.from(one.subarray(i * 4096, (i + 1) * 4096)).toString())
  expect(new Set(pages).size).toBe(256)
})

// Oracle: min-funding revocation as share-allocator has it, which takes pages one by one and knows no formula for two.
it('the formula for two machines is where taking pages one by one ends', () => {
  const part = fc.double({ min: 0, max: 1, noNaN: true })
  const machine = part.map((active) => ({ active, residentMiB: 85 }))
  fc.assert(
    fc.property(fc.constantFrom(0, 0.5, 0.75, 0.9), machine, machine, (tax, idle, working) => {
      const wanted = formula(tax, { idle, working })
      const capacity = 2 * 85 * 256
      const clients = [idle, working].map(({ active }) => ({ shares: 1000, min: 0, max: 128 * 256, active }))
      const [first, second] = allocate(clients, capacity, { tax })
      expect(Math.abs(first! / 256 - wanted.idle)).toBeLessThan(0.02)
      expect(Math.abs(second! / 256 - wanted.working)).toBeLessThan(0.02)
    }),
  )
})

it('the truth of a step is what each whole period touches, however long periods are and wherever the host looks', () => {
  const period = fc.record({ looks: fc.integer({ min: 3, max: 12 }), inBurst: fc.boolean() })
  fc.assert(
    fc.property(
      fc.array(period, { minLength: 3, maxLength: 8 }),
      fc.integer({ min: 100, max: 900 }),
      (periods, set) => {
        const moments: Moment[] = [{ guestNs: 100e6, active: 0, touches: 0 }]
        const look = (touches: number): void => {
          moments.push({ guestNs: moments.at(-1)!.guestNs + 20e6, active: 0, touches })
        }
        periods.forEach(({ looks, inBurst }, before) => {
          if (inBurst) look(set * (before + 0.5))
          for (let i = 0; i < looks; i++) look(set * (before + 1))
        })
        const step = { sizeMiB: 8, beginNs: 0, endNs: moments.at(-1)!.guestNs }
        expect(truthOf({ pages: 1000, steps: [step], moments }, step)).toBeCloseTo(set / 1000, 10)
      },
    ),
  )
})

it('the time of a run is divided among the states that its host was in', () => {
  const run = {
    seconds: 10,
    states: [
      { seconds: 0, state: 'high' as const },
      { seconds: 4, state: 'low' as const },
      { seconds: 5, state: 'high' as const },
    ],
  }
  expect([partIn(run, 'high'), partIn(run, 'soft'), partIn(run, 'low')]).toEqual([0.9, 0, 0.1])
})

const member = { name: 'one', what: 'works', sizeMiB: 64, jobs: [{ command: 'mix 1 1', expected: mixed(1, 1) }] }
const right: Run = {
  overcommit: 0.6,
  hostMiB: 40,
  moments: [{ seconds: 1, shared: 2, ballooned: 2, swapped: 2, blocked: 0 }],
  states: [{ seconds: 0, state: 'high' }],
  seconds: 10,
  cpuSeconds: 5,
  fates: [{ member, failures: [], jobs: 1, finishedSeconds: 9, peakBalloonedMiB: 2, peakSwappedMiB: 2 }],
  swap: { peakMiB: 2, sizeMiB: 64, failures: 0 },
  swapOuts: 512,
  swapIns: 0,
}

it('a fleet fails as soon as one thing in it does', () => {
  const holds = (change: Partial<Run>): boolean =>
    reportOf([member], [{ ...right, ...change }]).claims.every((claim) => claim.holds)
  const [fate] = right.fates
  expect(holds({})).toBe(true)
  expect(holds({ fates: [{ ...fate!, failures: ['printed 1, not 2'] }] })).toBe(false)
  expect(holds({ fates: [{ ...fate!, jobs: 0 }] })).toBe(false)
  expect(holds({ moments: [{ ...right.moments[0]!, swapped: 0 }] })).toBe(false)
  expect(holds({ states: [{ seconds: 0, state: 'low' }] })).toBe(false)
  expect(holds({ swap: { ...right.swap, failures: 1 } })).toBe(false)
})

/** A machine that took so many milliseconds, of a million instructions each. */
function resultOf(kind: Kind, sizeMiB: number, ms: number, doublePaged: number = 0): Result {
  const storage = { diskRequests: 0, diskBytes: 0, swapRequests: 0, swapReads: 0, swapWrites: 0, doublePaged }
  return {
    kind,
    ...{ fullMiB: 128, sizeMiB },
    rounds: [{ instructions: ms * 1e6, storage, cpuMs: 1, residentMiB: sizeMiB }],
  }
}

/** What came of half of the memory and of 7/8, with how much longer than 1000 ms each draw's ballooned machine took. */
function findingsOf(slowdowns: readonly number[], swappedMs: number, doublePaged: number = 1): Findings {
  const pair = (slowdown: number, sizeMiB: number): Pair => ({
    native: resultOf('native', sizeMiB, 1000),
    ballooned: resultOf('ballooned', sizeMiB, 1000 + slowdown),
  })
  const of = (part: number, most: number, ms: number): Findings['byPart'][number] => ({
    part: { part, name: String(part), most },
    pairs: slowdowns.map((slowdown) => pair(slowdown, 128 * part)),
    swapped: resultOf('swapped', 128 * part, ms, doublePaged),
  })
  const full = resultOf('native', 128, swappedMs)
  return { byPart: [of(1 / 2, 0.044, swappedMs), of(7 / 8, 0.014, swappedMs)], full, unboosted: pair(0, 112) }
}

it('a ballooned machine may be slower by what its part of the memory allows, and one draw in five by more', () => {
  const failing = (findings: Findings): string[] =>
    balloonReportOf(findings)
      .claims.filter(({ holds }) => !holds)
      .map(({ text }) => text)
  expect(failing(findingsOf([10, 10, 10, 10, 60], 2000))).toEqual([])
  expect(failing(findingsOf([20, 20, 20, 20, 20], 2000))).toEqual([
    expect.stringMatching(/^with 0.875 .*at most 1.4 %/),
  ])
  expect(failing(findingsOf([50, 50, 50, 50, 50], 2000))).toHaveLength(2)
  // A swapped machine must be much slower, and its pages paged twice.
  expect(failing(findingsOf([0, 0, 0, 0, 0], 1400))).toEqual([expect.stringMatching(/^where the host swaps/)])
  expect(failing(findingsOf([0, 0, 0, 0, 400], 1700))).toEqual([expect.stringMatching(/^and longer with each part/)])
  expect(failing(findingsOf([0, 0, 0, 0, 0], 2000, 0))).toEqual([expect.stringMatching(/^and pages are paged twice/)])
  // It has all its memory, as far as its guest can tell.
  const { full, ...rest } = findingsOf([0, 0, 0, 0, 0], 2000)
  const other = { ...rest, full: resultOf('native', full.sizeMiB, 1999) }
  expect(failing(other)).toEqual([expect.stringMatching(/^no guest can tell/)])
})

it('a timeline begins and ends with a look', () => {
  let looks = 0
  const timeline = new Timeline(() => ++looks, 1e6)
  timeline.end()
  expect(timeline.moments).toEqual([1, 2])
})

it('alternatives have their turns: each as often as the others in each place of a round', async () => {
  const order: string[] = []
  const attempt = (name: string): Promise<number> => Promise.resolve(order.push(name))
  const results = await byTurns(['a', 'b', 'c'], { warmUps: 1, rounds: 3 }, attempt)
  expect(order.join('')).toBe('abcbcacababc')
  expect(results).toEqual([
    [6, 8, 10],
    [4, 9, 11],
    [5, 7, 12],
  ])
  expect(ratios(results[0]!, results[1]!)).toEqual([6 / 4, 8 / 9, 10 / 11])
})

// Oracle: the definition. Of n values, i lie below the one that is the quantile of i / (n - 1).
it('quantiles', () => {
  fc.assert(
    fc.property(fc.array(fc.integer(), { minLength: 2 }), fc.nat(), (values, which) => {
      const i = which % values.length
      const sorted = [...values].sort((a, b) => a - b)
      expect(quantile(values, i / (values.length - 1))).toBeCloseTo(sorted[i]!, 5)
    }),
  )
  expect(quantile([1, 2], 0.25)).toBe(1.25)
})

// Oracle: what the estimate is of: a value that others lie around evenly, whatever a quarter of them is.
it('the centre of values is where they lie evenly around, and a few wild ones among them do not move it far', () => {
  const around = fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 6, maxLength: 20 })
  fc.assert(
    fc.property(
      fc.integer(),
      around,
      fc.array(fc.integer({ min: 1e9, max: 2e9 }), { maxLength: 2 }),
      (middle, distances, wild) => {
        const even = distances.flatMap((distance) => [middle - distance, middle + distance])
        expect(center(even)).toBeCloseTo(middle, 5)
        expect(Math.abs(center([...even, ...wild]) - middle)).toBeLessThanOrEqual(1000)
      },
    ),
  )
  expect(center([1, 2, 6])).toBe(2.75)
})
