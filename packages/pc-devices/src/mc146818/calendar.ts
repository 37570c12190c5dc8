/** A time of day and date, all plain numbers. Fields may exceed their ranges: they carry over. */
export interface CalendarTime {
  second: number
  minute: number
  hour: number
  day: number
  /** 1..12 */
  month: number
  year: number
}

export const SECONDS_PER_DAY = 86_400

/** Days from 1970-01-01 to a date of the proleptic Gregorian calendar, by years that begin in March. */
export function daysFromDate(year: number, month: number, day: number): number {
  const months = year * 12 + (month - 1)
  const civilYear = Math.floor(months / 12)
  const civilMonth = months - civilYear * 12
  const marchYear = civilMonth < 2 ? civilYear - 1 : civilYear
  const marchMonth = (civilMonth + 10) % 12
  const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400)
  const dayOfYear = Math.floor((153 * marchMonth + 2) / 5) + day - 1
  return marchYear * 365 + leapDays + dayOfYear - 719_468
}

export function secondsFromCalendar(time: CalendarTime): number {
  const days = daysFromDate(time.year, time.month, time.day)
  return days * SECONDS_PER_DAY + time.hour * 3600 + time.minute * 60 + time.second
}

export function calendarFromSeconds(seconds: number): CalendarTime {
  const days = Math.floor(seconds / SECONDS_PER_DAY)
  const rest = seconds - days * SECONDS_PER_DAY
  // The era has 400 years of 146097 days, beginning on 0000-03-01.
  const shifted = days + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
  return {
    second: rest % 60,
    minute: Math.floor(rest / 60) % 60,
    hour: Math.floor(rest / 3600),
    day: dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1,
    month,
    year: era * 400 + yearOfEra + (month <= 2 ? 1 : 0),
  }
}

/** 1 Sunday .. 7 Saturday, as the clock chip counts. */
export function dayOfWeek(seconds: number): number {
  const days = Math.floor(seconds / SECONDS_PER_DAY)
  return ((((days + 4) % 7) + 7) % 7) + 1
}
