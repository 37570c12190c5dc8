import type { Ports } from './ports.ts'

/** Registers of the MC146818 and places of its RAM that the AT's BIOS gave a meaning. */
export const Cmos = {
  SECONDS: 0x00,
  SECONDS_ALARM: 0x01,
  MINUTES: 0x02,
  MINUTES_ALARM: 0x03,
  HOURS: 0x04,
  HOURS_ALARM: 0x05,
  DAY: 0x07,
  MONTH: 0x08,
  YEAR: 0x09,
  STATUS_A: 0x0a,
  STATUS_B: 0x0b,
  STATUS_C: 0x0c,
  STATUS_D: 0x0d,
  SHUTDOWN: 0x0f,
  FLOPPY_TYPES: 0x10,
  EQUIPMENT: 0x14,
  CENTURY: 0x32,
} as const

export const StatusA = { UPDATE_IN_PROGRESS: 0x80 } as const
export const StatusB = {
  SET: 0x80,
  PERIODIC: 0x40,
  ALARM: 0x20,
  UPDATE: 0x10,
  BINARY: 0x04,
  HOURS_24: 0x02,
  DST: 0x01,
} as const
export const StatusC = { PERIODIC: 0x40, ALARM: 0x20 } as const

const INDEX_PORT = 0x70

export function readCmos(ports: Ports, register: number): number {
  return ports.readIndexed(INDEX_PORT, register)
}

export function writeCmos(ports: Ports, register: number, value: number): void {
  ports.writeIndexed(INDEX_PORT, register, value)
}

/** The value of a packed decimal byte. */
export function fromBcd(value: number): number {
  return (value >> 4) * 10 + (value & 15)
}

export function toBcd(value: number): number {
  return (Math.floor(value / 10) << 4) | (value % 10)
}
