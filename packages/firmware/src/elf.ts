import { FirmwareError, hex } from './errors.ts'
import { ByteReader } from './little-endian.ts'

export interface ElfSegment {
  /** Where the bytes are in the file. */
  readonly offset: number
  readonly fileBytes: number
  readonly memoryBytes: number
  readonly virtual: number
  readonly physical: number
}

export interface ElfImage {
  readonly bits: 32 | 64
  readonly entry: number
  /** PT_LOAD segments that occupy memory, in file order. */
  readonly segments: readonly ElfSegment[]
}

const MAGIC = 0x464c457f
const CLASS = 4
const DATA = 5
const TYPE = 16
const MACHINE = 18
const LITTLE = 1
const ET_EXEC = 2
const PT_LOAD = 1
const EM_386 = 3
const EM_X86_64 = 62

/** Offsets in the file header and program headers of each class (System V ABI, object files). */
const LAYOUTS = {
  32: {
    header: 52,
    entry: 24,
    table: 28,
    entryBytes: 42,
    count: 44,
    program: 32,
    offset: 4,
    virtual: 8,
    physical: 12,
    fileBytes: 16,
    memoryBytes: 20,
  },
  64: {
    header: 64,
    entry: 24,
    table: 32,
    entryBytes: 54,
    count: 56,
    program: 56,
    offset: 8,
    virtual: 16,
    physical: 24,
    fileBytes: 32,
    memoryBytes: 40,
  },
} as const

export function isElf(image: Uint8Array): boolean {
  return new ByteReader(image).u32(0) === MAGIC
}

/** 32 or 64 by the class byte; undefined for other values. */
export function elfBits(image: Uint8Array): 32 | 64 | undefined {
  return image[CLASS] === 1 ? 32 : image[CLASS] === 2 ? 64 : undefined
}

/** Reads an x86 executable's load segments; all bounds are checked against the file. */
export function parseElf(image: Uint8Array, name: string): ElfImage {
  const reader = new ByteReader(image)
  const bits = elfBits(image)
  if (!isElf(image) || bits === undefined || image[DATA] !== LITTLE) {
    throw new FirmwareError({ kind: 'foreign-image', image: name, reason: 'no little-endian ELF file' })
  }
  const layout = LAYOUTS[bits]
  const word = (at: number): number => (bits === 64 ? reader.u64(at) : reader.u32(at))
  demand(reader, name, 0, layout.header)
  const machine = reader.u16(MACHINE)
  if (reader.u16(TYPE) !== ET_EXEC || (machine !== EM_386 && machine !== EM_X86_64)) {
    throw new FirmwareError({
      kind: 'foreign-image',
      image: name,
      reason: 'no executable for x86 (relocatable, shared or of another machine)',
    })
  }
  const table = word(layout.table)
  const entryBytes = reader.u16(layout.entryBytes)
  const count = reader.u16(layout.count)
  if (count === 0 || entryBytes < layout.program) {
    throw new FirmwareError({ kind: 'foreign-image', image: name, reason: 'its ELF header names no program headers' })
  }
  demand(reader, name, table, count * entryBytes)
  const segments: ElfSegment[] = []
  for (let index = 0; index < count; index += 1) {
    const at = table + index * entryBytes
    if (reader.u32(at) !== PT_LOAD) continue
    const segment = {
      offset: word(at + layout.offset),
      fileBytes: word(at + layout.fileBytes),
      memoryBytes: word(at + layout.memoryBytes),
      virtual: word(at + layout.virtual),
      physical: word(at + layout.physical),
    }
    if (segment.memoryBytes === 0) continue
    checkSegment(reader, name, segment)
    segments.push(segment)
  }
  if (segments.length === 0)
    throw new FirmwareError({ kind: 'foreign-image', image: name, reason: 'its ELF file loads nothing' })
  return { bits, entry: word(layout.entry), segments }
}

/**
 * Where execution starts, as a physical address: an entry inside a segment's virtual addresses is translated, one that is
 * physical already (Linux) is kept.
 */
export function physicalEntry(image: ElfImage, name: string): number {
  const { entry, segments } = image
  const byVirtual = segments.find(({ virtual, memoryBytes }) => entry >= virtual && entry < virtual + memoryBytes)
  if (byVirtual !== undefined) return byVirtual.physical + (entry - byVirtual.virtual)
  if (segments.some(({ physical, memoryBytes }) => entry >= physical && entry < physical + memoryBytes)) return entry
  throw new FirmwareError({ kind: 'foreign-image', image: name, reason: `its entry ${hex(entry)} is in no segment` })
}

function checkSegment(reader: ByteReader, name: string, segment: ElfSegment): void {
  if (segment.fileBytes > segment.memoryBytes) {
    throw new FirmwareError({
      kind: 'foreign-image',
      image: name,
      reason: `the segment for ${hex(segment.physical)} has more bytes in the file than in memory`,
    })
  }
  demand(reader, name, segment.offset, segment.fileBytes)
}

function demand(reader: ByteReader, image: string, offset: number, bytes: number): void {
  if (!reader.has(offset, bytes))
    throw new FirmwareError({ kind: 'truncated', image, needed: offset + bytes, present: reader.length })
}
