/** Intel 8259A data sheet: initialization and operation command words, and the PIIX edge/level registers. */

/** Address line A0 = 0: ICW1, OCW2, OCW3; reads IRR or ISR. */
export const MASTER_COMMAND = 0x20
/** Address line A0 = 1: ICW2..ICW4, OCW1 (the mask). */
export const MASTER_DATA = 0x21
export const SLAVE_COMMAND = 0xa0
export const SLAVE_DATA = 0xa1
/** Edge/level control: a set bit makes the interrupt level triggered (82371 data sheet, ELCR1 and ELCR2). */
export const ELCR1 = 0x4d0
export const ELCR2 = 0x4d1
/** IRQ 0, 1, 2 and 8, 13 are always edge triggered. */
export const ELCR1_WRITABLE = 0xf8
export const ELCR2_WRITABLE = 0xde

export const Icw1 = {
  /** ICW4 will be written. */
  IC4: 0x01,
  /** Single: no cascade, ICW3 will not be written. */
  SNGL: 0x02,
  /** Level triggered mode; the PIIX ignores it in favour of the ELCR. */
  LTIM: 0x08,
  /** Says that the command word is ICW1. */
  INIT: 0x10,
} as const

export const Icw4 = {
  /** Automatic end of interrupt. */
  AEOI: 0x02,
  /** Special fully nested mode. */
  SFNM: 0x10,
} as const

/** OCW2, bits 7..5: R, SL, EOI. */
export const Ocw2 = {
  RotateInAutoEoiClear: 0,
  NonSpecificEoi: 1,
  NoOperation: 2,
  SpecificEoi: 3,
  RotateInAutoEoiSet: 4,
  RotateOnNonSpecificEoi: 5,
  SetPriority: 6,
  RotateOnSpecificEoi: 7,
} as const

export const Ocw3 = {
  /** Read register: RIS chooses which. */
  RR: 0x02,
  /** 1: in-service register, 0: interrupt request register. */
  RIS: 0x01,
  /** Poll command. */
  P: 0x04,
  /** Says that the command word is OCW3. */
  SELECT: 0x08,
  /** Special mask mode's new value ... */
  SMM: 0x20,
  /** ... which counts only when this is set. */
  ESMM: 0x40,
} as const
