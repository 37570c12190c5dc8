import fc from 'fast-check'
import { expect, it } from 'vitest'
import { allocate, sharesPerPage } from '../../src/index.ts'
import type { Client } from '../../src/index.ts'

const clientArbitrary: fc.Arbitrary<Client> = fc
  .record({
    shares: fc.oneof(
      fc.constantFrom(1, 2, 3, 1000),
      fc.integer({ min: 1, max: 64 }),
      fc.double({ min: 0.01, max: 5000, noNaN: true }),
    ),
    bounds: fc.tuple(fc.nat(200), fc.nat(200)),
    active: fc.oneof(fc.constantFrom(0, 0.5, 1), fc.double({ min: 0, max: 1, noNaN: true })),
  })
  .map(({ shares, bounds: [a, b], active }) => ({ shares, min: Math.min(a, b), max: Math.max(a, b), active }))

const marketArbitrary = fc
  .record({
    clients: fc.array(clientArbitrary, { minLength: 1, maxLength: 8 }),
    room: fc.double({ min: 0, max: 1.1, noNaN: true }),
    tax: fc.oneof(fc.constantFrom(0, 0.5, 0.75), fc.double({ min: 0, max: 0.99, noNaN: true })),
  })
  .map(({ clients, room, tax }) => {
    const least = total(clients.map(({ min }) => min))
    const most = total(clients.map(({ max }) => max))
    return { clients, capacity: least + Math.floor(room * (most - least)), tax }
  })

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0)
}

const price = ({ active }: Client, tax: number): number => active + (1 / (1 - tax)) * (1 - active)

/** Everybody starts at max; one page at a time goes, from whoever pays least per page. */
function revokeOneByOne(clients: readonly Client[], capacity: number, tax: number): number[] {
  const pages = clients.map(({ max }) => max)
  while (total(pages) > capacity) {
    let victim = -1
    let most = -Infinity
    clients.forEach((client, i) => {
      const pagesPerShare = pages[i]! * (price(client, tax) / client.shares)
      if (pages[i]! > client.min && pagesPerShare > most) {
        most = pagesPerShare
        victim = i
      }
    })
    pages[victim]!--
  }
  return pages
}

// Oracle: the definition, one page at a time.
it('is min-funding revocation, to the page', () => {
  fc.assert(
    fc.property(marketArbitrary, ({ clients, capacity, tax }) => {
      expect(allocate(clients, capacity, { tax })).toEqual(revokeOneByOne(clients, capacity, tax))
    }),
    { seed: 1, numRuns: 500 },
  )
})

// Oracle: the same. Shares and activity are such that prices are equal in exact arithmetic, but their products, which are rounded, may not be.
it.each([
  ['any small', fc.integer({ min: 1, max: 64 })],
  ['multiples of three and seven', fc.constantFrom(3, 7, 9, 21, 27, 49, 63)],
])('is so where prices are equal but for rounding: shares are %s', (_, shares) => {
  const evenArbitrary = fc.record({ shares, rounds: fc.integer({ min: 1, max: 9 }) })
  fc.assert(
    fc.property(
      fc.array(evenArbitrary, { minLength: 2, maxLength: 6 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (even, room) => {
        const clients = even.map(({ shares, rounds }) => ({ shares, min: 0, max: shares * rounds, active: 1 }))
        const capacity = Math.floor(room * total(clients.map(({ max }) => max)))
        expect(allocate(clients, capacity)).toEqual(revokeOneByOne(clients, capacity, 0.75))
      },
    ),
    { seed: 7, numRuns: 2000 },
  )
})

it('uses what there is and no more, keeps guarantees and limits', () => {
  fc.assert(
    fc.property(marketArbitrary, ({ clients, capacity, tax }) => {
      const targets = allocate(clients, capacity, { tax })
      expect(total(targets)).toBe(Math.min(capacity, total(clients.map(({ max }) => max))))
      targets.forEach((target, i) => {
        expect(target).toBeGreaterThanOrEqual(clients[i]!.min)
        expect(target).toBeLessThanOrEqual(clients[i]!.max)
      })
    }),
    { seed: 2, numRuns: 500 },
  )
})

it('gives nobody less for more shares, more activity or more capacity', () => {
  const more = fc.record({
    which: fc.nat(7),
    shares: fc.double({ min: 1, max: 9, noNaN: true }),
    active: fc.double({ min: 0, max: 1, noNaN: true }),
    pages: fc.nat(100),
  })
  fc.assert(
    fc.property(marketArbitrary, more, ({ clients, capacity, tax }, { which, shares, active, pages }) => {
      const targets = allocate(clients, capacity, { tax })
      const i = which % clients.length
      const changed = (change: (client: Client) => Partial<Client>): number[] =>
        allocate(
          clients.map((client, j) => (j === i ? { ...client, ...change(client) } : client)),
          capacity,
          { tax },
        )
      expect(changed((client) => ({ shares: client.shares * shares }))[i]).toBeGreaterThanOrEqual(targets[i]!)
      expect(changed((client) => ({ active: client.active + active * (1 - client.active) }))[i]).toBeGreaterThanOrEqual(
        targets[i]!,
      )
      allocate(clients, capacity + pages, { tax }).forEach((target, j) =>
        expect(target).toBeGreaterThanOrEqual(targets[j]!),
      )
    }),
    { seed: 3, numRuns: 500 },
  )
})

it('takes idle memory first, and only with a tax', () => {
  fc.assert(
    fc.property(clientArbitrary, fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(400), (client, idleness, room) => {
      const idler = { ...client, active: client.active * (1 - idleness) }
      const capacity = 2 * client.min + room
      const [idle, busy] = allocate([idler, client], capacity) as [number, number]
      expect(idle).toBeLessThanOrEqual(busy)
      // Oracle: without a tax the two are alike, and the first one gives the odd page.
      const [first, second] = allocate([idler, client], capacity, { tax: 0 }) as [number, number]
      expect(second - first).toBe(capacity < 2 * client.max ? capacity % 2 : 0)
    }),
    { seed: 8, numRuns: 300 },
  )
})

// Oracle: the formula. Whoever is neither at min nor at max pays as many shares per page as the others, but for one page.
it('ends where everybody pays the same', () => {
  fc.assert(
    fc.property(marketArbitrary, ({ clients, capacity, tax }) => {
      const targets = allocate(clients, capacity, { tax })
      clients.forEach((giver, i) => {
        clients.forEach((taker, j) => {
          if (targets[i] === giver.min || targets[j] === taker.max) return
          // A page more for the taker would cost it more than the giver pays now: it must not want to buy.
          const has = sharesPerPage(giver, targets[i]!, { tax })
          const wouldPay = sharesPerPage(taker, targets[j]! + 1, { tax })
          expect(wouldPay).toBeLessThanOrEqual(has * (1 + 1e-12))
        })
      })
    }),
    { seed: 4, numRuns: 300 },
  )
})

it('does not depend on who is asked first, but for one page', () => {
  fc.assert(
    fc.property(marketArbitrary, ({ clients, capacity, tax }) => {
      const targets = allocate(clients, capacity, { tax })
      const reversed = allocate(clients.toReversed(), capacity, { tax }).toReversed()
      targets.forEach((target, i) => expect(Math.abs(target - reversed[i]!)).toBeLessThanOrEqual(1))
    }),
    { seed: 5, numRuns: 300 },
  )
})

it('has nothing to take where the target is held already', () => {
  fc.assert(
    fc.property(marketArbitrary, ({ clients, capacity, tax }) => {
      const targets = allocate(clients, capacity, { tax })
      const holding = clients.map((client, i) => ({ ...client, max: targets[i]! }))
      expect(allocate(holding, capacity, { tax })).toEqual(targets)
    }),
    { seed: 6, numRuns: 300 },
  )
})
