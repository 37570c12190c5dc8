/** CR0, SDM vol. 3 section 2.5. */
export const CR0 = { WP: 0x0001_0000, NW: 0x2000_0000, CD: 0x4000_0000, PG: 0x8000_0000 } as const

/** CR4, SDM vol. 3 section 2.5. */
export const CR4 = { PSE: 0x10, PAE: 0x20, PGE: 0x80, SMEP: 0x10_0000, SMAP: 0x20_0000 } as const

/** IA32_EFER, SDM vol. 3 section 2.2.1. */
export const EFER = { LME: 0x100, NXE: 0x800 } as const

/** Bits of a paging-structure entry that all formats have in the same place, SDM vol. 3 sections 4.3 to 4.5. */
export const ENTRY = { P: 0x1, RW: 0x2, US: 0x4, A: 0x20, D: 0x40, PS: 0x80, G: 0x100 } as const

/** XD, bit 63, as bit of the upper half of an entry. */
export const XD_HIGH: number = 1 << 31

/** Page-fault error code, SDM vol. 3 section 4.7. */
export const PageFault = { P: 0x1, W: 0x2, U: 0x4, RSVD: 0x8, I: 0x10 } as const
