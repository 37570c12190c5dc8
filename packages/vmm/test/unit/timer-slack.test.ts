import { expect, test } from 'vitest'
import { TimerSlack } from '../../src/internal/timer-slack.ts'

test('grows with idleness to its limit, and is gone when the guest works or something wakes it up', () => {
  const slack = new TimerSlack(50e6)
  slack.halted(0, 1_000_000)
  expect(slack.ns(0)).toBe(0)
  let retired = 1_000_000
  const tick = (now: number): void => slack.halted(now, (retired += 3000))
  tick(100e6)
  expect(slack.ns(100e6)).toBe(5e6)
  tick(10e9)
  expect(slack.ns(10e9)).toBe(50e6)
  slack.halted(11e9, (retired += 1_000_000))
  expect(slack.ns(11e9)).toBe(0)
  expect(slack.ns(11.2e9)).toBe(10e6)
  slack.disturbed(11.2e9)
  expect(slack.ns(11.2e9)).toBe(0)
})

test('none unless it is wanted', () => {
  expect(new TimerSlack(0).ns(1e12)).toBe(0)
  for (const wrong of [-1, NaN, 2e9]) expect(() => new TimerSlack(wrong)).toThrow(/timerSlackNs/)
})
