import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Mc146818 } from '../../src/index.ts'
import { nextAlarm } from '../../src/mc146818/alarm.ts'
import { calendarFromSeconds, dayOfWeek, secondsFromCalendar } from '../../src/mc146818/calendar.ts'
import { FakeTimers, fakeWallClock, recordedLine } from '../../src/testing/index.ts'

const SECOND = 1e9
/** 1980-01-01 .. 2079-12-31, in seconds. */
const seconds = fc.integer({ min: 315_532_800, max: 3_471_206_400 })
const format = fc.record({ binary: fc.boolean(), hours24: fc.boolean() })

function read(rtc: Mc146818, index: number): number {
  rtc.writePort(0x70, 1, index)
  return rtc.readPort(0x71, 1)
}

function write(rtc: Mc146818, index: number, value: number): void {
  rtc.writePort(0x70, 1, index)
  rtc.writePort(0x71, 1, value)
}

/** Oracle: what the registers should show, by way of Date and decimal strings. */
function expected(ms: number, { binary, hours24 }: { binary: boolean; hours24: boolean }): number[] {
  const date = new Date(ms)
  const show = (value: number): number => (binary ? value : Number.parseInt(String(value), 16))
  const hour = date.getUTCHours()
  const shownHour = hours24 ? show(hour) : show(((hour + 11) % 12) + 1) | (hour >= 12 ? 0x80 : 0)
  const year = date.getUTCFullYear()
  return [
    show(date.getUTCSeconds()),
    show(date.getUTCMinutes()),
    shownHour,
    show(date.getUTCDay() + 1),
    show(date.getUTCDate()),
    show(date.getUTCMonth() + 1),
    show(year % 100),
    show(Math.floor(year / 100)),
  ]
}

const TIME = [0, 2, 4, 6, 7, 8, 9, 0x32]
const controlB = ({ binary, hours24 }: { binary: boolean; hours24: boolean }): number =>
  (binary ? 4 : 0) | (hours24 ? 2 : 0)

function clockAt(startSeconds: number): { rtc: Mc146818; timers: FakeTimers; irq: ReturnType<typeof recordedLine> } {
  const timers = new FakeTimers()
  const irq = recordedLine()
  const rtc = new Mc146818({ timers, wallClock: fakeWallClock(timers, startSeconds * 1000), irq: irq.line })
  return { rtc, timers, irq }
}

describe('MC146818', () => {
  it('knows the calendar from 1600 to 2600 as Date does', () => {
    fc.assert(
      fc.property(fc.integer({ min: -135_000, max: 230_000 }), fc.nat(86_399), (day, secondOfDay) => {
        // The last day of each century is the hard one: it is tried with its neighbours.
        const lastOfCentury = Date.UTC(2000 + Math.round(day / 36_525) * 100, 1, 28) / 86_400_000
        for (const days of [day, lastOfCentury, lastOfCentury + 1, lastOfCentury + 2]) {
          const seconds = days * 86_400 + secondOfDay
          const date = new Date(seconds * 1000)
          const time = {
            second: date.getUTCSeconds(),
            minute: date.getUTCMinutes(),
            hour: date.getUTCHours(),
            day: date.getUTCDate(),
            month: date.getUTCMonth() + 1,
            year: date.getUTCFullYear(),
          }
          expect(calendarFromSeconds(seconds)).toEqual(time)
          expect(secondsFromCalendar(time)).toBe(seconds)
          expect(dayOfWeek(seconds)).toBe(date.getUTCDay() + 1)
        }
      }),
      { numRuns: 3000, seed: 146822 },
    )
  })

  it('shows the time that Date shows, in every format', () => {
    fc.assert(
      fc.property(seconds, fc.nat(200_000), format, (start, later, shown) => {
        const { rtc, timers } = clockAt(start)
        write(rtc, 0x0b, controlB(shown))
        timers.advance(later * SECOND)
        expect(TIME.map((index) => read(rtc, index))).toEqual(expected((start + later) * 1000, shown))
      }),
      { numRuns: 1000, seed: 146818 },
    )
  })

  it('goes on from the time that the guest set, as Date does', () => {
    fc.assert(
      fc.property(seconds, seconds, fc.nat(200_000), format, (start, set, later, shown) => {
        const { rtc, timers } = clockAt(start)
        write(rtc, 0x0b, 0x80 | controlB(shown))
        expected(set * 1000, shown).forEach((value, i) => write(rtc, TIME[i]!, value))
        timers.advance(5 * SECOND)
        write(rtc, 0x0b, controlB(shown))
        timers.advance(later * SECOND)
        expect(TIME.map((index) => read(rtc, index))).toEqual(expected((set + later) * 1000, shown))
      }),
      { numRuns: 1000, seed: 146819 },
    )
  })

  it('finds the alarm that trying every second finds', () => {
    const field = (limit: number): fc.Arbitrary<number> => fc.oneof(fc.constant(-1), fc.nat(limit))
    fc.assert(
      fc.property(fc.nat(3 * 86_400), field(62), field(62), field(25), (after, second, minute, hour) => {
        const matches = (at: number): boolean =>
          (second < 0 || at % 60 === second) &&
          (minute < 0 || Math.floor(at / 60) % 60 === minute) &&
          (hour < 0 || Math.floor(at / 3600) % 24 === hour)
        let naive = Infinity
        for (let at = after + 1; at <= after + 86_400; at++) {
          if (matches(at)) {
            naive = at
            break
          }
        }
        expect(nextAlarm(after, { second, minute, hour })).toBe(naive)
      }),
      { numRuns: 300, seed: 146820 },
    )
  })

  it('raises as many update and periodic interrupts as time divided by period', () => {
    fc.assert(
      fc.property(fc.integer({ min: 5, max: 15 }), fc.integer({ min: 1, max: 3 }), (rate, run) => {
        const { rtc, timers, irq } = clockAt(1_000_000_000)
        write(rtc, 0x0a, 0x20 | rate)
        write(rtc, 0x0b, 0x42)
        const hz = 32_768 >> (rate - 1)
        let count = 0
        const end = run * SECOND
        while (timers.nextDeadline() <= end) {
          timers.advanceTo(timers.nextDeadline())
          expect(irq.level).toBe(true)
          expect(read(rtc, 0x0c) & 0xc0).toBe(0xc0)
          expect(irq.level).toBe(false)
          count++
        }
        expect(count).toBe(hz * run)
      }),
      { numRuns: 30, seed: 146821 },
    )
  })
})
