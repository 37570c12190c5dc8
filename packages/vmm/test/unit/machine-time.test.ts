import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MachineTime } from '../../src/machine-time.ts'

/** A processor that retires what it is told to, with a counter as the engine's: it follows the scale while instructions retire. */
class FakeProcessor {
  retired = 0
  #exact = 0
  readonly timeStamp: { scale: number; advanceTo(value: number): void }

  constructor() {
    const advanceTo = (value: number): void => void (this.#exact = Math.max(this.#exact, Math.floor(16 * value) / 16))
    this.timeStamp = { scale: 1, advanceTo }
  }

  run(instructions: number): void {
    this.retired += instructions
    this.#exact += instructions * this.timeStamp.scale
  }

  get tsc(): number {
    return Math.floor(this.#exact)
  }
}

function clockOf(host: { ns: number }): { nowNs(): number; unixMs(): number } {
  return { nowNs: () => host.ns, unixMs: () => 1_700_000_000_000 }
}

/** A machine that follows the clock of `host`, and goes on now. */
function machineOn(host: { ns: number }): { processor: FakeProcessor; time: MachineTime } {
  const processor = new FakeProcessor()
  const time = new MachineTime(clockOf(host))
  time.follow(processor as never)
  time.resume()
  return { processor, time }
}

const step = fc.record({
  instructions: fc.nat(1_000_000),
  tookNs: fc.oneof(fc.nat(20_000_000), fc.nat(3_000_000_000)),
  pausedNs: fc.nat(5_000_000_000),
})

// Oracle: the promises of the class, held against any course of slices, sleeps and pauses.
test('real time never goes backwards, does not jump while the guest runs, and keeps up; the time-stamp counter agrees', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 50 }), fc.boolean(), (steps, pauses) => {
      const host = { ns: 5e9 }
      const { processor, time } = machineOn(host)
      let last = 0
      for (const { instructions, tookNs, pausedNs } of steps) {
        const began = time.begin()
        const lag = host.ns - 5e9 - last
        if (pauses || lag <= 1e9) expect(began).toBe(last)
        else expect(began, 'a host that was away for long').toBeGreaterThan(last)
        expect(processor.tsc).toBe(began)
        processor.run(instructions)
        host.ns += tookNs
        expect(processor.tsc).toBe(time.nowNs())
        time.measure(instructions, tookNs)
        last = time.nowNs()
        if (pauses) {
          host.ns += pausedNs
          time.resume()
          expect(time.nowNs(), 'a pause takes no time').toBe(last)
        }
      }
      if (pauses) return
      expect(host.ns - 5e9 - time.begin()).toBeLessThanOrEqual(1e9)
      expect(time.catchUp()).toBeGreaterThanOrEqual(host.ns - 5e9 - 1)
      expect(processor.tsc).toBe(time.nowNs())
    }),
    { seed: 1, numRuns: 300 },
  )
})

test('instruction time is the count of instructions and what was skipped', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(1e6), fc.nat(1e9)), { maxLength: 30 }), (steps) => {
      const processor = new FakeProcessor()
      const time = new MachineTime(null)
      time.follow(processor as never)
      let expected = 0
      for (const [instructions, skipped] of steps) {
        time.begin()
        processor.run(instructions)
        time.measure(instructions, 12_345_678)
        expected += instructions
        expect(time.nowNs()).toBe(expected)
        time.skipTo(expected + skipped)
        expected += skipped
        expect(processor.tsc).toBe(expected)
      }
      expect(time.nowMs()).toBe(1_735_689_600_000 + Math.floor(expected / 1e6))
    }),
    { seed: 1, numRuns: 100 },
  )
})

// Oracle: the host's clock; the guest runs at a steady speed that the estimate has to find.
test('a steady guest is within milliseconds of the host after a while', () => {
  fc.assert(
    fc.property(fc.integer({ min: 150, max: 500_000 }), (picoseconds) => {
      const host = { ns: 0 }
      const { processor, time } = machineOn(host)
      for (let slice = 0; slice < 300; slice++) {
        time.begin()
        const instructions = time.sliceInstructions
        processor.run(instructions)
        host.ns += (instructions * picoseconds) / 1000
        time.measure(instructions, (instructions * picoseconds) / 1000)
      }
      expect(Math.abs(time.aheadNs())).toBeLessThan(5e6)
    }),
    { seed: 1, numRuns: 200 },
  )
})

test('a guest that has overtaken the clock knows by how much', () => {
  const host = { ns: 0 }
  const { processor, time } = machineOn(host)
  time.begin()
  processor.run(1_000_000)
  host.ns += 1_000_000
  expect(time.aheadNs()).toBe(time.nowNs() - 1_000_000)
})

test('a busy host makes no progress of the guest, rest and instructions do', () => {
  const host = { ns: 0 }
  const { processor, time } = machineOn(host)
  time.begin()
  processor.run(2000)
  host.ns += 5e9
  expect(time.catchUp()).toBe(5e9)
  expect(time.progressNs()).toBe(2000)
  host.ns += 1e9
  time.rested(1e9)
  expect(time.progressNs()).toBe(1e9 + 2000)
})
