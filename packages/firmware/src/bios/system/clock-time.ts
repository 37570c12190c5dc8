import { Cmos, StatusA, StatusB, fromBcd, readCmos } from '../cmos.ts'
import type { Ports } from '../ports.ts'

/** Ticks of 65536 / 1193182 s in a day (IBM PC AT BIOS: 1800B0h). */
export const TICKS_PER_DAY = 0x1800b0
const SECONDS_PER_DAY = 86_400
/** An update takes up to 2 ms, in which times are not to be read; a clock that never ends one is read anyway. */
const PATIENCE = 10_000
const PM = 0x80

/** False: an update is in progress, and does not end. */
export function waitForUpdate(ports: Ports): boolean {
  for (let polls = 0; polls < PATIENCE; polls += 1) {
    if ((readCmos(ports, Cmos.STATUS_A) & StatusA.UPDATE_IN_PROGRESS) === 0) return true
  }
  return false
}

/** Ticks since midnight by the clock chip, in whatever format it counts. */
export function ticksOfDay(ports: Ports): number {
  waitForUpdate(ports)
  const format = readCmos(ports, Cmos.STATUS_B)
  const decode = (value: number): number => (format & StatusB.BINARY ? value : fromBcd(value))
  const rawHours = readCmos(ports, Cmos.HOURS)
  const hours = format & StatusB.HOURS_24 ? decode(rawHours) : (decode(rawHours & ~PM) % 12) + (rawHours & PM ? 12 : 0)
  const seconds = hours * 3600 + decode(readCmos(ports, Cmos.MINUTES)) * 60 + decode(readCmos(ports, Cmos.SECONDS))
  return Math.floor(((seconds % SECONDS_PER_DAY) * TICKS_PER_DAY) / SECONDS_PER_DAY)
}
