import type { Alarm } from './alarm.ts'
import { ANY } from './alarm.ts'
import type { CalendarTime } from './calendar.ts'
import { ALARM_ANY, PM, Register, RegisterB } from './registers.ts'

/** The registers that hold the time while the clock runs. */
export const TIME_REGISTERS: readonly number[] = [
  Register.Seconds,
  Register.Minutes,
  Register.Hours,
  Register.DayOfWeek,
  Register.DayOfMonth,
  Register.Month,
  Register.Year,
  Register.Century,
]

/** One time register's byte in the format that register B asks for. */
export function encodeTime(register: number, time: CalendarTime, weekday: number, b: number): number {
  switch (register) {
    case Register.Seconds:
      return encode(time.second, b)
    case Register.Minutes:
      return encode(time.minute, b)
    case Register.Hours:
      return encodeHour(time.hour, b)
    case Register.DayOfWeek:
      return encode(weekday, b)
    case Register.DayOfMonth:
      return encode(time.day, b)
    case Register.Month:
      return encode(time.month, b)
    case Register.Year:
      return encode(((time.year % 100) + 100) % 100, b)
    default:
      return encode(((Math.floor(time.year / 100) % 100) + 100) % 100, b)
  }
}

/** The time that the bytes mean. Bytes out of range carry over. */
export function decodeTime(byteOf: (register: number) => number, b: number): CalendarTime {
  return {
    second: decode(byteOf(Register.Seconds), b),
    minute: decode(byteOf(Register.Minutes), b),
    hour: decodeHour(byteOf(Register.Hours), b),
    day: decode(byteOf(Register.DayOfMonth), b),
    month: decode(byteOf(Register.Month), b),
    year: decode(byteOf(Register.Century), b) * 100 + decode(byteOf(Register.Year), b),
  }
}

export function decodeWeekday(value: number, b: number): number {
  return decode(value, b)
}

export function decodeAlarm(second: number, minute: number, hour: number, b: number): Alarm {
  return {
    second: second >= ALARM_ANY ? ANY : decode(second, b),
    minute: minute >= ALARM_ANY ? ANY : decode(minute, b),
    hour: hour >= ALARM_ANY ? ANY : decodeHour(hour, b),
  }
}

function encode(value: number, b: number): number {
  return b & RegisterB.DM ? value : (Math.floor(value / 10) << 4) | (value % 10)
}

function decode(value: number, b: number): number {
  return b & RegisterB.DM ? value : (value >> 4) * 10 + (value & 15)
}

function encodeHour(hour: number, b: number): number {
  if (b & RegisterB.HOURS_24) return encode(hour, b)
  return encode(hour % 12 === 0 ? 12 : hour % 12, b) | (hour >= 12 ? PM : 0)
}

function decodeHour(value: number, b: number): number {
  if (b & RegisterB.HOURS_24) return decode(value, b)
  return (decode(value & ~PM, b) % 12) + (value & PM ? 12 : 0)
}
