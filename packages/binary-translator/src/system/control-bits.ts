/** CR0 bits. SDM vol. 3, section 2.5. */
export const Cr0 = {
  PE: 0x0000_0001,
  MP: 0x0000_0002,
  EM: 0x0000_0004,
  TS: 0x0000_0008,
  ET: 0x0000_0010,
  NE: 0x0000_0020,
  WP: 0x0001_0000,
  AM: 0x0004_0000,
  NW: 0x2000_0000,
  CD: 0x4000_0000,
  PG: 0x8000_0000,
} as const

/** CR4 bits that this unit looks at. */
export const Cr4 = {
  VME: 0x001,
  PVI: 0x002,
  TSD: 0x004,
  DE: 0x008,
  PCE: 0x100,
  UMIP: 0x800,
  OSXSAVE: 0x4_0000,
  SMAP: 0x20_0000,
} as const

/** Changes of these bits change what a linear address means; those of CD and NW load PAE's page-directory pointers. SDM vol. 3, section 4.4.1. */
export const cr0Paging: number = Cr0.PG | Cr0.WP | Cr0.PE | Cr0.CD | Cr0.NW
/** PSE, PAE, PGE, SMEP and SMAP likewise. */
export const cr4Paging: number = 0x0030_00b0
