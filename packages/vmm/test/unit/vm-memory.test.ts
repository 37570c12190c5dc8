import fc from 'fast-check'
import { expect, test } from 'vitest'
import { haltForever } from '../support/guest-program.ts'
import { machine, mib, smallHost } from '../support/machines.ts'

test('a machine of one size has all of it, and as many shares', () => {
  const { memory } = machine(haltForever)
  expect(memory).toMatchObject({
    size: 2 * mib,
    min: 2 * mib,
    max: 2 * mib,
    target: 2 * mib,
    shares: 20,
    isCompliant: true,
  })
})

test('limits can be given and changed', () => {
  const { memory } = machine(haltForever, { memory: { size: 4 * mib, min: mib, max: 3 * mib, shares: 7 } })
  expect(memory).toMatchObject({ size: 4 * mib, min: mib, max: 3 * mib, shares: 7, target: 3 * mib })
  memory.update({ max: 2 * mib })
  expect(memory).toMatchObject({ min: mib, max: 2 * mib, shares: 7, target: 2 * mib })
  memory.update({ min: 0, shares: 9 })
  expect(memory).toMatchObject({ min: 0, max: 2 * mib, shares: 9 })
})

// Oracle: the rule itself: 0 <= min <= max <= size, in pages.
test('an update is taken as a whole or refused as a whole', () => {
  const { memory } = machine(haltForever, { memory: { size: 4 * mib, min: mib, max: 3 * mib, shares: 7 } })
  const bytes = fc.oneof(
    fc.integer({ min: 0, max: 1200 }).map((pages) => pages * 4096),
    fc.constantFrom(-4096, 1, NaN, 0.5),
  )
  const limits = fc.record({ min: bytes, max: bytes, shares: fc.constantFrom(1, 5, 0, 1.5) }, { requiredKeys: [] })
  fc.assert(
    fc.property(limits, (update) => {
      const before = { min: memory.min, max: memory.max, shares: memory.shares }
      const wanted = { ...before, ...update }
      const isPages = (value: number): boolean => Number.isInteger(value) && value % 4096 === 0
      const isGood =
        isPages(wanted.min) &&
        isPages(wanted.max) &&
        wanted.min >= 0 &&
        wanted.min <= wanted.max &&
        wanted.max >= mib &&
        wanted.max <= 4 * mib &&
        [1, 5, 7].includes(wanted.shares)
      if (isGood) memory.update(update)
      else expect(() => memory.update(update)).toThrow(/memory\.(min|max|shares) is/)
      expect({ min: memory.min, max: memory.max, shares: memory.shares }).toEqual(isGood ? wanted : before)
    }),
    { seed: 1, numRuns: 500 },
  )
})

test('names tell machines apart', () => {
  const host = smallHost()
  const names = [
    machine(haltForever, {}, host),
    machine(haltForever, { name: 'web' }, host),
    machine(haltForever, {}, host),
  ]
  expect(names.map(({ name }) => name)).toEqual(['vm1', 'web', 'vm2'])
  expect(() => machine(haltForever, { name: 'web' }, host)).toThrow(/name is "web"/)
})
