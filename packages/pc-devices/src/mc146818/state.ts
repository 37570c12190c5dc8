export interface Mc146818State {
  /** The selected register, 0..127. */
  index: number
  nmiMasked: boolean
  /** 128 bytes. Time bytes hold the time only while the clock is held (SET, or divider in reset). */
  ram: number[]
  /** Registers A (without UIP), B and C (without IRQF). */
  a: number
  b: number
  c: number
  /** What the guest's clock is ahead of the wall clock, in milliseconds. */
  offsetMs: number
  /** What the guest's day of the week is ahead of the calendar's, 0..6. */
  weekdayOffset: number
  /** The guest's second since 1970 whose update has been accounted for. */
  seenSecond: number
  /** The tick of the 32768 Hz crystal up to which periodic events have been accounted for. */
  seenTick: number
}
