// Oracle: proportional sharing itself, on a simulated clock: what each client got, counted by the test.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { StrideScheduler, type StrideClient } from '../../src/internal/stride.ts'

const quantum = 4

interface Client extends StrideClient {
  readonly name: number
  got: number
  ready: boolean
}

/** Runs whoever is picked for a quantum, or the part of one after which it sleeps. */
class Simulation {
  readonly scheduler = new StrideScheduler<Client>()
  readonly clients: Client[]

  constructor(shares: readonly number[]) {
    this.clients = shares.map((share, name) => ({ name, shares: share, pass: 0, got: 0, ready: false }))
  }

  set(client: Client, ready: boolean): void {
    if (client.ready === ready) return
    client.ready = ready
    if (ready) this.scheduler.enter(client)
    else this.scheduler.leave(client)
  }

  /** Who ran, or null. */
  step(part = 1): Client | null {
    const client = this.scheduler.pick()
    if (!client) return null
    client.got += quantum * part
    this.scheduler.charge(client, quantum * part)
    return client
  }
}

const shares = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 2, maxLength: 8 })
const event = fc.record({
  client: fc.nat(7),
  ready: fc.boolean(),
  part: fc.double({ min: 0.01, max: 1, noNaN: true }),
  steps: fc.nat(20),
})
const seed = 1

/** Changes who is ready as the events say, with steps between them. */
function play(
  simulation: Simulation,
  events: readonly { client: number; ready: boolean; part: number; steps: number }[],
): void {
  for (const { client, ready, part, steps } of events) {
    const target = simulation.clients[client % simulation.clients.length]!
    simulation.set(target, ready)
    for (let i = 0; i < steps; i++) simulation.step(part)
  }
}

test('whatever went before, clients that all want to run get time in proportion to their shares, within a quantum each', () => {
  fc.assert(
    fc.property(
      shares,
      fc.array(event, { maxLength: 40 }),
      fc.integer({ min: 1, max: 400 }),
      (given, events, steps) => {
        const simulation = new Simulation(given)
        play(simulation, events)
        for (const client of simulation.clients) simulation.set(client, true)
        // What some have got too much by then, they owe: at most a quantum each.
        const before = simulation.clients.map(({ got }) => got)
        for (let i = 0; i < steps; i++) simulation.step()
        const per = simulation.clients.map(({ got, shares: share }, i) => (got - before[i]!) / share)
        simulation.clients.forEach((a, i) => {
          simulation.clients.forEach((b, j) => {
            const bound = 2 * quantum * (1 / a.shares + 1 / b.shares)
            expect(Math.abs(per[i]! - per[j]!)).toBeLessThanOrEqual(bound + 1e-6)
          })
        })
      },
    ),
    { seed, numRuns: 300 },
  )
})

test('who slept has no credit: it gets no more than its share from then on, and a quantum', () => {
  fc.assert(
    fc.property(shares, fc.integer({ min: 0, max: 500 }), fc.integer({ min: 1, max: 300 }), (given, asleep, awake) => {
      const simulation = new Simulation(given)
      const [sleeper, ...others] = simulation.clients as [Client, ...Client[]]
      for (const client of others) simulation.set(client, true)
      for (let i = 0; i < asleep; i++) simulation.step()
      simulation.set(sleeper, true)
      const until = simulation.clients.map(({ got }) => got)
      for (let i = 0; i < awake; i++) simulation.step()
      others.forEach((other, i) => {
        const ahead = sleeper.got / sleeper.shares - (other.got - until[i + 1]!) / other.shares
        expect(ahead).toBeLessThanOrEqual(quantum * (1 / sleeper.shares + 1 / other.shares) + 1e-6)
      })
    }),
    { seed, numRuns: 300 },
  )
})

test('who comes back waits for no more than a quantum of each other client', () => {
  fc.assert(
    fc.property(shares, fc.array(event, { maxLength: 40 }), (given, events) => {
      const simulation = new Simulation(given)
      play(simulation, events)
      const [sleeper, ...others] = simulation.clients as [Client, ...Client[]]
      simulation.set(sleeper, false)
      for (const client of others) simulation.set(client, true)
      // Long enough for the sleeper's own debt to be forgotten.
      for (let i = 0; i < 2000; i++) simulation.step()
      simulation.set(sleeper, true)
      let waited = 0
      while (simulation.step() !== sleeper) waited++
      expect(waited).toBeLessThanOrEqual(others.length)
    }),
    { seed, numRuns: 200 },
  )
})

test('new shares count from the moment they are given', () => {
  const simulation = new Simulation([1, 1])
  const [a, b] = simulation.clients as [Client, Client]
  for (const client of simulation.clients) simulation.set(client, true)
  for (let i = 0; i < 100; i++) simulation.step()
  expect([a.got, b.got]).toEqual([200, 200])
  a.shares = 3
  for (let i = 0; i < 100; i++) simulation.step()
  expect((a.got - 200) / (b.got - 200)).toBeCloseTo(3, 0)
})
