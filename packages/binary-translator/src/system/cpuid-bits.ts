/** The registers that CPUID answers in. */
export type CpuidRegister = 'eax' | 'ebx' | 'ecx' | 'edx'

/** Where CPUID announces a feature. */
export interface FeaturePlace {
  readonly leaf: number
  readonly subleaf: number
  readonly register: CpuidRegister
  readonly bit: number
}

/**
 * Leaf, register, bit and subleaf of each feature, by the names that the decoder's table has for them, or those of the
 * manual. SDM vol. 2, CPUID, tables 3-8, 3-10 and 3-11.
 */
export const featurePlaces = {
  FPU: [1, 'edx', 0],
  VME: [1, 'edx', 1],
  DE: [1, 'edx', 2],
  PSE: [1, 'edx', 3],
  TSC: [1, 'edx', 4],
  MSR: [1, 'edx', 5],
  PAE: [1, 'edx', 6],
  MCE: [1, 'edx', 7],
  CX8: [1, 'edx', 8],
  APIC: [1, 'edx', 9],
  SEP: [1, 'edx', 11],
  MTRR: [1, 'edx', 12],
  PGE: [1, 'edx', 13],
  MCA: [1, 'edx', 14],
  CMOV: [1, 'edx', 15],
  PAT: [1, 'edx', 16],
  PSE36: [1, 'edx', 17],
  CLFSH: [1, 'edx', 19],
  MMX: [1, 'edx', 23],
  FXSR: [1, 'edx', 24],
  SSE: [1, 'edx', 25],
  SSE2: [1, 'edx', 26],
  SSE3: [1, 'ecx', 0],
  PCLMULQDQ: [1, 'ecx', 1],
  MONITOR: [1, 'ecx', 3],
  SSSE3: [1, 'ecx', 9],
  CMPXCHG16B: [1, 'ecx', 13],
  SSE4_1: [1, 'ecx', 19],
  SSE4_2: [1, 'ecx', 20],
  X2APIC: [1, 'ecx', 21],
  MOVBE: [1, 'ecx', 22],
  POPCNT: [1, 'ecx', 23],
  TSC_DEADLINE: [1, 'ecx', 24],
  AES: [1, 'ecx', 25],
  XSAVE: [1, 'ecx', 26],
  RDRAND: [1, 'ecx', 30],
  HYPERVISOR: [1, 'ecx', 31],
  SMEP: [7, 'ebx', 7],
  RDSEED: [7, 'ebx', 18],
  SMAP: [7, 'ebx', 20],
  UMIP: [7, 'ecx', 2],
  XSAVEOPT: [0xd, 'eax', 0, 1],
  XSAVEC: [0xd, 'eax', 1, 1],
  LAHF64: [0x8000_0001, 'ecx', 0],
  LZCNT: [0x8000_0001, 'ecx', 5],
  PREFETCHW: [0x8000_0001, 'ecx', 8],
  NX: [0x8000_0001, 'edx', 20],
  RDTSCP: [0x8000_0001, 'edx', 27],
  LM: [0x8000_0001, 'edx', 29],
} as const

/** A feature that CPUID announces. */
export type CpuFeature = keyof typeof featurePlaces

/** Where CPUID announces `feature`. */
export function placeOf(feature: CpuFeature): FeaturePlace {
  const [leaf, register, bit, subleaf = 0]: readonly [number, CpuidRegister, number, number?] = featurePlaces[feature]
  return { leaf, subleaf, register, bit }
}

/** Whether `word` names a feature. */
export const isCpuFeature = (word: string): word is CpuFeature => Object.hasOwn(featurePlaces, word)
