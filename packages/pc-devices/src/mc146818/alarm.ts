import { SECONDS_PER_DAY } from './calendar.ts'

/** Seconds, minutes and hours (0..23) of an alarm; `ANY` matches all. */
export interface Alarm {
  second: number
  minute: number
  hour: number
}

export const ANY = -1

/** The first second after `after` that the alarm matches, `Infinity` if none ever does. */
export function nextAlarm(after: number, alarm: Alarm): number {
  if (alarm.second > 59 || alarm.minute > 59 || alarm.hour > 23) return Infinity
  const day = Math.floor((after + 1) / SECONDS_PER_DAY) * SECONDS_PER_DAY
  const today = firstOfDay(after + 1 - day, alarm)
  return today >= 0 ? day + today : day + SECONDS_PER_DAY + firstOfDay(0, alarm)
}

/**
 * The first match at or after `from` (seconds of the day), -1 if none is left today. A field that matches holds a match in
 * every full hour or minute below it, so the loops end after at most 24 + 2 * 60 + 2 * 60 steps.
 */
function firstOfDay(from: number, { second, minute, hour }: Alarm): number {
  for (let h = Math.floor(from / 3600); h < 24; h++) {
    if (hour !== ANY && hour !== h) continue
    const fromMinute = Math.max(0, Math.floor(from / 60) - h * 60)
    for (let m = fromMinute; m < 60; m++) {
      if (minute !== ANY && minute !== m) continue
      const fromSecond = Math.max(0, from - h * 3600 - m * 60)
      if (second === ANY && fromSecond < 60) return h * 3600 + m * 60 + fromSecond
      if (second >= fromSecond) return h * 3600 + m * 60 + second
    }
  }
  return -1
}
