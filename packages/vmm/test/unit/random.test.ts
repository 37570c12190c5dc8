// Oracle: what a source of random numbers is for: repeatable ones are the same each time, others are not; bits are as often one as zero.
import { expect, it } from 'vitest'
import { randomSource } from '../../src/internal/random.ts'

const take = (isRepeatable: boolean, count = 4096): number[] => {
  const source = randomSource(isRepeatable)
  return Array.from({ length: count }, () => source.next())
}

it('is the same in each run by the instructions clock, and in no other', () => {
  expect(take(true)).toEqual(take(true))
  expect(take(false)).not.toEqual(take(false))
})

it.each([true, false])('gives 32 bits that do not lean (repeatable: %s)', (isRepeatable) => {
  const numbers = take(isRepeatable)
  for (const number of numbers) expect(number).toBe(number >>> 0)
  for (let bit = 0; bit < 32; bit++) {
    const ones = numbers.reduce((sum, number) => sum + ((number >>> bit) & 1), 0)
    // Eight standard deviations.
    expect(Math.abs(ones - numbers.length / 2)).toBeLessThan(4 * Math.sqrt(numbers.length))
  }
  expect(new Set(numbers).size).toBeGreaterThan(numbers.length - 10)
})
