import type { CpuModel, CpuidAnswer } from './types.ts'

/** CPUID leaf 1, EDX. SDM vol. 2, table 3-11. */
export const FeatureBit = {
  FPU: 0x0000001,
  PSE: 0x0000008,
  TSC: 0x0000010,
  MSR: 0x0000020,
  PAE: 0x0000040,
  CX8: 0x0000100,
  APIC: 0x0000200,
  SEP: 0x0000800,
  MTRR: 0x0001000,
  PGE: 0x0002000,
  CMOV: 0x0008000,
  PAT: 0x0010000,
  PSE36: 0x0020000,
  MMX: 0x0800000,
  FXSR: 0x1000000,
  SSE: 0x2000000,
  SSE2: 0x4000000,
} as const

/** CPUID leaf 1, ECX. SDM vol. 2, table 3-10. */
export const ExtendedFeatureBit = {
  SSE3: 0x0000001,
  SSSE3: 0x0000200,
  SSE41: 0x0080000,
  SSE42: 0x0100000,
  MOVBE: 0x0400000,
  POPCNT: 0x0800000,
} as const

/** Leaf 1, ECX: running under a hypervisor. */
const hypervisorPresent = 0x8000_0000
/** Leaf 8000_0001H, EDX: no-execute pages. */
const noExecute = 1 << 20
const firstHypervisorLeaf = 0x4000_0000
const firstExtendedLeaf = 0x8000_0000
const vendor = 'GenuineIntel'
const hypervisorVendor = 'MicaMicaMica'

/** What a model is made of. */
export interface ModelDefinition {
  readonly name: string
  /** Family, model and stepping as CPUID leaf 1 encodes them in EAX. */
  readonly signature: number
  /** `FeatureBit`s. */
  readonly features: number
  /** `ExtendedFeatureBit`s. */
  readonly extendedFeatures?: number
  readonly highestBasicLeaf: number
  /** Leaves 8000_0000H and up exist when there is a brand string. */
  readonly brand?: string
  readonly noExecute?: boolean
  readonly physicalBits: number
  /** Whether leaf 4000_0000H tells the guest where it is. */
  readonly hypervisor: boolean
}

/** Four characters as a little-endian register. */
function word(text: string, offset: number): number {
  let value = 0
  for (let index = 3; index >= 0; index--) value = value * 256 + (text.charCodeAt(offset + index) || 0)
  return value
}

const answer = (eax: number, ebx: number, ecx: number, edx: number): CpuidAnswer => ({
  eax: eax >>> 0,
  ebx: ebx >>> 0,
  ecx: ecx >>> 0,
  edx: edx >>> 0,
})

const nothing = answer(0, 0, 0, 0)

function basicLeaves(definition: ModelDefinition): readonly CpuidAnswer[] {
  const { signature, features, extendedFeatures = 0, hypervisor } = definition
  const leaves = [
    answer(definition.highestBasicLeaf, word(vendor, 0), word(vendor, 8), word(vendor, 4)),
    answer(signature, 0, extendedFeatures | (hypervisor ? hypervisorPresent : 0), features),
    // One call of leaf 2 tells all, and there is no cache to tell of.
    answer(1, 0, 0, 0),
  ]
  return leaves.slice(0, definition.highestBasicLeaf + 1)
}

function extendedLeaves(definition: ModelDefinition): readonly CpuidAnswer[] {
  const { brand } = definition
  if (brand === undefined) return []
  const part = (offset: number): CpuidAnswer =>
    answer(word(brand, offset), word(brand, offset + 4), word(brand, offset + 8), word(brand, offset + 12))
  const linearBits = 32
  return [
    answer(firstExtendedLeaf + 8, 0, 0, 0),
    answer(0, 0, 0, definition.noExecute ? noExecute : 0),
    part(0),
    part(16),
    part(32),
    nothing,
    nothing,
    nothing,
    answer(definition.physicalBits | (linearBits << 8), 0, 0, 0),
  ]
}

/** Makes a processor model. A leaf beyond the highest reads as the highest basic one. SDM vol. 2, CPUID. */
export function defineModel(definition: ModelDefinition): CpuModel {
  const basic = basicLeaves(definition)
  const extended = extendedLeaves(definition)
  const hypervisor = answer(
    firstHypervisorLeaf,
    word(hypervisorVendor, 0),
    word(hypervisorVendor, 4),
    word(hypervisorVendor, 8),
  )
  const highest = basic[basic.length - 1]!
  return {
    name: definition.name,
    cpuid(leaf) {
      if (definition.hypervisor && leaf === firstHypervisorLeaf) return hypervisor
      if (leaf >= firstExtendedLeaf) return extended[leaf - firstExtendedLeaf] ?? highest
      return basic[leaf] ?? highest
    },
  }
}

/** A late 486DX4: the first with CPUID. */
export const i486: CpuModel = defineModel({
  name: 'i486',
  signature: 0x480,
  features: FeatureBit.FPU,
  highestBasicLeaf: 1,
  physicalBits: 32,
  hypervisor: false,
})

const pentiumFeatures = FeatureBit.FPU | FeatureBit.PSE | FeatureBit.TSC | FeatureBit.MSR | FeatureBit.CX8

/** A Pentium without MMX. */
export const pentium: CpuModel = defineModel({
  name: 'pentium',
  signature: 0x52c,
  features: pentiumFeatures,
  highestBasicLeaf: 1,
  physicalBits: 32,
  hypervisor: false,
})

const sixthGeneration =
  pentiumFeatures |
  FeatureBit.PAE |
  FeatureBit.SEP |
  FeatureBit.MTRR |
  FeatureBit.PGE |
  FeatureBit.CMOV |
  FeatureBit.PAT |
  FeatureBit.FXSR

/** A Pentium III, less the vector instructions. */
export const pentium3: CpuModel = defineModel({
  name: 'pentium3',
  signature: 0x686,
  features: sixthGeneration,
  highestBasicLeaf: 2,
  physicalBits: 36,
  hypervisor: false,
})

/** What a machine may add to `mica32`. */
export interface Mica32Options {
  /** A local APIC is attached. */
  readonly apic?: boolean
  /** The MMU honours no-execute pages. */
  readonly noExecute?: boolean
  /** Further `FeatureBit`s that the engine has: MMX, SSE ... */
  readonly features?: number
  /** Further `ExtendedFeatureBit`s: SSE3, SSE4.1 ... */
  readonly extendedFeatures?: number
}

/**
 * The default model. Its signature is that of a processor that executes in order and never speculates, which is what
 * the guest needs to know: defences against speculation cost time here and defend nothing.
 */
export function mica32(options: Mica32Options = {}): CpuModel {
  return defineModel({
    name: 'mica32',
    signature: 0x106ca,
    features: sixthGeneration | (options.features ?? 0) | (options.apic ? FeatureBit.APIC : 0),
    extendedFeatures: options.extendedFeatures ?? 0,
    highestBasicLeaf: 2,
    brand: 'Mica Virtual CPU',
    noExecute: options.noExecute ?? false,
    physicalBits: 36,
    hypervisor: true,
  })
}

/** `mica32` with MMX and SSE to SSE4.2: the 32-bit share of what compilers call x86-64-v2. */
export function mica32v2(options: Mica32Options = {}): CpuModel {
  const { MMX, SSE, SSE2 } = FeatureBit
  const { SSE3, SSSE3, SSE41, SSE42, MOVBE, POPCNT } = ExtendedFeatureBit
  return mica32({
    ...options,
    features: MMX | SSE | SSE2 | (options.features ?? 0),
    extendedFeatures: SSE3 | SSSE3 | SSE41 | SSE42 | MOVBE | POPCNT | (options.extendedFeatures ?? 0),
  })
}
