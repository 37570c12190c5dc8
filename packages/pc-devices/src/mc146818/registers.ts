/** Motorola MC146818 data sheet: real-time clock plus RAM, with the PC's use of the RAM. */

/** Index register; bit 7 masks NMI. */
export const CMOS_INDEX = 0x70
export const CMOS_DATA = 0x71
export const NMI_MASK = 0x80

export const Register = {
  Seconds: 0x00,
  SecondsAlarm: 0x01,
  Minutes: 0x02,
  MinutesAlarm: 0x03,
  Hours: 0x04,
  HoursAlarm: 0x05,
  DayOfWeek: 0x06,
  DayOfMonth: 0x07,
  Month: 0x08,
  Year: 0x09,
  A: 0x0a,
  B: 0x0b,
  C: 0x0c,
  D: 0x0d,
  /** PC: the century, in the same format as the year. */
  Century: 0x32,
} as const

export const RegisterA = {
  /** Update in progress. */
  UIP: 0x80,
  /** Divider select: 010 runs from 32768 Hz, 11x holds the divider in reset. */
  DV: 0x70,
  DV_RESET: 0x60,
  /** Rate select of the periodic interrupt. */
  RS: 0x0f,
} as const

export const RegisterB = {
  /** Holds updates so that the time can be set. */
  SET: 0x80,
  /** Periodic, alarm and update-ended interrupt enables. */
  PIE: 0x40,
  AIE: 0x20,
  UIE: 0x10,
  /** Square wave output. */
  SQWE: 0x08,
  /** Data mode: 1 binary, 0 BCD. */
  DM: 0x04,
  /** 1: 24 hours, 0: 12 hours with PM in bit 7. */
  HOURS_24: 0x02,
  DSE: 0x01,
} as const

export const RegisterC = { IRQF: 0x80, PF: 0x40, AF: 0x20, UF: 0x10 } as const

/** Valid RAM and time: the battery is good. */
export const VRT = 0x80
/** An alarm byte from C0h to FFh matches anything. */
export const ALARM_ANY = 0xc0
/** Hours, bit 7, in 12-hour mode. */
export const PM = 0x80

export const RTC_HZ = 32_768
/** From UIP's rise to the new time: 244 us notice and 1984 us update with a 32768 Hz crystal. */
export const UPDATE_NS = 2_228_000
/** First update after the divider leaves reset. */
export const DIVIDER_RESET_MS = 500

/** The PC's configuration bytes that Mica fills in. */
export const Cmos = {
  /** Why the processor is reset, for firmware to go on accordingly. */
  Shutdown: 0x0f,
  Equipment: 0x14,
  BaseMemoryLow: 0x15,
  ExtendedMemoryLow: 0x17,
  ExtendedMemoryLow2: 0x30,
  Above16MLow: 0x34,
  Above4GLow: 0x5b,
} as const
