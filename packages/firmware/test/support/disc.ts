import type { SectorStore } from '../../src/index.ts'

const SECTOR = 2048
const ENTRY = 32

/** Sectors in an array. Reading past the end throws: whoever does has not looked. */
export function sectorStore(bytes: Uint8Array, sectorBytes: number, readOnly = false): SectorStore {
  const sectors = Math.floor(bytes.length / sectorBytes)
  const at = (sector: number, length: number): number => {
    if (!(sector >= 0 && length % sectorBytes === 0 && sector + length / sectorBytes <= sectors)) {
      throw new RangeError(`${length} bytes from sector ${sector} of ${sectors}`)
    }
    return sector * sectorBytes
  }
  return {
    sectorBytes,
    sectors,
    readOnly,
    read: (sector, into) => into.set(bytes.subarray(at(sector, into.length), at(sector, into.length) + into.length)),
    write: (sector, from) => bytes.set(from, at(sector, from.length)),
    flush: () => undefined,
  }
}

export function disc(bytes: Uint8Array): SectorStore {
  return sectorStore(bytes, SECTOR, true)
}

export interface DiscDescription {
  readonly sectors: number
  readonly catalog: number
  readonly mediaType: number
  readonly loadSegment: number
  readonly loadSectors: number
  readonly start: number
  /** -1: the initial entry boots a PC. Else that many sections of other platforms come first, and the section for a PC after them. */
  readonly sectionsBefore: number
}

/** A disc that has nothing but what the "El Torito" specification asks for. */
export function bootableDisc(said: DiscDescription): Uint8Array {
  const bytes = new Uint8Array(said.sectors * SECTOR)
  const text = (at: number, value: string): void => bytes.set(new TextEncoder().encode(value), at)
  const view = new DataView(bytes.buffer)
  const record = 17 * SECTOR
  text(record + 1, 'CD001')
  text(record + 7, 'EL TORITO SPECIFICATION')
  view.setUint32(record + 0x47, said.catalog, true)
  const at = said.catalog * SECTOR
  const isInitial = said.sectionsBefore < 0
  bytes[at] = 1
  // Platform EFI where the initial entry is not a PC's.
  bytes[at + 1] = isInitial ? 0 : 0xef
  bytes.set([0x55, 0xaa], at + 0x1e)
  let sum = 0
  for (let word = 0; word < ENTRY; word += 2) sum += view.getUint16(at + word, true)
  view.setUint16(at + 0x1c, -sum & 0xffff, true)
  const entry = (place: number): void => {
    bytes[place] = 0x88
    bytes[place + 1] = said.mediaType
    view.setUint16(place + 2, said.loadSegment, true)
    view.setUint16(place + 6, said.loadSectors, true)
    view.setUint32(place + 8, said.start, true)
  }
  if (isInitial) {
    entry(at + ENTRY)
    return bytes
  }
  let place = at + 2 * ENTRY
  for (let section = 0; section <= said.sectionsBefore; section += 1) {
    const isPc = section === said.sectionsBefore
    bytes[place] = isPc ? 0x91 : 0x90
    bytes[place + 1] = isPc ? 0 : 0xef
    view.setUint16(place + 2, 1, true)
    entry(place + ENTRY)
    place += 2 * ENTRY
  }
  return bytes
}
