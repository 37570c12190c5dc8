import fc from 'fast-check'
import { expect, it } from 'vitest'
import { AdmissionControl, allocate } from '../../src/index.ts'
import type { Reservation } from '../../src/index.ts'

const requestArbitrary = fc
  .record({ a: fc.nat(60), b: fc.nat(60), overhead: fc.option(fc.nat(8), { nil: undefined }) })
  .map(({ a, b, overhead }) => ({
    min: Math.min(a, b),
    max: Math.max(a, b),
    ...(overhead !== undefined && { overhead }),
  }))

interface Held {
  readonly reservation: Reservation
  request: { min: number; max: number; overhead?: number }
}

// Oracle: the list of those admitted, added up each time.
it('admits exactly those whose guarantees can be kept', () => {
  const stepArbitrary = fc.record({
    what: fc.constantFrom('admit', 'admit', 'change', 'release'),
    which: fc.nat(9),
    request: requestArbitrary,
  })
  fc.assert(
    fc.property(fc.array(stepArbitrary), fc.nat(200), fc.nat(200), (steps, memory, swap) => {
      const control = new AdmissionControl({ memory, swap })
      const held: Held[] = []
      const used = (without?: Held): { memory: number; swap: number } => ({
        memory: sum(held.map((other) => (other === without ? 0 : other.request.min + (other.request.overhead ?? 0)))),
        swap: sum(held.map((other) => (other === without ? 0 : other.request.max - other.request.min))),
      })
      for (const { what, which, request } of steps) {
        const one = held[which % held.length]
        if (what === 'release' && one) {
          one.reservation.release()
          one.reservation.release()
          held.splice(held.indexOf(one), 1)
        } else if (what !== 'release' && (what === 'admit' || one)) {
          const others = used(what === 'change' ? one : undefined)
          const fits = [
            others.memory + request.min + (request.overhead ?? 0) <= memory,
            others.swap + request.max - request.min <= swap,
          ]
          const admission = what === 'admit' ? control.admit(request) : one!.reservation.change(request)
          if (admission.admitted) expect(fits).toEqual([true, true])
          else expect(fits[admission.lacks === 'memory' ? 0 : 1]).toBe(false)
          if (admission.admitted && what === 'admit') held.push({ reservation: admission.reservation, request })
          else if (admission.admitted) one!.request = request
        }
        const now = used()
        expect(control.unreserved).toEqual({ memory: memory - now.memory, swap: swap - now.swap })
        for (const {
          reservation,
          request: { min, max, overhead = 0 },
        } of held)
          expect([reservation.memory, reservation.swap]).toEqual([min + overhead, max - min])
      }
      // What was admitted can be served: the allocator finds targets, and swap has room for all the rest.
      const clients = held.map(({ request }) => ({ ...request, shares: 1, active: 0.5 }))
      const targets = allocate(clients, memory - sum(held.map(({ request }) => request.overhead ?? 0)))
      expect(sum(clients.map(({ max }, i) => max - targets[i]!))).toBeLessThanOrEqual(swap)
    }),
    { seed: 1, numRuns: 500 },
  )
})

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

it('says in words what is missing', () => {
  const control = new AdmissionControl({ memory: 100, swap: 50 })
  expect(control.admit({ min: 95, max: 95, overhead: 6 })).toEqual({
    admitted: false,
    lacks: 'memory',
    wanted: 101,
    unreserved: 100,
    message: '101 pages of memory are needed (95 guaranteed and 6 of overhead); 100 are unreserved',
  })
  expect(control.admit({ min: 10, max: 61 })).toMatchObject({
    message: '51 pages of swap are needed (61 at most less 10 guaranteed); 50 are unreserved',
  })
})

it('refuses what is no request', () => {
  const control = new AdmissionControl({ memory: 100, swap: 50 })
  expect(() => control.admit({ min: 5, max: 4 })).toThrow('min is 5; must be at most max, which is 4')
  expect(() => control.admit({ min: 1, max: 2, overhead: -1 })).toThrow('overhead is -1')
  expect(() => new AdmissionControl({ memory: 0.5, swap: 0 })).toThrow('memory is 0.5; must be an integer from 0')
  const admission = control.admit({ min: 1, max: 2 })
  if (!admission.admitted) throw new Error(admission.message)
  admission.reservation.release()
  expect(() => admission.reservation.change({ min: 1, max: 2 })).toThrow('has been released')
})
