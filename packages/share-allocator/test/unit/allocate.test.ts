import { describe, expect, it } from 'vitest'
import { allocate, sharesPerPage } from '../../src/index.ts'

/** 4 KiB pages. */
const MIB = 256
const vm = { shares: 1000, min: 0, max: 256 * MIB, active: 1 }

describe('two virtual machines of 256 MB on a host with 360 MB to share (the experiment of OSDI 2002, section 5.4)', () => {
  const idle = { ...vm, active: 0 }
  const capacity = 358 * MIB

  it('split evenly, 179 MB each, without a tax', () => {
    expect(allocate([idle, vm], capacity, { tax: 0 })).toEqual([179 * MIB, 179 * MIB])
  })

  it('with the default tax the busy one has what it asks for, and the idle one the rest', () => {
    expect(allocate([idle, vm], capacity)).toEqual([102 * MIB, 256 * MIB])
  })

  it('with more memory than 256 MB each, the tax of 75 % makes it one to four', () => {
    const [large, other] = [
      { ...idle, max: 1000 * MIB },
      { ...vm, max: 1000 * MIB },
    ]
    expect(allocate([large, other], 500 * MIB, { tax: 0.75 })).toEqual([100 * MIB, 400 * MIB])
  })
})

it('shares are proportions', () => {
  const clients = [1, 2, 3].map((shares) => ({ ...vm, shares }))
  expect(allocate(clients, 240 * MIB)).toEqual([40 * MIB, 80 * MIB, 120 * MIB])
})

it('what one client does not want is divided among the others', () => {
  const clients = [{ ...vm, max: 10 * MIB }, vm, vm]
  expect(allocate(clients, 210 * MIB)).toEqual([10 * MIB, 100 * MIB, 100 * MIB])
})

it('a guarantee is taken from the others', () => {
  const clients = [{ ...vm, min: 100 * MIB, active: 0 }, vm, vm]
  expect(allocate(clients, 200 * MIB)).toEqual([100 * MIB, 50 * MIB, 50 * MIB])
})

it('where two pay the same, the first one gives', () => {
  expect(allocate([vm, vm, vm], 100)).toEqual([33, 33, 34])
})

it('takes pages back from what is held', () => {
  const held = [
    { ...vm, max: 300 },
    { ...vm, max: 100 },
  ]
  expect(allocate(held, 350)).toEqual([250, 100])
})

it('nobody gets nothing', () => {
  expect(allocate([], 100)).toEqual([])
  expect(allocate([{ ...vm, max: 0 }], 100)).toEqual([0])
  expect(allocate([vm], 0)).toEqual([0])
})

it('is as exact with the largest hosts and the oddest shares', () => {
  const clients = [1e-6, 1, 1e9].map((shares) => ({ shares, min: 0, max: 2 ** 40, active: 1 }))
  const targets = allocate(clients, 2 ** 40)
  expect(targets.reduce((sum, target) => sum + target, 0)).toBe(2 ** 40)
  expect(targets[1]! * 1e9).toBeGreaterThan(targets[2]! - 1e9)
})

it('an idle page costs 1 / (1 - tax) active ones', () => {
  expect(sharesPerPage({ shares: 100, active: 1 }, 50)).toBe(2)
  expect(sharesPerPage({ shares: 100, active: 0 }, 50)).toBe(0.5)
  expect(sharesPerPage({ shares: 100, active: 0.5 }, 50)).toBe(0.8)
  expect(sharesPerPage({ shares: 100, active: 0 }, 50, { tax: 0 })).toBe(2)
  expect(sharesPerPage({ shares: 100, active: 0 }, 0)).toBe(Infinity)
})

it.each([
  [{ ...vm, shares: 0 }, 'clients[1].shares is 0; must be a finite number above 0'],
  [{ ...vm, shares: NaN }, 'clients[1].shares is NaN'],
  [{ ...vm, min: -1 }, 'clients[1].min is -1; must be an integer from 0'],
  [{ ...vm, min: 2, max: 1 }, 'clients[1].min is 2; must be at most clients[1].max, which is 1'],
  [{ ...vm, max: 0.5 }, 'clients[1].max is 0.5'],
  [{ ...vm, active: 1.1 }, 'clients[1].active is 1.1; must be a number from 0 to 1'],
])('refuses %o', (client, message) => {
  expect(() => allocate([vm, client], 1000)).toThrow(message)
  expect(() => allocate([vm, client], 1000)).toThrow(RangeError)
})

it('refuses a tax of one, a capacity that is no number of pages, and guarantees beyond it', () => {
  expect(() => allocate([vm], 10, { tax: 1 })).toThrow('tax is 1; must be a number from 0 to below 1')
  expect(() => allocate([vm], -5)).toThrow('capacity is -5')
  expect(() =>
    allocate(
      [
        { ...vm, min: 8 },
        { ...vm, min: 7 },
      ],
      14,
    ),
  ).toThrow('guaranteed 15 pages; the capacity is 14')
  expect(() => sharesPerPage({ shares: 1, active: 2 }, 1)).toThrow('active is 2')
  expect(() => sharesPerPage({ shares: 1, active: 1 }, -1)).toThrow('pages is -1')
})
