/** System control ports A (92h) and B (61h) of the PC/AT and PS/2, and the reset control register (CF9h) of the PIIX. */

export const PORT_B = 0x61
export const PortB = {
  /** Gate of timer counter 2. */
  TIMER_2_GATE: 0x01,
  /** Speaker data: lets OUT 2 through. */
  SPEAKER_DATA: 0x02,
  /** Bits that keep what was written (parity and I/O channel check disable). */
  WRITABLE: 0x0f,
  /** Toggles with each memory refresh request. */
  REFRESH_TOGGLE: 0x10,
  /** OUT of timer counter 2. */
  TIMER_2_OUT: 0x20,
} as const
/** A refresh request comes about every 15.085 us. */
export const REFRESH_PERIOD_NS = 15_085

export const PORT_A = 0x92
export const PortA = {
  /** A 0 to 1 transition resets the CPU. */
  FAST_RESET: 0x01,
  /** Alternate gate of address line 20. */
  A20: 0x02,
} as const

export const RESET_CONTROL = 0xcf9
export const ResetControl = {
  /** System reset: a hard reset instead of a CPU reset. */
  SRST: 0x02,
  /** Reset CPU: the 0 to 1 transition starts the reset. */
  RCPU: 0x04,
  /** Full reset (power cycle), as in later chip sets. */
  FULL: 0x08,
} as const
