/** Intel 82371SB (PIIX3) data sheet, function 0: PCI to ISA bridge. */
export const PIIX3_VENDOR_ID = 0x8086
export const PIIX3_DEVICE_ID = 0x7000

export const Register = {
  IORT: 0x4c,
  XBCS: 0x4e,
  /** Route of PIRQA..PIRQD: 60h..63h. */
  PIRQRCA: 0x60,
  TOM: 0x69,
  MSTAT: 0x6a,
  APICBASE: 0x80,
  DLC: 0x82,
} as const

export const PirqRoute = {
  /** Routing disabled. */
  DISABLED: 0x80,
  IRQ: 0x0f,
  WRITABLE: 0x8f,
} as const

/** The interrupts that a PIRQ may be routed to: 3, 4, 5, 6, 7, 9, 10, 11, 12, 14, 15. */
export const ROUTABLE = 0xdef8
