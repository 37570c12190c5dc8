/** Intel 8254 data sheet: programmable interval timer. */

/** The PC's timer crystal: 14.31818 MHz / 12. */
export const PIT_HZ = 1_193_182

export const COUNTER_0 = 0x40
export const COUNTER_1 = 0x41
export const COUNTER_2 = 0x42
export const CONTROL_WORD = 0x43

/** Control word, bits 7..6: SC. 3 is the read-back command. */
export const SELECT_SHIFT = 6
export const READ_BACK = 3
/** Control word, bits 5..4: RW. */
export const Access = {
  Latch: 0,
  LeastSignificant: 1,
  MostSignificant: 2,
  LeastThenMost: 3,
} as const

export const Mode = {
  InterruptOnTerminalCount: 0,
  HardwareRetriggerableOneShot: 1,
  RateGenerator: 2,
  SquareWave: 3,
  SoftwareTriggeredStrobe: 4,
  HardwareTriggeredStrobe: 5,
} as const

/** Read-back command: a clear bit asks for the thing. */
export const ReadBack = { NOT_COUNT: 0x20, NOT_STATUS: 0x10 } as const

/** Status byte. */
export const Status = { OUTPUT: 0x80, NULL_COUNT: 0x40 } as const
