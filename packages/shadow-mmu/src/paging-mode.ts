import { CR0, CR4, EFER, XD_HIGH } from './registers.ts'
import type { ControlRegisters, ProcessorFeatures } from './types.ts'

export const PagingFormat = { Off: 0, TwoLevel: 1, Pae: 2, FourLevel: 3 } as const
export type PagingFormat = (typeof PagingFormat)[keyof typeof PagingFormat]

/** The registers, digested into what each walk and each permission check asks. */
export class PagingMode {
  format: PagingFormat = PagingFormat.Off
  /** Page number of the root table (PAE: of the page that holds the four PDPTEs). */
  root = 0
  /** ANDed to every page number: clears bit 20 of the address while the A20 line is cut. */
  pageMask = -1
  largePages = false
  globalPages = false
  writeProtect = false
  smep = false
  smap = false
  /** Whether the fault code tells fetches apart, SDM vol. 3 section 4.7. */
  reportsFetch = false
  /** Reserved bits of a 4 MiB PDE. */
  reservedInLargePde = 0
  /** Reserved bits in the upper half of any 64-bit entry. */
  reservedHigh = 0
  /** Whether PS may be set in a 4-level PDPTE. */
  gigabytePages = false

  update({ cr0, cr3, cr4, efer, a20 }: ControlRegisters, features: ProcessorFeatures): void {
    this.format = formatOf(cr0, cr4, efer)
    this.pageMask = a20 ? -1 : ~0x100
    // CR3's bits above MAXPHYADDR are reserved and cannot be loaded, so the page number has at most 31 bits.
    this.root = Math.floor(cr3 / 4096) & 0x7fffffff
    this.largePages = (cr4 & CR4.PSE) !== 0
    this.globalPages = (cr4 & CR4.PGE) !== 0
    this.writeProtect = (cr0 & CR0.WP) !== 0
    this.smep = (cr4 & CR4.SMEP) !== 0
    this.smap = (cr4 & CR4.SMAP) !== 0
    const isWide = this.format === PagingFormat.Pae || this.format === PagingFormat.FourLevel
    const hasNoExecute = isWide && (efer & EFER.NXE) !== 0
    this.reportsFetch = this.smep || hasNoExecute
    this.reservedInLargePde = reservedInLargePde(features)
    this.reservedHigh = reservedHigh(this.format, features.physicalAddressBits) | (hasNoExecute ? 0 : XD_HIGH)
    this.gigabytePages = features.gigabytePages
  }
}

export function formatOf(cr0: number, cr4: number, efer: number): PagingFormat {
  if ((cr0 & CR0.PG) === 0) return PagingFormat.Off
  if ((cr4 & CR4.PAE) === 0) return PagingFormat.TwoLevel
  return (efer & EFER.LME) === 0 ? PagingFormat.Pae : PagingFormat.FourLevel
}

/** SDM vol. 3 section 4.3: bits 21:(M-19), M being the smaller of 40 and MAXPHYADDR, or bits 21:13 without PSE-36. */
function reservedInLargePde({ pse36, physicalAddressBits }: ProcessorFeatures): number {
  const bits = pse36 ? Math.min(40, physicalAddressBits) : 32
  return 0x3fffff & ~((1 << (bits - 19)) - 1)
}

/** Bits 62:M in PAE (SDM vol. 3 section 4.4.2), bits 51:M in 4-level paging (section 4.5.4), without XD. */
function reservedHigh(format: PagingFormat, physicalAddressBits: number): number {
  const address = (1 << (physicalAddressBits - 32)) - 1
  return (format === PagingFormat.FourLevel ? 0x000fffff : 0x7fffffff) & ~address
}
