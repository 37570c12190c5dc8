import type { ControlRegisters, ProcessorFeatures } from '../../src/index.ts'

/** What the oracle needs to know of guest memory: 64-bit reads at guest-physical addresses, all ones where no memory is. */
export interface NaiveMemory {
  read(physical: bigint, bytes: number): bigint
}

export interface NaiveProcessor {
  readonly registers: ControlRegisters
  readonly features: ProcessorFeatures
  /** EFLAGS.AC. */
  readonly ac: boolean
  /** As loaded with CR3. */
  readonly pdptes: readonly bigint[]
}

export interface NaiveAccess {
  readonly linear: bigint
  readonly kind: 'read' | 'write' | 'fetch'
  readonly who: 'user' | 'supervisor' | 'implicit'
}

export type NaiveResult =
  | { readonly fault: number }
  | {
      readonly fault?: undefined
      readonly physical: bigint
      /** Entries that lack bits: where they are, and which bits are to be set. */
      readonly updates: readonly { readonly address: bigint; readonly bits: bigint }[]
      readonly isGlobal: boolean
      readonly isUserPage: boolean
      readonly pageBytes: bigint
    }

interface Level {
  readonly name: 'PML4E' | 'PDPTE' | 'PDE' | 'PTE'
  /** Lowest bit of the index in the linear address. */
  readonly shift: bigint
}

const bit = (n: number): bigint => 1n << BigInt(n)
const has = (value: bigint, n: number): boolean => (value & bit(n)) !== 0n
/** Bits from `low` to `high`, both included; none if `high` is below. */
const span = (high: number, low: number): bigint => (high < low ? 0n : bit(high + 1) - bit(low))
const cr = (value: number, n: number): boolean => has(BigInt(value), n)

export type Format = 'off' | '32-bit' | 'pae' | '4-level'

export function naiveFormat({ cr0, cr4, efer }: ControlRegisters): Format {
  if (!cr(cr0, 31)) return 'off'
  if (!cr(cr4, 5)) return '32-bit'
  return cr(efer, 8) ? '4-level' : 'pae'
}

const LEVELS: Record<Exclude<Format, 'off'>, readonly Level[]> = {
  '32-bit': [
    { name: 'PDE', shift: 22n },
    { name: 'PTE', shift: 12n },
  ],
  pae: [
    { name: 'PDE', shift: 21n },
    { name: 'PTE', shift: 12n },
  ],
  '4-level': [
    { name: 'PML4E', shift: 39n },
    { name: 'PDPTE', shift: 30n },
    { name: 'PDE', shift: 21n },
    { name: 'PTE', shift: 12n },
  ],
}

/** Whether the entry maps a page, by the manual's tables 4-4 to 4-20. */
function isLeaf(format: Format, level: Level, entry: bigint, { registers, features }: NaiveProcessor): boolean {
  if (level.name === 'PTE') return true
  if (!has(entry, 7)) return false
  if (level.name === 'PDE') return format !== '32-bit' || cr(registers.cr4, 4)
  return level.name === 'PDPTE' && features.gigabytePages
}

function reservedBits(format: Format, level: Level, entry: bigint, processor: NaiveProcessor): bigint {
  const { registers, features } = processor
  const width = features.physicalAddressBits
  const leaf = isLeaf(format, level, entry, processor)
  if (format === '32-bit') {
    if (level.name === 'PTE' || !leaf) return 0n
    return features.pse36 ? span(21, Math.min(40, width) - 19) : span(21, 13)
  }
  let reserved = format === 'pae' ? span(62, width) : span(51, width)
  if (!cr(registers.efer, 11)) reserved |= bit(63)
  if (level.name === 'PML4E') reserved |= bit(7)
  if (level.name === 'PDPTE') reserved |= leaf ? span(29, 13) : features.gigabytePages ? 0n : bit(7)
  if (level.name === 'PDE' && leaf) reserved |= span(20, 13)
  return reserved
}

function pageBase(format: Format, level: Level, entry: bigint): bigint {
  if (format === '32-bit' && level.name === 'PDE') return (entry & span(31, 22)) | (((entry >> 13n) & 0xffn) << 32n)
  return entry & (format === '32-bit' ? span(31, 12) : span(51, 12)) & ~(bit(Number(level.shift)) - 1n)
}

export function maskA20(physical: bigint, a20: boolean): bigint {
  return a20 ? physical : physical & ~bit(20)
}

/** The PDPTEs that a CR3 load would bring, or undefined if it raises #GP. */
export function naivePdptes(
  { cr3, a20 }: ControlRegisters,
  features: ProcessorFeatures,
  memory: NaiveMemory,
): bigint[] | undefined {
  const base = BigInt(cr3) & span(31, 5)
  const entries = [0n, 8n, 16n, 24n].map((offset) => memory.read(maskA20(base + offset, a20), 8))
  const reserved = span(2, 1) | span(8, 5) | span(63, features.physicalAddressBits)
  return entries.some((entry) => has(entry, 0) && (entry & reserved) !== 0n) ? undefined : entries
}

/** One access, straight from the manual, in plain steps and without state. */
export function naiveTranslate(processor: NaiveProcessor, memory: NaiveMemory, access: NaiveAccess): NaiveResult {
  const { registers, pdptes } = processor
  const { linear } = access
  const format = naiveFormat(registers)
  if (format === 'off') {
    return {
      physical: maskA20(linear & 0xffff_ffffn, registers.a20),
      updates: [],
      isGlobal: false,
      isUserPage: true,
      pageBytes: 4096n,
    }
  }
  let table = BigInt(registers.cr3) & (format === '4-level' ? span(42, 12) : span(31, 12))
  if (format === 'pae') {
    const pdpte = pdptes[Number((linear >> 30n) & 3n)]!
    if (!has(pdpte, 0)) return { fault: code(processor, access, false, false) }
    table = pdpte & span(51, 12)
  }
  const size = format === '32-bit' ? 4n : 8n
  const visited: { address: bigint; entry: bigint }[] = []
  for (const level of LEVELS[format]) {
    const index = (linear >> level.shift) & (format === '32-bit' ? 0x3ffn : 0x1ffn)
    const address = table + index * size
    const entry = memory.read(maskA20(address, registers.a20), Number(size))
    if (!has(entry, 0)) return { fault: code(processor, access, false, false) }
    if ((entry & reservedBits(format, level, entry, processor)) !== 0n)
      return { fault: code(processor, access, true, true) }
    visited.push({ address: maskA20(address, registers.a20), entry })
    if (isLeaf(format, level, entry, processor)) {
      const pageBytes = bit(Number(level.shift))
      const physical = maskA20(pageBase(format, level, entry) + (linear & (pageBytes - 1n)), registers.a20)
      return conclude(processor, access, visited, physical, pageBytes)
    }
    table = entry & (format === '32-bit' ? span(31, 12) : span(51, 12))
  }
  throw new Error('a walk ends at a PTE at the latest')
}

function conclude(
  processor: NaiveProcessor,
  access: NaiveAccess,
  visited: { address: bigint; entry: bigint }[],
  physical: bigint,
  pageBytes: bigint,
): NaiveResult {
  const { cr0, cr4 } = processor.registers
  const isWritable = visited.every(({ entry }) => has(entry, 1))
  const isUserPage = visited.every(({ entry }) => has(entry, 2))
  const isNoExecute = visited.some(({ entry }) => has(entry, 63))
  const refused: boolean[] = []
  if (access.kind === 'fetch') refused.push(isNoExecute)
  if (access.who === 'user') refused.push(!isUserPage, access.kind === 'write' && !isWritable)
  else {
    if (access.kind === 'write') refused.push(cr(cr0, 16) && !isWritable)
    if (access.kind === 'fetch') refused.push(cr(cr4, 20) && isUserPage)
    else refused.push(cr(cr4, 21) && isUserPage && (access.who === 'implicit' || !processor.ac))
  }
  if (refused.includes(true)) return { fault: code(processor, access, true, false) }
  const updates = visited
    .map(({ address, entry }, i) => {
      const wanted = bit(5) | (access.kind === 'write' && i === visited.length - 1 ? bit(6) : 0n)
      return { address, bits: wanted, isMissing: (entry & wanted) !== wanted }
    })
    .filter(({ isMissing }) => isMissing)
    .map(({ address, bits }) => ({ address, bits }))
  const isGlobal = cr(cr4, 7) && has(visited.at(-1)!.entry, 8)
  return { physical, updates, isGlobal, isUserPage, pageBytes }
}

function code(
  { registers }: NaiveProcessor,
  { kind, who }: NaiveAccess,
  isPresent: boolean,
  isReserved: boolean,
): number {
  const hasNx = cr(registers.cr4, 5) && cr(registers.efer, 11)
  const showsFetch = kind === 'fetch' && (hasNx || cr(registers.cr4, 20))
  return (
    (isPresent ? 1 : 0) +
    (kind === 'write' ? 2 : 0) +
    (who === 'user' ? 4 : 0) +
    (isReserved ? 8 : 0) +
    (showsFetch ? 16 : 0)
  )
}
