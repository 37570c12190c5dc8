/** Intel 82371AB (PIIX4) data sheet, function 3: power management. */
export const PIIX4_VENDOR_ID = 0x8086
export const PIIX4_PM_DEVICE_ID = 0x7113

export const Register = {
  /** Base of the power management block: bits 15..6, bit 0 reads 1. */
  PMBA: 0x40,
  DEVACTB: 0x58,
  CNTA: 0x44,
  /** Miscellaneous: bit 0 decodes the block. */
  PMREGMISC: 0x80,
  SMBBA: 0x90,
} as const

export const PMBA_ADDRESS = 0xffc0
export const PMIOSE = 0x01

/** DEVACTB: writes to the APM control port raise an SMI. */
export const APMC_EN = 0x0200_0000
