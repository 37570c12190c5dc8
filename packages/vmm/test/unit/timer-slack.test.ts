// Oracle: the rules that the class promises, and a naive search for the time to wake up.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { TimerSlack } from '../../src/internal/timer-slack.ts'

test('grows with idleness to its limit, and is gone when the guest works or something wakes it up', () => {
  const slack = new TimerSlack(50e6)
  let [retired, userEntries] = [1_000_000, 5]
  const halted = (now: number, work: { instructions: number; entries: number }): void => {
    retired += work.instructions
    userEntries += work.entries
    slack.halted(now, { retired, userEntries })
  }
  halted(0, { instructions: 0, entries: 0 })
  expect(slack.ns(0)).toBe(0)
  halted(100e6, { instructions: 3000, entries: 0 })
  expect(slack.ns(100e6)).toBe(5e6)
  halted(10e9, { instructions: 3000, entries: 0 })
  expect(slack.ns(10e9)).toBe(50e6)
  halted(11e9, { instructions: 1_000_000, entries: 0 })
  expect(slack.ns(11e9)).toBe(0)
  expect(slack.ns(11.2e9)).toBe(10e6)
  slack.disturbed(11.2e9)
  expect(slack.ns(11.2e9)).toBe(0)
  expect(slack.ns(20e9)).toBe(50e6)
  halted(20e9, { instructions: 3000, entries: 1 })
  expect(slack.ns(20e9)).toBe(0)
})

test('a guest is woken up when its timer is due or late by its slack at most', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 1e6, max: 1e9, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1e15, noNaN: true }),
      (mostNs, part, dueNs) => {
        const slackNs = mostNs * part
        const at = new TimerSlack(mostNs).wakeNs(dueNs, slackNs)
        expect(at).toBeGreaterThanOrEqual(dueNs)
        expect(at).toBeLessThanOrEqual(dueNs + slackNs)
      },
    ),
  )
})

test('guests that have been idle for long all wake up at the same times, whenever they tick: a period of the slack apart', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 4e6 }), { minLength: 2, maxLength: 10 }), (phases) => {
      const slack = new TimerSlack(250e6)
      const wakes = phases.map((phase) => {
        // A guest that ticks every 4 ms, and finds each tick later than it was due.
        const times: number[] = []
        let now = 10e9 + phase
        while (times.length < 8) times.push((now = slack.wakeNs(now + 4e6 - ((now - phase) % 4e6), 250e6)))
        return times
      })
      for (const times of wakes) expect(times).toEqual(wakes[0])
      expect(wakes[0]).toEqual(Array.from({ length: 8 }, (_, i) => 10.25e9 + i * 250e6))
    }),
  )
})

test('none unless it is wanted', () => {
  expect(new TimerSlack(0).ns(1e12)).toBe(0)
  expect(new TimerSlack(0).wakeNs(1234.5, 0)).toBe(1234.5)
  for (const wrong of [-1, NaN, 2e9]) expect(() => new TimerSlack(wrong)).toThrow(/timerSlackNs/)
})
