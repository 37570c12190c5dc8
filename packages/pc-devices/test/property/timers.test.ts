import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ClockTimers } from '../../src/index.ts'
import { ManualClock } from '../../src/testing/index.ts'

const step = fc.oneof(
  fc.record({ kind: fc.constant('schedule' as const), inNs: fc.oneof(fc.integer({ min: -5, max: 50 }), fc.nat(1000)) }),
  fc.record({ kind: fc.constant('schedule' as const), inNs: fc.nat(1000) }),
  fc.record({ kind: fc.constant('cancel' as const), which: fc.nat(60) }),
  fc.record({ kind: fc.constant('run' as const), ns: fc.nat(20) }),
)

describe('ClockTimers', () => {
  it('runs in the order of a sorted list', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150, size: 'max' }), (steps) => {
        const clock = new ManualClock()
        const timers = new ClockTimers({ clock })
        const ran: number[] = []
        // Oracle: a plain list, sorted by deadline; sorting is stable.
        let waiting: { deadline: number; id: number }[] = []
        const handles: { cancel(): void }[] = []
        for (const each of steps) {
          if (each.kind === 'schedule') {
            const id = handles.length
            const deadline = clock.nowNs() + each.inNs
            handles.push(timers.schedule(deadline, () => ran.push(id)))
            waiting = [...waiting, { deadline, id }].sort((a, b) => a.deadline - b.deadline)
          } else if (each.kind === 'cancel') {
            handles[each.which]?.cancel()
            waiting = waiting.filter(({ id }) => id !== each.which)
          } else {
            clock.set(clock.nowNs() + each.ns)
            const due = waiting.filter(({ deadline }) => deadline <= clock.nowNs())
            waiting = waiting.filter(({ deadline }) => deadline > clock.nowNs())
            ran.length = 0
            expect(timers.runDue(clock.nowNs())).toBe(due.length)
            expect(ran).toEqual(due.map(({ id }) => id))
          }
          expect(timers.size).toBe(waiting.length)
          expect(timers.nextDeadline()).toBe(waiting[0]?.deadline ?? Infinity)
          expect(timers.deadlineAfterNext()).toBe(waiting[1]?.deadline ?? Infinity)
        }
      }),
      { numRuns: 1000, seed: 7 },
    )
  })

  it('bounds the callbacks of one run, even if they schedule what is due at once', () => {
    const timers = new ClockTimers({ clock: new ManualClock(), maxPerRun: 100 })
    const again = (): void => void timers.schedule(0, again)
    again()
    expect(timers.runDue(0)).toBe(100)
    expect(timers.nextDeadline()).toBe(0)
  })
})
