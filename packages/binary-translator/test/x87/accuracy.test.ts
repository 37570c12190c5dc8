// Oracle: the functions' series, summed with whole numbers of 160 bits and more (exact.ts), with the 66-bit pi of SDM vol. 1, section 8.3.8.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { functions, worstError } from './accuracy.ts'

/** Arguments of one run: a long test sees half a million for each function. */
const argumentsPerRun = 100

/** Rounding adds half a unit in the last place to nearest and one otherwise; what precedes it, less than a sixteenth. */
const boundOf = (rounding: number): number => (rounding === 0 ? 0.5 : 1) + 1 / 16

test.each(Object.keys(functions))('%s is within a sixteenth of what rounding allows', (name) => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 0, max: 3 }), (seed, rounding) => {
      const { error, at } = worstError(name, seed, argumentsPerRun, rounding)
      expect(error, at).toBeLessThanOrEqual(boundOf(rounding))
    }),
    { seed: 87, numRuns: 250 },
  )
})
