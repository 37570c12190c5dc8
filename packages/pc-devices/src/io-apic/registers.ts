/** Intel 82093AA (IOAPIC) data sheet. */

/** Offsets in the page: index register, window onto the register that it selects. */
export const IOREGSEL = 0x00
export const IOWIN = 0x10

/** Indirect registers. */
export const Register = {
  IOAPICID: 0x00,
  IOAPICVER: 0x01,
  IOAPICARB: 0x02,
  /** Two registers per pin: low and high half of the redirection entry. */
  IOREDTBL: 0x10,
} as const

export const PINS = 24
/** Version 11h, 24 entries. */
export const VERSION_VALUE = 0x0017_0011
export const WINDOW_BYTES = 0x1000

/** Low half of a redirection entry. */
export const Entry = {
  VECTOR: 0xff,
  MODE_SHIFT: 8,
  LOGICAL: 0x0800,
  /** Read only. */
  DELIVERY_STATUS: 0x1000,
  ACTIVE_LOW: 0x2000,
  /** Read only: a level-triggered interrupt waits for its EOI. */
  REMOTE_IRR: 0x4000,
  LEVEL: 0x8000,
  MASK: 0x1_0000,
  WRITABLE: 0x1_afff,
} as const
