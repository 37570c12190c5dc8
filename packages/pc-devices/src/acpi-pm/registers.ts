/** ACPI specification, chapter 4 (fixed hardware), laid out as in the 82371AB (PIIX4) power management block. Offsets. */
export const Register = {
  PM1_STS: 0x00,
  PM1_EN: 0x02,
  PM1_CNT: 0x04,
  PM_TMR: 0x08,
  GPE0_STS: 0x0c,
  GPE0_EN: 0x0e,
} as const
export const BLOCK_PORTS = 0x40

export const Pm1Status = {
  TMR_STS: 0x0001,
  BM_STS: 0x0010,
  GBL_STS: 0x0020,
  PWRBTN_STS: 0x0100,
  SLPBTN_STS: 0x0200,
  RTC_STS: 0x0400,
  WAK_STS: 0x8000,
  ALL: 0x8731,
} as const

/** Enables for the status bits that can raise the SCI: TMR, GBL, PWRBTN, SLPBTN, RTC. */
export const PM1_ENABLES = 0x0721

export const Pm1Control = {
  /** Events raise the SCI, not an SMI. */
  SCI_EN: 0x0001,
  SLP_TYP_SHIFT: 10,
  SLP_TYP: 0x1c00,
  /** Write only: enter the sleeping state. */
  SLP_EN: 0x2000,
  WRITABLE: 0x1c07,
} as const

export const PM_TIMER_HZ = 3_579_545

/** Advanced power management: the SMI command port, which the FADT names. */
export const APM_CONTROL = 0xb2
export const APM_STATUS = 0xb3
/** Values for the FADT's ACPI_ENABLE and ACPI_DISABLE. */
export const ACPI_ENABLE = 0xf1
export const ACPI_DISABLE = 0xf0
