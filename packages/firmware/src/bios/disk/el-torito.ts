import type { SectorStore } from '../types.ts'

/** "El Torito" Bootable CD-ROM Format Specification 1.0. */
const BOOT_RECORD_SECTOR = 17
const SECTOR_BYTES = 2048
const ENTRY_BYTES = 32
const IDENTIFIER = 'CD001'
const SYSTEM = 'EL TORITO SPECIFICATION'
const CATALOG_POINTER = 0x47
const BOOTABLE = 0x88
const SECTION_MORE = 0x90
const SECTION_LAST = 0x91
/** 80x86 PC. */
const PLATFORM_PC = 0
const DEFAULT_SEGMENT = 0x07c0

export const MediaType = { NONE: 0, FLOPPY_1200: 1, FLOPPY_1440: 2, FLOPPY_2880: 3, HARD_DISK: 4 } as const
export type MediaType = (typeof MediaType)[keyof typeof MediaType]

/** What a CD says of how to boot it. */
export interface BootImage {
  readonly mediaType: MediaType
  readonly loadSegment: number
  /** Sectors of 512 bytes to load. */
  readonly loadSectors: number
  /** First sector of 2048 bytes. */
  readonly start: number
}

export type BootCatalog =
  | { readonly kind: 'image'; readonly image: BootImage }
  /** Not bootable; why, for the screen. */
  | { readonly kind: 'none'; readonly reason: string }

/** A sector, or null where the disc has none. */
function sector(store: SectorStore, number: number): Uint8Array | null {
  if (store.sectorBytes !== SECTOR_BYTES || number >= store.sectors) return null
  const bytes = new Uint8Array(SECTOR_BYTES)
  store.read(number, bytes)
  return bytes
}

function text(bytes: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length))
}

function word32(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true)
}

function word16(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8)
}

/** Reads the boot catalog of a disc; any bytes give an answer. */
export function readBootCatalog(store: SectorStore): BootCatalog {
  const record = sector(store, BOOT_RECORD_SECTOR)
  if (record === null) return none('it is too short for an ISO 9660 file system')
  if (record[0] !== 0 || text(record, 1, 5) !== IDENTIFIER || text(record, 7, SYSTEM.length) !== SYSTEM) {
    return none('it has no El Torito boot record')
  }
  const catalog = sector(store, word32(record, CATALOG_POINTER))
  if (catalog === null) return none('its boot catalog lies past the end')
  if (!isValid(catalog)) return none('its boot catalog is damaged')
  // The validation entry's platform is that of the initial entry.
  const candidates = catalog[1] === PLATFORM_PC ? [ENTRY_BYTES] : []
  for (const at of [...candidates, ...sectionEntries(catalog)]) {
    const image = entryImage(catalog, at, store.sectors)
    if (image !== null) return { kind: 'image', image }
  }
  return none('its boot catalog has no entry for a PC that lies on the disc')
}

function none(reason: string): BootCatalog {
  return { kind: 'none', reason }
}

/** Header 1, key bytes, and words that add up to zero (section 2.1). */
function isValid(catalog: Uint8Array): boolean {
  if (catalog[0] !== 1 || catalog[0x1e] !== 0x55 || catalog[0x1f] !== 0xaa) return false
  let sum = 0
  for (let at = 0; at < ENTRY_BYTES; at += 2) sum += word16(catalog, at)
  return (sum & 0xffff) === 0
}

/** Places of the entries in sections for a PC; a section's header tells how many follow. */
function* sectionEntries(catalog: Uint8Array): Generator<number> {
  let at = 2 * ENTRY_BYTES
  while (at + ENTRY_BYTES <= catalog.length) {
    const header = catalog[at]!
    if (header !== SECTION_MORE && header !== SECTION_LAST) return
    const count = word16(catalog, at + 2)
    const isPc = catalog[at + 1] === PLATFORM_PC
    for (let index = 0; index < count; index += 1) {
      at += ENTRY_BYTES
      if (at + ENTRY_BYTES > catalog.length) return
      if (isPc) yield at
    }
    if (header === SECTION_LAST) return
    at += ENTRY_BYTES
  }
}

function entryImage(catalog: Uint8Array, at: number, discSectors: number): BootImage | null {
  const mediaType = catalog[at + 1]! & 0x0f
  const start = word32(catalog, at + 8)
  if (catalog[at] !== BOOTABLE || mediaType > MediaType.HARD_DISK || start === 0 || start >= discSectors) return null
  return {
    mediaType: mediaType as MediaType,
    loadSegment: word16(catalog, at + 2) || DEFAULT_SEGMENT,
    // An emulated drive boots by its first sector; without a count that is all.
    loadSectors: word16(catalog, at + 6) || 1,
    start,
  }
}
