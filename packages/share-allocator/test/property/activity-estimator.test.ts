import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ActivityEstimator } from '../../src/index.ts'

const PERIOD_NS = 30e9

/** xorshift, so that a run is a function of its seed. */
function randomFrom(seed: number): () => number {
  let state = seed | 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}

/** Touches the first so many of the watched pages. */
function touchSome(estimator: ActivityEstimator, count: number): void {
  for (const page of estimator.watched.slice(0, count)) estimator.touch(page)
}

// Oracle: each average as the weighted sum of all periods that it is, newest first.
it('has the greatest of the three averages', () => {
  const weight = fc.double({ min: 0.01, max: 1, noNaN: true })
  fc.assert(
    fc.property(
      fc.array(fc.nat(100), { maxLength: 12 }),
      fc.nat(100),
      weight,
      weight,
      (periods, now, slowWeight, fastWeight) => {
        const estimator = new ActivityEstimator({ pages: 5000, random: randomFrom(7), slowWeight, fastWeight })
        for (const touched of periods) {
          touchSome(estimator, touched)
          expect(estimator.advance(PERIOD_NS)).toBe(true)
        }
        touchSome(estimator, now)
        const averageOf = (fractions: readonly number[], newest: number): number =>
          fractions
            .toReversed()
            .reduce(
              (sum, fraction, age) =>
                sum + fraction * (1 - newest) ** age * (age === fractions.length - 1 ? 1 : newest),
              0,
            )
        const fractions = periods.map((touched) => touched / 100)
        const wanted =
          periods.length === 0
            ? 1
            : Math.max(
                averageOf(fractions, slowWeight),
                averageOf(fractions, fastWeight),
                averageOf([...fractions, now / 100], fastWeight),
              )
        expect(estimator.active).toBeCloseTo(wanted, 10)
      },
    ),
    { seed: 1, numRuns: 300 },
  )
})

it('watches different pages of those there are, and counts each once', () => {
  fc.assert(
    fc.property(fc.nat(300), fc.integer({ min: 1, max: 150 }), fc.nat(), (pages, samples, seed) => {
      const estimator = new ActivityEstimator({ pages, samples, random: randomFrom(seed) })
      for (let period = 0; period < 3; period++) {
        const { watched } = estimator
        expect(new Set(watched).size).toBe(Math.min(pages, samples))
        for (const page of watched) expect(page >= 0 && page < pages && Number.isInteger(page)).toBe(true)
        for (let page = -1; page <= pages; page++) {
          estimator.touch(page)
          estimator.touch(page)
        }
        expect(estimator.advance(PERIOD_NS)).toBe(true)
        expect(estimator.averages.fast).toBe(pages === 0 ? 0 : 1)
      }
    }),
    { seed: 2, numRuns: 100 },
  )
})

it.each([
  [1, 3],
  [2, 3],
  [100, 200],
])('draws every page equally often: %i of %i', (samples, pages) => {
  const estimator = new ActivityEstimator({ pages, samples, random: randomFrom(3) })
  const drawn = new Uint32Array(pages)
  const periods = 2000
  for (let period = 0; period < periods; period++) {
    for (const page of estimator.watched) drawn[page]!++
    estimator.advance(PERIOD_NS)
  }
  // Five standard deviations of a count are one chance in millions.
  const chance = samples / pages
  const deviation = Math.sqrt(periods * chance * (1 - chance))
  for (const count of drawn) expect(Math.abs(count - periods * chance)).toBeLessThan(5 * deviation)
})

describe('a guest that steps its working set up and down', () => {
  const pages = 65536
  /** Touches the watched pages that lie in the first `active` of memory, spread evenly over a period of 30 steps. */
  function period(estimator: ActivityEstimator, active: number, each: (estimate: number) => void): void {
    const mine = estimator.watched.filter((page) => page < active * pages)
    for (let second = 0; second < 30; second++) {
      for (const page of mine.slice((mine.length * second) / 30, (mine.length * (second + 1)) / 30))
        estimator.touch(page)
      each(estimator.active)
      estimator.advance(1e9)
    }
  }

  it('is followed up within a period, and down over several', () => {
    const estimator = new ActivityEstimator({ pages, random: randomFrom(11) })
    const settle = (active: number, periods: number): number[] =>
      Array.from({ length: periods }, () => {
        let last = 0
        period(estimator, active, (estimate) => (last = estimate))
        return last
      })
    expect(settle(0.2, 12).at(-1)).toBeCloseTo(0.2, 0)
    const up = settle(0.9, 3)
    for (const estimate of up.slice(1)) expect(Math.abs(estimate - 0.9)).toBeLessThan(0.1)
    settle(0.9, 8)
    const down = settle(0.2, 12)
    // Down by a little per period, and arrived in the end.
    for (let i = 1; i < down.length; i++) expect(down[i - 1]! - down[i]!).toBeLessThan(0.2)
    expect(down[1]!).toBeGreaterThan(0.5)
    expect(Math.abs(down.at(-1)! - 0.2)).toBeLessThan(0.1)
  })

  it('rises before the period has ended', () => {
    const estimator = new ActivityEstimator({ pages, random: randomFrom(12) })
    for (let i = 0; i < 5; i++) period(estimator, 0, () => {})
    expect(estimator.active).toBeLessThan(0.01)
    estimator.advance(PERIOD_NS / 10)
    touchSome(estimator, 100)
    expect(estimator.active).toBeGreaterThan(0.75)
  })
})

it('counts a leap over several periods as one', () => {
  const estimator = new ActivityEstimator({ pages: 1000, random: randomFrom(1) })
  expect(estimator.active).toBe(1)
  expect(estimator.averages).toEqual({ slow: 1, fast: 1, folded: 1 })
  touchSome(estimator, 50)
  const before = estimator.watched
  expect(estimator.advance(135e9)).toBe(true)
  expect(estimator.watched).not.toEqual(before)
  expect(estimator.averages).toEqual({ slow: 0.5, fast: 0.5, folded: 0.5 + 0.8 * (0 - 0.5) })
})

it('watches pages for a whole period at least, and no longer than it must, however time comes in pieces', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(70e9), { maxLength: 40 }), (pieces) => {
      const estimator = new ActivityEstimator({ pages: 1000, random: randomFrom(1) })
      let watchedNs = 0
      for (const piece of pieces) {
        watchedNs += piece
        const before = estimator.watched
        expect(estimator.advance(piece)).toBe(watchedNs >= PERIOD_NS)
        expect(estimator.watched === before).toBe(watchedNs < PERIOD_NS)
        if (watchedNs >= PERIOD_NS) watchedNs = 0
      }
    }),
    { seed: 3, numRuns: 200 },
  )
})

it('draws from another number of pages after a resize', () => {
  const estimator = new ActivityEstimator({ pages: 1000, random: randomFrom(1) })
  estimator.resize(10)
  expect(estimator.watched.length).toBe(100)
  estimator.advance(PERIOD_NS)
  expect(estimator.watched.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
})

it.each([
  [{ pages: -1 }, 'pages is -1; must be an integer from 0'],
  [{ samples: 0 }, 'samples is 0'],
  [{ samples: 1.5 }, 'samples is 1.5'],
  [{ periodNs: 0 }, 'periodNs is 0; must be a finite number above 0'],
  [{ slowWeight: 0 }, 'slowWeight is 0'],
  [{ fastWeight: 1.5 }, 'fastWeight is 1.5; must be a number from 0 to 1'],
])('refuses %o', (options, message) => {
  expect(() => new ActivityEstimator({ pages: 10, random: randomFrom(1), ...options })).toThrow(message)
})

it('refuses time that runs backwards', () => {
  const estimator = new ActivityEstimator({ pages: 10, random: randomFrom(1) })
  for (const ranNs of [-1, NaN, Infinity]) expect(() => estimator.advance(ranNs)).toThrow(`ranNs is ${ranNs}`)
  expect(() => estimator.resize(-1)).toThrow('pages is -1')
})
