import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BalloonController, type ControlledBalloon } from '../../src/index.ts'

class FakeBalloon implements ControlledBalloon {
  isActive = true
  inflatedPages = 0
  violations = 0
  target = 0

  setTarget(pages: number): void {
    this.target = pages
  }
}

function scene(options: { patienceNs?: number; stepPages?: number } = {}) {
  const balloon = new FakeBalloon()
  const clock = { now: 0, nowNs: () => clock.now }
  const controller = new BalloonController({ balloon, clock, ...options })
  /** A second of the guest's time, in which it moves by so many pages. */
  const second = (pages = 0): string => {
    clock.now += 1e9
    balloon.inflatedPages += pages
    return controller.poll().state
  }
  return { balloon, controller, second, clock }
}

describe('a guest that follows', () => {
  it('is inflating until it is there', () => {
    const { controller, second } = scene()
    expect(second()).toBe('reached')
    controller.setTarget(700)
    expect([second(256), second(256), second(188)]).toEqual(['inflating', 'inflating', 'reached'])
    controller.setTarget(100)
    expect([second(), second(-300), second(-300)]).toEqual(['deflating', 'deflating', 'reached'])
    expect(controller.isCompliant).toBe(true)
  })

  it('may rest between two wishes as long as it likes, looked at or not', () => {
    const { controller, second, clock } = scene()
    controller.setTarget(256)
    second(256)
    clock.now += 100e9
    controller.setTarget(512)
    expect(second()).toBe('inflating')
  })
})

describe('a guest that does not follow', () => {
  it('is stalled when its patience ends, owes what is missing, and is trusted again when it moves', () => {
    const { controller, second } = scene()
    controller.setTarget(1000)
    second(300)
    expect([second(), second(), second(), second(), second()]).toEqual([...Array(4).fill('inflating'), 'stalled'])
    expect(controller).toMatchObject({ isCompliant: false, shortfall: 700 })
    expect(second(256)).toBe('inflating')
    expect(controller.shortfall).toBe(0)
  })

  it('is not saved by drops, by going back and forth, nor by new wishes', () => {
    const dribbling = scene()
    dribbling.controller.setTarget(10_000)
    for (let i = 0; i < 6; i++) dribbling.second(10)
    expect(dribbling.controller.state).toBe('stalled')
    const hesitant = scene()
    hesitant.controller.setTarget(10_000)
    for (let i = 0; i < 6; i++) hesitant.second(i % 2 ? -200 : 200)
    expect(hesitant.controller.state).toBe('stalled')
    const pressed = scene()
    for (let i = 1; i < 8; i++) {
      pressed.controller.setTarget(1000 * i)
      pressed.second()
    }
    expect(pressed.controller.state).toBe('stalled')
  })

  it('is absent without a driver, and begins anew with one', () => {
    const { balloon, controller, second } = scene()
    balloon.isActive = false
    controller.setTarget(1000)
    for (let i = 0; i < 5; i++) second()
    expect(controller).toMatchObject({ state: 'absent', shortfall: 1000 })
    balloon.isActive = true
    expect(second()).toBe('inflating')
  })

  it('is lying as long as it has broken rules', () => {
    const { balloon, controller, second } = scene()
    controller.setTarget(1000)
    balloon.violations = 1
    expect(second(900)).toBe('lying')
    expect(controller.shortfall).toBe(100)
    balloon.violations = 0
    balloon.inflatedPages = 0
    expect(second()).toBe('inflating')
  })
})

describe('any guest', () => {
  it('owes nothing exactly while it is compliant or there; and one that makes a step in each patience always is', () => {
    const moves = fc.array(fc.record({ target: fc.option(fc.nat(5000)), pages: fc.integer({ min: -500, max: 500 }) }))
    fc.assert(
      fc.property(moves, (all) => {
        const { balloon, controller, second } = scene()
        for (const { target, pages } of all) {
          if (target !== null) controller.setTarget(target)
          second(Math.max(pages, -balloon.inflatedPages))
          const missing = Math.max(0, controller.target - controller.actual)
          expect(controller.shortfall).toBe(controller.isCompliant ? 0 : missing)
          if (missing === 0) expect(controller.isCompliant).toBe(true)
        }
      }),
      { seed: 20261127 },
    )
    fc.assert(
      fc.property(fc.nat(100_000), fc.integer({ min: 1, max: 1000 }), (target, step) => {
        const { balloon, controller, second } = scene({ stepPages: step })
        controller.setTarget(target)
        for (let i = 0; i < 20; i++) {
          second(Math.min(step, controller.target - balloon.inflatedPages))
          expect(controller.isCompliant).toBe(true)
        }
      }),
      { seed: 20261127 },
    )
  })

  it('has sensible options', () => {
    const balloon = new FakeBalloon()
    const clock = { nowNs: () => 0 }
    expect(() => new BalloonController({ balloon, clock, patienceNs: 0 })).toThrow(/patienceNs is 0/)
    expect(() => new BalloonController({ balloon, clock, stepPages: 0.5 })).toThrow(/stepPages is 0.5/)
  })
})
