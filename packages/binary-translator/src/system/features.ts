import type { CpuModel } from './types.ts'
import { missingVectors } from './vector-state.ts'

/** Which optional features a processor model has: derived from CPUID, so that the two cannot disagree. */
export interface Features {
  readonly timeStampCounter: boolean
  readonly msr: boolean
  readonly apic: boolean
  readonly sysenter: boolean
  readonly mtrr: boolean
  readonly pat: boolean
  readonly noExecute: boolean
  readonly fourLevelPaging: boolean
  /** `VectorBlock` bits of the vector features that the model lacks. */
  readonly missingVectors: number
  /** CR4 bits that may be set. */
  readonly cr4Mask: number
  /** Widest physical address, in bits. */
  readonly physicalBits: number
}

/**
 * CR4 bits by the CPUID leaf 1 EDX bit that announces them. SDM vol. 3, section 2.5. VME and PVI are not among them:
 * virtual interrupts are not implemented, whatever a model claims.
 */
const cr4ByFeature: readonly (readonly [feature: number, cr4: number])[] = [
  [2, 0x008],
  [3, 0x010],
  [4, 0x004],
  [6, 0x020],
  [7, 0x040],
  [13, 0x080],
  [24, 0x200],
  [25, 0x400],
]

/** CR4 bits by the bit of leaf 7's EBX and ECX. */
const smep = { feature: 7, cr4: 1 << 20 }
const smap = { feature: 20, cr4: 1 << 21 }
const umip = { feature: 2, cr4: 1 << 11 }

const has = (register: number, bit: number): boolean => ((register >>> bit) & 1) !== 0

function cr4MaskOf(model: CpuModel, edx: number): number {
  let mask = 0
  for (const [feature, bits] of cr4ByFeature) if (has(edx, feature)) mask |= bits
  const family = (model.cpuid(1, 0).eax >>> 8) & 15
  if (family >= 6) mask |= 0x100 // PCE came with the P6 family and has no CPUID bit.
  if (model.cpuid(0, 0).eax >= 7) {
    const extended = model.cpuid(7, 0)
    if (has(extended.ebx, smep.feature)) mask |= smep.cr4
    if (has(extended.ebx, smap.feature)) mask |= smap.cr4
    if (has(extended.ecx, umip.feature)) mask |= umip.cr4
  }
  return mask
}

/** Reads a model's features out of its CPUID answers. */
export function featuresOf(model: CpuModel): Features {
  const edx = model.cpuid(1, 0).edx
  const highest = model.cpuid(0x8000_0000, 0).eax
  const extended = highest >= 0x8000_0001 ? model.cpuid(0x8000_0001, 0).edx : 0
  const wide = has(edx, 6) || has(edx, 17)
  return {
    timeStampCounter: has(edx, 4),
    msr: has(edx, 5),
    apic: has(edx, 9),
    sysenter: has(edx, 11),
    mtrr: has(edx, 12),
    pat: has(edx, 16),
    noExecute: has(extended, 20),
    fourLevelPaging: has(extended, 29),
    missingVectors: missingVectors(model),
    cr4Mask: cr4MaskOf(model, edx),
    physicalBits: highest >= 0x8000_0008 ? model.cpuid(0x8000_0008, 0).eax & 0xff : wide ? 36 : 32,
  }
}
