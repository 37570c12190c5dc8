import { ByteReader } from '../little-endian.ts'

/** Multiboot Specification 0.6.96, 3.1: the header lies in the first 8 KiB, on a 4-byte boundary. */
const MAGIC = 0x1badb002
const SEARCH_BYTES = 8192
const HEADER_BYTES = 12
const ADDRESSES_END = 32

export const HeaderFlag = {
  /** Modules on page boundaries. */
  PAGE_ALIGN: 0x1,
  /** Memory sizes and map wanted. */
  MEMORY_INFO: 0x2,
  /** A video mode wanted. */
  VIDEO_MODE: 0x4,
  /** The address fields say where to load, whatever the file's format. */
  ADDRESS_FIELDS: 0x10000,
} as const

/** Bits 0-15 must be understood by the loader; these are. */
const KNOWN_REQUIREMENTS: number = HeaderFlag.PAGE_ALIGN | HeaderFlag.MEMORY_INFO | HeaderFlag.VIDEO_MODE

export interface MultibootAddresses {
  readonly header: number
  readonly load: number
  /** Zero: to the end of the file. */
  readonly loadEnd: number
  /** Zero: nothing to clear. */
  readonly bssEnd: number
  readonly entry: number
}

export interface MultibootHeader {
  /** In the file. */
  readonly offset: number
  readonly flags: number
  /** Required features that no loader of this version knows. */
  readonly unknownRequirements: number
  /** Present when the header's flag 16 is set and the file is long enough. */
  readonly addresses: MultibootAddresses | undefined
}

/** Finds the header; undefined when there is none. */
export function findMultibootHeader(image: Uint8Array): MultibootHeader | undefined {
  const reader = new ByteReader(image)
  const last = Math.min(image.length, SEARCH_BYTES) - HEADER_BYTES
  for (let offset = 0; offset <= last; offset += 4) {
    const flags = reader.u32(offset + 4)
    if (reader.u32(offset) !== MAGIC || ((MAGIC + flags + reader.u32(offset + 8)) | 0) !== 0) continue
    return {
      offset,
      flags,
      unknownRequirements: flags & 0xffff & ~KNOWN_REQUIREMENTS,
      addresses:
        (flags & HeaderFlag.ADDRESS_FIELDS) !== 0 && reader.has(offset, ADDRESSES_END)
          ? readAddresses(reader, offset)
          : undefined,
    }
  }
  return undefined
}

function readAddresses(reader: ByteReader, offset: number): MultibootAddresses {
  return {
    header: reader.u32(offset + 12),
    load: reader.u32(offset + 16),
    loadEnd: reader.u32(offset + 20),
    bssEnd: reader.u32(offset + 24),
    entry: reader.u32(offset + 28),
  }
}
