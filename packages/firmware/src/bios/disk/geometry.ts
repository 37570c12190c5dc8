/** A disk as cylinders, heads and sectors per track; sectors count from 1. */
export interface Geometry {
  readonly cylinders: number
  readonly heads: number
  readonly sectors: number
}

export interface ChsAddress {
  readonly cylinder: number
  readonly head: number
  readonly sector: number
}

/** Diskettes by their sectors of 512 bytes: 160K to 2.88M. */
const FLOPPIES: ReadonlyMap<number, Geometry> = new Map([
  [320, { cylinders: 40, heads: 1, sectors: 8 }],
  [360, { cylinders: 40, heads: 1, sectors: 9 }],
  [640, { cylinders: 40, heads: 2, sectors: 8 }],
  [720, { cylinders: 40, heads: 2, sectors: 9 }],
  [1440, { cylinders: 80, heads: 2, sectors: 9 }],
  [2400, { cylinders: 80, heads: 2, sectors: 15 }],
  [2880, { cylinders: 80, heads: 2, sectors: 18 }],
  [3360, { cylinders: 80, heads: 2, sectors: 21 }],
  [3444, { cylinders: 82, heads: 2, sectors: 21 }],
  [5760, { cylinders: 80, heads: 2, sectors: 36 }],
])

/** What a drive without a diskette is, and one whose size says nothing. */
const USUAL_FLOPPY: Geometry = { cylinders: 80, heads: 2, sectors: 18 }

export function floppyGeometry(sectors: number): Geometry {
  return FLOPPIES.get(sectors) ?? USUAL_FLOPPY
}

/** Ten bits of cylinder and six of sector are all that INT 13h has. */
const MOST_CYLINDERS = 1024
const MOST_SECTORS = 63
/** Heads by the disk's size: LBA-assisted translation (EDD 3.0, annex C). */
const HEADS = [16, 32, 64, 128, 255]

/** `heads` and `sectors` as given, and as many cylinders as the disk fills, and INT 13h can count. */
export function withCylinders(total: number, heads: number, sectors: number): Geometry {
  return { cylinders: Math.max(1, Math.min(MOST_CYLINDERS, Math.floor(total / (heads * sectors)))), heads, sectors }
}

/** The translation of a disk that says nothing of its own: the fewest heads that reach it all. */
export function assistedGeometry(total: number): Geometry {
  const heads = HEADS.find((candidate) => candidate * MOST_SECTORS * MOST_CYLINDERS >= total) ?? 255
  return withCylinders(total, heads, MOST_SECTORS)
}

const PARTITION_TABLE = 0x1be
const PARTITION_BYTES = 16
const MBR_SIGNATURE = 0x1fe

/**
 * The geometry that a disk was partitioned under: a partition ends at the last head and sector of a cylinder. Null where
 * the table does not say, or contradicts itself.
 */
export function partitionedGeometry(mbr: Uint8Array, total: number): Geometry | null {
  if (mbr[MBR_SIGNATURE] !== 0x55 || mbr[MBR_SIGNATURE + 1] !== 0xaa) return null
  let found: Geometry | null = null
  for (let index = 0; index < 4; index += 1) {
    const entry = new DataView(mbr.buffer, mbr.byteOffset + PARTITION_TABLE + index * PARTITION_BYTES, PARTITION_BYTES)
    const heads = entry.getUint8(5) + 1
    const sectors = entry.getUint8(6) & MOST_SECTORS
    if (entry.getUint32(12, true) === 0 || entry.getUint8(4) === 0) continue
    if (sectors === 0 || heads < 2 || heads > 255) return null
    if (found !== null && (found.heads !== heads || found.sectors !== sectors)) return null
    if (!agrees(entry, heads, sectors)) return null
    found = withCylinders(total, heads, sectors)
  }
  return found
}

/** Whether a partition's first sector lies, by this geometry, where its LBA says; what CHS cannot reach says nothing. */
function agrees(entry: DataView, heads: number, sectors: number): boolean {
  const start = entry.getUint32(8, true)
  if (start >= MOST_CYLINDERS * heads * sectors) return true
  const cylinder = entry.getUint8(3) | ((entry.getUint8(2) & 0xc0) << 2)
  const chs = { cylinder, head: entry.getUint8(1), sector: entry.getUint8(2) & MOST_SECTORS }
  return chsToSector(chs, { cylinders: MOST_CYLINDERS, heads, sectors }) === start
}

/** The sector from 0 on; -1 for an address that the disk does not have. */
export function chsToSector({ cylinder, head, sector }: ChsAddress, { cylinders, heads, sectors }: Geometry): number {
  if (cylinder >= cylinders || head >= heads || sector < 1 || sector > sectors) return -1
  return (cylinder * heads + head) * sectors + sector - 1
}

export function sectorToChs(sector: number, { heads, sectors }: Geometry): ChsAddress {
  const track = Math.floor(sector / sectors)
  return { cylinder: Math.floor(track / heads), head: track % heads, sector: (sector % sectors) + 1 }
}
