import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { actionsOf, ReclaimLevel, ReclaimState } from '../../src/index.ts'

const TOTAL = 10_000

describe('ReclaimState', () => {
  it('has the thresholds of ESX Server: falls below 4, 2 and 1 %, rises above 2, 4 and 6 %', () => {
    const state = new ReclaimState()
    const seen = [1000, 600, 400, 399, 401, 660, 661, 199, 440, 441, 99, 199, 220, 221, 440, 441, 700].map((free) =>
      state.update(free, TOTAL),
    )
    expect(seen).toEqual('high high high soft soft soft high hard hard soft low low low hard hard soft high'.split(' '))
    expect(state.changes).toBe(8)
  })

  it('falls and rises over several states at once', () => {
    const state = new ReclaimState()
    expect(state.update(0, TOTAL)).toBe('low')
    expect(state.update(TOTAL, TOTAL)).toBe('high')
  })

  it('asks for more in each state', () => {
    expect(Object.values(ReclaimLevel).map(actionsOf)).toEqual([
      { share: false, balloon: false, swap: 'never', block: false },
      { share: true, balloon: true, swap: 'no-balloon', block: false },
      { share: true, balloon: true, swap: 'always', block: false },
      { share: true, balloon: true, swap: 'always', block: true },
    ])
    const state = new ReclaimState()
    state.update(150, TOTAL)
    expect(state.actions).toBe(actionsOf('hard'))
  })

  // Oracle: the rules, spelled out per state.
  it('stays where it is unless a threshold is crossed, and never flutters', () => {
    const fall = { high: 0.04, soft: 0.02, hard: 0.01, low: 0 }
    const rise = { high: 1, soft: 0.06, hard: 0.04, low: 0.02 }
    fc.assert(
      fc.property(fc.array(fc.nat(1000)), (frees) => {
        const state = new ReclaimState()
        for (const free of frees) {
          const before = state.level
          const after = state.update(free, TOTAL)
          const mayStay = free >= fall[before] * TOTAL && free <= rise[before] * 1.1 * TOTAL
          expect(after === before).toBe(mayStay)
          // The same again, or anything between the thresholds of the new state, changes nothing.
          expect(state.update(free, TOTAL)).toBe(after)
        }
      }),
      { seed: 1, numRuns: 300 },
    )
  })

  it('knows how many pages bring it back to the high state, to the page', () => {
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 1e6 }), fc.double({ min: 0, max: 0.039, noNaN: true }), (total, part) => {
        const free = Math.floor(part * total)
        const state = new ReclaimState()
        state.update(free, total)
        fc.pre(state.level !== 'high')
        const shortfall = state.shortfall(free, total)
        expect(state.update(free + shortfall - 1, total)).not.toBe('high')
        expect(state.update(free + shortfall, total)).toBe('high')
        expect(state.shortfall(free, total)).toBe(0)
      }),
      { seed: 2, numRuns: 300 },
    )
  })

  it.each([
    [{ high: 1.5 }, 'high is 1.5; must be a number from 0 to 1'],
    [{ soft: 0.07 }, 'soft is 0.07; must be at most the threshold above it, 0.06'],
    [{ low: 0.03 }, 'low is 0.03; must be at most the threshold above it, 0.02'],
    [{ riseFactor: 0.9 }, 'riseFactor is 0.9'],
    [{ high: 0.5, riseFactor: 2 }, 'riseFactor is 2; must be from 1, and below 2 for a high of 0.5'],
  ])('refuses %o', (options, message) => {
    expect(() => new ReclaimState(options)).toThrow(message)
    expect(() => new ReclaimState(options)).toThrow(RangeError)
  })

  it('refuses impossible amounts', () => {
    expect(() => new ReclaimState().update(11, 10)).toThrow('free is 11; must be at most total, which is 10')
    expect(() => new ReclaimState().update(-1, 10)).toThrow('free is -1')
    expect(() => new ReclaimState().shortfall(1, 0.5)).toThrow('total is 0.5')
  })
})
