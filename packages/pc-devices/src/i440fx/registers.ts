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

/** 82441FX data sheet, section 3.2.14: two bits for each area. */
export const PamAttribute = { READ: 0x1, WRITE: 0x2 } as const

interface PamArea {
  readonly register: number
  readonly shift: 0 | 4
  readonly start: number
  readonly length: number
}

/** The areas of the programmable attribute map: the BIOS's 64 KiB, and twelve of 16 KiB below it. */
export const PAM_AREAS: readonly PamArea[] = [
  { register: Register.PAM0, shift: 4, start: 0xf_0000, length: 0x1_0000 },
  ...Array.from({ length: 12 }, (_, index): PamArea => {
    const shift = index % 2 === 0 ? 0 : 4
    return { register: Register.PAM0 + 1 + (index >> 1), shift, start: 0xc_0000 + index * 0x4000, length: 0x4000 }
  }),
]
