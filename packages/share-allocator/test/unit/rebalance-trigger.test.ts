import { expect, it } from 'vitest'
import { RebalanceTrigger } from '../../src/index.ts'

const SECOND = 1e9

it('is due at first, every 15 s, and at once after a change', () => {
  const trigger = new RebalanceTrigger()
  expect(trigger.take(100 * SECOND)).toEqual(['period'])
  expect(trigger.take(100 * SECOND)).toEqual([])
  expect(trigger.take(114.9 * SECOND)).toEqual([])
  expect(trigger.take(115 * SECOND)).toEqual(['period'])
  trigger.note('arrival')
  trigger.note('threshold')
  trigger.note('arrival')
  expect(trigger.take(120 * SECOND)).toEqual(['arrival', 'threshold'])
  expect(trigger.take(120 * SECOND)).toEqual([])
  // The period runs from the last time that targets were computed.
  expect(trigger.take(134 * SECOND)).toEqual([])
  trigger.note('departure')
  expect(trigger.take(135 * SECOND)).toEqual(['departure', 'period'])
})

it('takes another period', () => {
  const trigger = new RebalanceTrigger({ periodNs: 2 * SECOND })
  trigger.take(0)
  expect(trigger.take(1.9 * SECOND)).toEqual([])
  expect(trigger.take(2 * SECOND)).toEqual(['period'])
})

it('refuses what is no time', () => {
  expect(() => new RebalanceTrigger({ periodNs: 0 })).toThrow('periodNs is 0; must be a finite number above 0')
  expect(() => new RebalanceTrigger().take(NaN)).toThrow(RangeError)
})
