import { type CpuFeature, type CpuidRegister, placeOf } from './cpuid-bits.ts'
import type { CpuModel, CpuidAnswer } from './types.ts'

const firstHypervisorLeaf = 0x4000_0000
const firstExtendedLeaf = 0x8000_0000
const vendor = 'GenuineIntel'
const hypervisorVendor = 'MicaMicaMica'
const lineBytes = 64
/** Bytes of an XSAVE area with x87 and SSE state. */
const xsaveBytes = 576

type FourWords = readonly [eax: number, ebx: number, ecx: number, edx: number]

/** A cache as leaf 4 tells it: lines are of 64 bytes. */
export interface CacheDescription {
  readonly level: number
  readonly kind: 'data' | 'instruction' | 'unified'
  readonly ways: number
  readonly sets: number
}

/** What a model is made of: data, from which CPUID and so all behaviour follows. */
export interface ModelDefinition {
  readonly name: string
  /** Family, model and stepping as CPUID leaf 1 encodes them in EAX. */
  readonly signature: number
  readonly features: readonly CpuFeature[]
  /** Newer features can raise it. */
  readonly highestBasicLeaf: number
  /** Leaf 1's number of a processor name, for models of the time between names and strings. */
  readonly brandIndex?: number
  /** The descriptor bytes of leaf 2. Default: nothing to tell. */
  readonly descriptors?: FourWords
  /** Leaf 4. */
  readonly caches?: readonly CacheDescription[]
  /** Leaves 8000_0002H to 8000_0004H. */
  readonly brand?: string
  readonly physicalBits: number
}

/** Four characters as a little-endian register. */
function word(text: string, offset: number): number {
  let value = 0
  for (let index = 3; index >= 0; index--) value = value * 256 + (text.charCodeAt(offset + index) || 0)
  return value
}

const answer = (...[eax, ebx, ecx, edx]: FourWords): CpuidAnswer => ({
  eax: eax >>> 0,
  ebx: ebx >>> 0,
  ecx: ecx >>> 0,
  edx: edx >>> 0,
})

const nothing = answer(0, 0, 0, 0)

/** The features of one register of one leaf. */
function bits({ features }: ModelDefinition, leaf: number, register: CpuidRegister, subleaf = 0): number {
  let value = 0
  for (const feature of features) {
    const place = placeOf(feature)
    const isThere = place.leaf === leaf && place.subleaf === subleaf && place.register === register
    if (isThere) value |= 1 << place.bit
  }
  return value
}

function identity(definition: ModelDefinition): CpuidAnswer {
  const { signature, features, brandIndex = 0 } = definition
  const flushed = features.includes('CLFSH') ? (lineBytes / 8) << 8 : 0
  return answer(signature, brandIndex | flushed, bits(definition, 1, 'ecx'), bits(definition, 1, 'edx'))
}

const cacheKinds = { data: 1, instruction: 2, unified: 3 } as const

/** SDM vol. 2, CPUID leaf 04H: counts less one. */
function cacheAnswer({ level, kind, ways, sets }: CacheDescription): CpuidAnswer {
  const selfInitializing = 0x100
  return answer(cacheKinds[kind] | (level << 5) | selfInitializing, ((ways - 1) << 22) | (lineBytes - 1), sets - 1, 0)
}

/** Leaf 0DH: what XSAVE saves, and how much room it takes. */
function extendedStates(definition: ModelDefinition): readonly CpuidAnswer[] {
  const x87AndSse = 3
  return [answer(x87AndSse, xsaveBytes, xsaveBytes, 0), answer(bits(definition, 0xd, 'eax', 1), xsaveBytes, 0, 0)]
}

/** The basic leaves that say anything, with their subleaves. */
function basicLeaves(definition: ModelDefinition): ReadonlyMap<number, readonly CpuidAnswer[]> {
  const { descriptors = [1, 0, 0, 0], caches = [], features } = definition
  const leaves = new Map<number, readonly CpuidAnswer[]>([
    [1, [identity(definition)]],
    [2, [answer(...descriptors)]],
    [4, caches.map(cacheAnswer)],
  ])
  // MONITOR watches lines, and MWAIT may be told to end for masked interrupts.
  if (features.includes('MONITOR')) leaves.set(5, [answer(lineBytes, lineBytes, 3, 0)])
  leaves.set(7, [answer(0, bits(definition, 7, 'ebx'), bits(definition, 7, 'ecx'), bits(definition, 7, 'edx'))])
  if (features.includes('XSAVE')) leaves.set(0xd, extendedStates(definition))
  return leaves
}

function highestBasicLeaf({ highestBasicLeaf, features }: ModelDefinition): number {
  const needed = features.map((feature) => placeOf(feature).leaf).filter((leaf) => leaf < firstHypervisorLeaf)
  const ofState = features.includes('XSAVE') ? 0xd : 0
  const ofMonitor = features.includes('MONITOR') ? 5 : 0
  return Math.max(highestBasicLeaf, ofState, ofMonitor, ...needed)
}

/** Leaves 8000_0000H and up, where there is something to tell in them. */
function extendedLeaves(definition: ModelDefinition): readonly CpuidAnswer[] {
  const { brand, features, caches = [], physicalBits } = definition
  const isExtended = features.some((feature) => placeOf(feature).leaf >= firstExtendedLeaf)
  if (brand === undefined && !isExtended) return []
  const part = (offset: number): CpuidAnswer =>
    answer(
      word(brand ?? '', offset),
      word(brand ?? '', offset + 4),
      word(brand ?? '', offset + 8),
      word(brand ?? '', offset + 12),
    )
  const linearBits = 32
  const flags = (register: 'ecx' | 'edx'): number => bits(definition, firstExtendedLeaf + 1, register)
  return [
    answer(firstExtendedLeaf + 8, 0, 0, 0),
    answer(0, 0, flags('ecx'), flags('edx')),
    part(0),
    part(16),
    part(32),
    nothing,
    secondLevel(caches),
    nothing,
    answer(physicalBits | (linearBits << 8), 0, 0, 0),
  ]
}

/** Leaf 8000_0006H tells the second cache again: KiB, eight ways, bytes of a line. */
function secondLevel(caches: readonly CacheDescription[]): CpuidAnswer {
  const cache = caches.find(({ level }) => level === 2)
  if (!cache) return nothing
  const eightWays = 6 << 12
  return answer(0, 0, (((cache.ways * cache.sets * lineBytes) / 1024) << 16) | eightWays | lineBytes, 0)
}

/** Makes a processor model. A leaf beyond the highest reads as the highest basic one. SDM vol. 2, CPUID. */
export function defineModel(definition: ModelDefinition): CpuModel {
  const basic = basicLeaves(definition)
  const extended = extendedLeaves(definition)
  const highest = highestBasicLeaf(definition)
  const first = answer(highest, word(vendor, 0), word(vendor, 8), word(vendor, 4))
  const names = [word(hypervisorVendor, 0), word(hypervisorVendor, 4), word(hypervisorVendor, 8)] as const
  const hypervisor = answer(firstHypervisorLeaf, ...names)
  const basicLeaf = (leaf: number, subleaf: number): CpuidAnswer => {
    if (leaf === 0) return first
    const subleaves = basic.get(leaf) ?? []
    // Leaves 4 and 0DH look at ECX; the others do not.
    return subleaves[leaf === 4 || leaf === 0xd ? subleaf : 0] ?? nothing
  }
  return {
    name: definition.name,
    cpuid(leaf, subleaf) {
      const isHypervisor = leaf === firstHypervisorLeaf && definition.features.includes('HYPERVISOR')
      if (isHypervisor) return hypervisor
      const found = leaf >= firstExtendedLeaf ? extended[leaf - firstExtendedLeaf] : undefined
      return found ?? basicLeaf(Math.min(leaf, highest), subleaf)
    },
  }
}

const pentiumFeatures: readonly CpuFeature[] = ['FPU', 'VME', 'DE', 'PSE', 'TSC', 'MSR', 'CX8']
const sixthGeneration: readonly CpuFeature[] = [
  ...pentiumFeatures,
  'PAE',
  'SEP',
  'MTRR',
  'PGE',
  'CMOV',
  'PAT',
  'PSE36',
  'FXSR',
]
const version2: readonly CpuFeature[] = [
  ...sixthGeneration,
  'CLFSH',
  'MMX',
  'SSE',
  'SSE2',
  'SSE3',
  'SSSE3',
  'SSE4_1',
  'SSE4_2',
  'POPCNT',
  'CMPXCHG16B',
  'LAHF64',
  'NX',
  'RDTSCP',
  'PREFETCHW',
  'HYPERVISOR',
]

/** What may be added to a model that lacks it: all that the engine has and the machine around it need not know of. */
export const addableFeatures: readonly CpuFeature[] = [
  ...version2,
  'AES',
  'PCLMULQDQ',
  'RDRAND',
  'RDSEED',
  'XSAVE',
  'XSAVEOPT',
  'XSAVEC',
  'MOVBE',
  'LZCNT',
  'MONITOR',
  'SMEP',
  'SMAP',
  'UMIP',
]

/** 32 KiB + 32 KiB, 256 KiB, 8 MiB. */
const caches: readonly CacheDescription[] = [
  { level: 1, kind: 'data', ways: 8, sets: 64 },
  { level: 1, kind: 'instruction', ways: 4, sets: 128 },
  { level: 2, kind: 'unified', ways: 8, sets: 512 },
  { level: 3, kind: 'unified', ways: 16, sets: 8192 },
]

/**
 * A processor that executes in order and never speculates, which is what the guest needs to know: defences against
 * speculation cost time here and defend nothing.
 */
const inOrder = 0x106ca

/** The models that have a name. */
export const modelNames = ['mica32', '486', 'pentium', 'pentium3', 'x86-64-v2'] as const
export type ModelName = (typeof modelNames)[number]

/** The models by name. */
export const modelDefinitions: Readonly<Record<ModelName, ModelDefinition>> = {
  /** The default: all that is not a vector. */
  mica32: {
    name: 'mica32',
    signature: inOrder,
    features: [...sixthGeneration, 'PREFETCHW', 'HYPERVISOR'],
    highestBasicLeaf: 2,
    brand: 'Mica Virtual CPU',
    physicalBits: 36,
  },
  /** A late 486DX4: the first with CPUID. */
  '486': { name: '486', signature: 0x480, features: ['FPU'], highestBasicLeaf: 1, physicalBits: 32 },
  /** A Pentium without MMX. */
  pentium: { name: 'pentium', signature: 0x52c, features: pentiumFeatures, highestBasicLeaf: 1, physicalBits: 32 },
  /** A Coppermine with 256 KiB of cache. */
  pentium3: {
    name: 'pentium3',
    signature: 0x68a,
    features: [...sixthGeneration, 'MMX', 'SSE'],
    highestBasicLeaf: 2,
    brandIndex: 2,
    descriptors: [0x0302_0101, 0, 0, 0x0c04_0882],
    physicalBits: 36,
  },
  /** What compilers call x86-64-v2, less what only 64-bit code can see. */
  'x86-64-v2': {
    name: 'x86-64-v2',
    signature: inOrder,
    features: version2,
    highestBasicLeaf: 7,
    descriptors: [0xff01, 0, 0, 0],
    caches,
    brand: 'Mica Virtual CPU v2',
    physicalBits: 36,
  },
}

/** What a feature builds upon. */
const prerequisites: Partial<Record<CpuFeature, CpuFeature>> = {
  SSE: 'FXSR',
  SSE2: 'SSE',
  SSE3: 'SSE2',
  SSSE3: 'SSE3',
  SSE4_1: 'SSSE3',
  SSE4_2: 'SSE4_1',
  AES: 'SSE2',
  PCLMULQDQ: 'SSE2',
  XSAVE: 'FXSR',
  XSAVEOPT: 'XSAVE',
  XSAVEC: 'XSAVE',
}

function withPrerequisites(feature: CpuFeature | undefined): CpuFeature[] {
  return feature === undefined ? [] : [feature, ...withPrerequisites(prerequisites[feature])]
}

/**
 * The model of that name, with further features and what those build upon.
 *
 * ```ts
 * cpuModel('x86-64-v2', ['AES', 'RDRAND'])
 * ```
 */
export function cpuModel(name: ModelName, added: readonly CpuFeature[] = []): CpuModel {
  const definition = modelDefinitions[name]
  return defineModel({
    ...definition,
    features: [...new Set([...definition.features, ...added.flatMap(withPrerequisites)])],
  })
}

/** What a machine may add to `mica32`. */
export interface Mica32Options {
  /** A local APIC is attached. */
  readonly apic?: boolean
  /** The MMU honours no-execute pages. */
  readonly noExecute?: boolean
  /** Further features that the engine has: `MMX`, `SSE` ... */
  readonly features?: readonly CpuFeature[]
}

/** The default model. */
export function mica32({ apic = false, noExecute = false, features = [] }: Mica32Options = {}): CpuModel {
  return cpuModel('mica32', [
    ...(apic ? (['APIC'] as const) : []),
    ...(noExecute ? (['NX'] as const) : []),
    ...features,
  ])
}
