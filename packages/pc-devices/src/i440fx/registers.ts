/** Intel 82441FX (PMC) data sheet. */
export const I440FX_VENDOR_ID = 0x8086
export const I440FX_DEVICE_ID = 0x1237

export const Register = {
  PMCCFG: 0x50,
  DETURBO: 0x52,
  DBC: 0x53,
  /** Programmable attribute map: 59h..5Fh. */
  PAM0: 0x59,
  DRB0: 0x60,
  FDHC: 0x68,
  SMRAM: 0x72,
  ERRSTS: 0x91,
} as const
