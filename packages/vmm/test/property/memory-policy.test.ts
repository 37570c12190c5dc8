// Oracle: the promises of the policy, held against any course of events on a simulated host: machines that touch pages, give them up or
// refuse to, come, go, and get other limits.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MemoryPolicy, reservedFrames } from '../../src/memory-policy/memory-policy.ts'
import type { PolicyClient } from '../../src/memory-policy/types.ts'
import { claimOf, type MemoryClaim } from '../../src/vm-memory.ts'

const usableFrames = 2000
const pageBytes = 4096
const size = 1024

/** Numbers that are the same in each run. */
function lcg(seed: number): () => number {
  let state = seed
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32
}

/** A machine that holds so many pages, with a balloon that follows at once or never. */
class FakeMachine implements PolicyClient {
  readonly claim: MemoryClaim
  readonly pages: PolicyClient['pages']
  readonly balloon: FakeBalloon | null
  readonly sampler = { onTouched: (): void => {}, sample: (): void => {}, endSampling: (): void => {} }
  held = 0
  given = 0
  swapped = 0
  isBlocked = false
  /** The least that it held after something was taken from it. */
  leastAfterSwap = Infinity

  constructor(options: { minPages: number; shares: number; balloon: 'none' | 'follows' | 'stalls' }, host: FakeHost) {
    this.claim = claimOf({ size: size * pageBytes, min: options.minPages * pageBytes, shares: options.shares }, 0)
    this.pages = new FakePages(this, host)
    this.balloon = options.balloon === 'none' ? null : new FakeBalloon(this, host, options.balloon === 'follows')
  }

  timeNs(): number {
    return 0
  }

  tryShare(): boolean {
    return false
  }

  readonly setBlocked = (isBlocked: boolean): void => void (this.isBlocked = isBlocked)
  readonly heard: boolean[] = []

  complianceChanged(isCompliant: boolean): void {
    this.heard.push(isCompliant)
  }
}

class FakePages {
  readonly #machine: FakeMachine
  readonly #host: FakeHost

  constructor(machine: FakeMachine, host: FakeHost) {
    this.#machine = machine
    this.#host = host
  }

  get residentPages(): number {
    return this.#machine.held
  }

  chooseVictims(count: number): number[] {
    return Array.from({ length: Math.min(count, this.#machine.held) }, (_, i) => i)
  }

  swapOut(): string {
    const machine = this.#machine
    machine.held--
    machine.swapped++
    machine.leastAfterSwap = Math.min(machine.leastAfterSwap, machine.held)
    this.#host.swaps++
    return 'swapped'
  }
}

class FakeBalloon {
  state: string
  readonly isCompliant: boolean
  readonly #machine: FakeMachine
  readonly #host: FakeHost

  constructor(machine: FakeMachine, host: FakeHost, follows: boolean) {
    this.#machine = machine
    this.#host = host
    this.state = follows ? 'reached' : 'stalled'
    this.isCompliant = follows
  }

  get actual(): number {
    return this.#machine.given
  }

  setTarget(pages: number): void {
    this.#host.largestBalloonWish = Math.max(this.#host.largestBalloonWish, pages)
    if (!this.isCompliant) return
    const machine = this.#machine
    machine.held -= Math.max(0, Math.min(machine.held, pages - machine.given))
    machine.given = pages
  }

  poll(): void {}
}

class FakeHost {
  readonly machines: FakeMachine[] = []
  readonly policy: MemoryPolicy
  readonly usableFrames = usableFrames
  swaps = 0
  largestBalloonWish = 0
  nowNs = 0

  constructor() {
    this.policy = new MemoryPolicy({ frames: this, options: {}, sharing: null, random: lcg(1), onLevel: () => {} })
  }

  get freeFrames(): number {
    return usableFrames - this.machines.reduce((sum, { held }) => sum + held, 0)
  }

  /** As a guest does: page by page; the policy is asked when there is no frame. False: the guest has to stand still. */
  touch(machine: FakeMachine, pages: number): boolean {
    for (let i = 0; i < pages && machine.held + machine.given < size; i++) {
      if (this.freeFrames === 0 && !this.policy.relieve()) return false
      machine.held++
      machine.swapped = Math.max(0, machine.swapped - 1)
    }
    return true
  }

  look(): void {
    this.nowNs += 1e8
    for (let i = 0; i < 100 && this.policy.look(this.nowNs); i++);
  }
}

const machine = fc.record({
  minPages: fc.integer({ min: 0, max: 400 }),
  shares: fc.integer({ min: 1, max: 1000 }),
  balloon: fc.constantFrom('none' as const, 'follows' as const, 'stalls' as const),
})
const step = fc.record({
  machine: fc.nat(3),
  pages: fc.nat(600),
  looks: fc.nat(3),
  limit: fc.option(fc.integer({ min: 400, max: size }), { freq: 4 }),
})

test('guarantees hold, targets are sound, and memory comes back', () => {
  fc.assert(
    fc.property(
      fc.array(machine, { minLength: 2, maxLength: 4 }),
      fc.array(step, { maxLength: 30 }),
      (given, steps) => {
        const host = new FakeHost()
        for (const options of given) {
          const client = new FakeMachine(options, host)
          host.machines.push(client)
          host.policy.add(client)
        }
        for (const { machine: index, pages, looks, limit } of steps) {
          const client = host.machines[index % host.machines.length]!
          // Nobody is refused: the guarantees together leave room.
          expect(host.touch(client, pages)).toBe(true)
          if (limit !== null) {
            client.claim.maxPages = limit
            client.claim.targetPages = Math.min(client.claim.targetPages, limit)
            host.policy.changed()
          }
          for (let i = 0; i < looks; i++) host.look()
          expect(host.freeFrames).toBeGreaterThanOrEqual(0)
          for (const { claim, leastAfterSwap, isBlocked, held } of host.machines) {
            expect(claim.targetPages).toBeLessThanOrEqual(claim.maxPages)
            expect(leastAfterSwap, 'what is guaranteed is not taken').toBeGreaterThanOrEqual(claim.minPages)
            if (looks > 0) expect(isBlocked).toBe(host.policy.level === 'low' && held > claim.targetPages)
          }
        }
        // Left alone, the host gets its reserve back, and each machine comes down to its own limit.
        for (let i = 0; i < 200; i++) host.look()
        expect(host.policy.level).toBe('high')
        const targets = host.machines.reduce((sum, { claim }) => sum + claim.targetPages, 0)
        expect(targets).toBeLessThanOrEqual(usableFrames - reservedFrames(usableFrames, {}))
        for (const { claim, held, isBlocked } of host.machines) {
          expect(claim.targetPages).toBeGreaterThanOrEqual(claim.minPages)
          expect(held).toBeLessThanOrEqual(claim.maxPages)
          expect(isBlocked).toBe(false)
        }
        expect(host.largestBalloonWish).toBeLessThanOrEqual(size)
      },
    ),
    { seed: 1, numRuns: 300 },
  )
})

test('where balloons follow, nothing is swapped out while more than 2 % are free', () => {
  const host = new FakeHost()
  const [a, b] = [1, 2].map(() => new FakeMachine({ minPages: 0, shares: 100, balloon: 'follows' }, host))
  for (const client of [a!, b!]) {
    host.machines.push(client)
    host.policy.add(client)
  }
  for (let i = 0; i < 200; i++) {
    host.touch(host.machines[i % 2]!, 20)
    host.look()
  }
  expect(host.swaps).toBe(0)
  expect(a!.given + b!.given).toBeGreaterThan(0)
})

test('a machine whose balloon stalls is marked, and swapped out instead', () => {
  const host = new FakeHost()
  const good = new FakeMachine({ minPages: 0, shares: 100, balloon: 'follows' }, host)
  const bad = new FakeMachine({ minPages: 0, shares: 100, balloon: 'stalls' }, host)
  for (const client of [good, bad]) {
    host.machines.push(client)
    host.policy.add(client)
  }
  for (let i = 0; i < 200; i++) {
    host.touch(host.machines[i % 2]!, 20)
    host.look()
  }
  expect([good.claim.isCompliant, bad.claim.isCompliant]).toEqual([true, false])
  expect(good.swapped).toBe(0)
  expect(bad.swapped).toBeGreaterThan(0)
})

test('pages go from who pays the fewest shares for each of them', () => {
  const host = new FakeHost()
  const [poor, rich] = [100, 300].map((shares) => new FakeMachine({ minPages: 0, shares, balloon: 'none' }, host))
  for (const client of [poor!, rich!]) {
    host.machines.push(client)
    host.policy.add(client)
  }
  host.look()
  expect(rich!.claim.targetPages).toBe(size)
  expect(poor!.claim.targetPages).toBe(usableFrames - reservedFrames(usableFrames, {}) - size)
})

// Oracle: what is told, put together, is what was so at each poll.
test('a guest that ceases to comply, and that complies again, is told of once', () => {
  const states = ['reached', 'inflating', 'deflating', 'absent', 'stalled', 'lying']
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...states), { maxLength: 30 }), (polls) => {
      const host = new FakeHost()
      const machine = new FakeMachine({ minPages: 0, shares: 1000, balloon: 'follows' }, host)
      host.policy.add(machine)
      let last = true
      const wanted: boolean[] = []
      for (const [second, state] of polls.entries()) {
        machine.balloon!.state = state
        host.policy.look(second * 1e9)
        const isCompliant = state !== 'stalled' && state !== 'lying'
        if (isCompliant !== last) wanted.push(isCompliant)
        last = isCompliant
        expect(machine.claim.isCompliant).toBe(isCompliant)
      }
      expect(machine.heard).toEqual(wanted)
    }),
  )
})
