import { type CpuFeature, placeOf } from './cpuid-bits.ts'
import type { CpuModel } from './types.ts'

/** Which optional features a processor model has: derived from CPUID, so that the two cannot disagree. */
export interface Features {
  readonly timeStampCounter: boolean
  /** IA32_TSC_AUX. */
  readonly timeStampIdentity: boolean
  readonly msr: boolean
  readonly apic: boolean
  readonly deadlineTimer: boolean
  /** XRSTOR knows the compacted form. */
  readonly compaction: boolean
  /** RDRAND or RDSEED. */
  readonly random: boolean
  readonly sysenter: boolean
  readonly mtrr: boolean
  readonly pat: boolean
  readonly noExecute: boolean
  readonly fourLevelPaging: boolean
  /** CR4 bits that may be set; a model without any has no CR4. */
  readonly cr4Mask: number
  /** Widest physical address, in bits. */
  readonly physicalBits: number
}

/** CR4 bits by the feature that announces them; VME's stands for PVI, too. SDM vol. 3, section 2.5. */
const cr4ByFeature: readonly (readonly [feature: CpuFeature, cr4: number])[] = [
  ['VME', 0x0_0003],
  ['DE', 0x0_0008],
  ['PSE', 0x0_0010],
  ['TSC', 0x0_0004],
  ['PAE', 0x0_0020],
  ['MCE', 0x0_0040],
  ['PGE', 0x0_0080],
  ['FXSR', 0x0_0200],
  ['SSE', 0x0_0400],
  ['UMIP', 0x0_0800],
  ['XSAVE', 0x4_0000],
  ['SMEP', 0x10_0000],
  ['SMAP', 0x20_0000],
]

/** Whether `model` announces `feature`. */
export function hasFeature(model: CpuModel, feature: CpuFeature): boolean {
  const { leaf, subleaf, register, bit } = placeOf(feature)
  const highest = model.cpuid(leaf >= 0x8000_0000 ? 0x8000_0000 : 0, 0).eax
  // A leaf beyond the highest answers with something else.
  return highest >= leaf && ((model.cpuid(leaf, subleaf)[register] >>> bit) & 1) !== 0
}

/** The family that leaf 1 encodes. */
export const familyOfModel = (model: CpuModel): number => (model.cpuid(1, 0).eax >>> 8) & 15

function cr4MaskOf(model: CpuModel): number {
  let mask = 0
  for (const [feature, bits] of cr4ByFeature) if (hasFeature(model, feature)) mask |= bits
  // PCE came with the P6 family and has no CPUID bit.
  return familyOfModel(model) >= 6 ? mask | 0x100 : mask
}

/** Reads a model's features out of its CPUID answers. */
export function featuresOf(model: CpuModel): Features {
  const has = (feature: CpuFeature): boolean => hasFeature(model, feature)
  const highest = model.cpuid(0x8000_0000, 0).eax
  return {
    timeStampCounter: has('TSC'),
    timeStampIdentity: has('RDTSCP'),
    msr: has('MSR'),
    apic: has('APIC'),
    deadlineTimer: has('TSC_DEADLINE'),
    compaction: has('XSAVEC'),
    random: has('RDRAND') || has('RDSEED'),
    sysenter: has('SEP'),
    mtrr: has('MTRR'),
    pat: has('PAT'),
    noExecute: has('NX'),
    fourLevelPaging: has('LM'),
    cr4Mask: cr4MaskOf(model),
    physicalBits:
      highest >= 0x8000_0008 ? model.cpuid(0x8000_0008, 0).eax & 0xff : has('PAE') || has('PSE36') ? 36 : 32,
  }
}

/** What `model` says of paging, for an MMU. */
export function pagingFeatures(model: CpuModel): { physicalAddressBits: number; pse36: boolean } {
  return { physicalAddressBits: featuresOf(model).physicalBits, pse36: hasFeature(model, 'PSE36') }
}
