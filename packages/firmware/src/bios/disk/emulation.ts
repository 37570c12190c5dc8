import { Ebda, ebda } from '../bda.ts'
import type { Context } from '../context.ts'
import type { RemovableDrive } from '../types.ts'
import { type Blocks, emulatedBlocks } from './blocks.ts'
import { type BootImage, MediaType } from './el-torito.ts'
import { type Geometry, withCylinders } from './geometry.ts'

/** The specification packet of an El Torito boot (specification 1.0, table 9): offsets from its start. */
const Packet = {
  SIZE: 0x00,
  MEDIA_TYPE: 0x01,
  DRIVE: 0x02,
  CONTROLLER: 0x03,
  LBA: 0x04,
  DEVICE: 0x08,
  BUFFER_SEGMENT: 0x0a,
  LOAD_SEGMENT: 0x0c,
  LOAD_SECTORS: 0x0e,
  CYLINDERS_LOW: 0x10,
  SECTORS: 0x11,
  HEADS: 0x12,
} as const
export const PACKET_BYTES = 0x13

/** CDs without emulation are drives from here on. */
export const FIRST_CD = 0xe0
export const FIRST_DISK = 0x80

const FLOPPIES: ReadonlyMap<number, Geometry> = new Map([
  [MediaType.FLOPPY_1200, { cylinders: 80, heads: 2, sectors: 15 }],
  [MediaType.FLOPPY_1440, { cylinders: 80, heads: 2, sectors: 18 }],
  [MediaType.FLOPPY_2880, { cylinders: 80, heads: 2, sectors: 36 }],
])

/** An El Torito boot that is in force. */
export interface Emulation {
  readonly mediaType: MediaType
  /** As INT 13h knows it: 00h, 80h, or a CD's own number. */
  readonly drive: number
  /** Which CD drive. */
  readonly cd: number
  readonly start: number
  readonly geometry: Geometry
}

/** The boot that the EBDA tells of, null without one. A guest may write anything there: only what makes sense counts. */
export function currentEmulation({ memory }: Context): Emulation | null {
  const at = ebda(memory, Ebda.EL_TORITO)
  if (memory.read8(at + Packet.SIZE) !== PACKET_BYTES) return null
  const mediaType = memory.read8(at + Packet.MEDIA_TYPE) & 0x0f
  if (mediaType > MediaType.HARD_DISK) return null
  const sectors = memory.read8(at + Packet.SECTORS)
  return {
    mediaType: mediaType as MediaType,
    drive: memory.read8(at + Packet.DRIVE),
    cd: memory.read8(at + Packet.CONTROLLER),
    start: memory.read32(at + Packet.LBA),
    geometry: {
      cylinders: (memory.read8(at + Packet.CYLINDERS_LOW) | ((sectors & 0xc0) << 2)) + 1,
      heads: memory.read8(at + Packet.HEADS) + 1,
      sectors: Math.max(1, sectors & 0x3f),
    },
  }
}

const PARTITION_END = 0x1be + 5
const PARTITION_SECTORS = 0x1be + 12
const PARTITION_START = 0x1be + 8

/** The geometry of an image: a diskette's is known, a hard disk's is in its own partition table. */
function geometryOf(image: BootImage, drive: RemovableDrive): Geometry {
  const floppy = FLOPPIES.get(image.mediaType)
  if (floppy) return floppy
  const mbr = new Uint8Array(512)
  if (drive.medium) emulatedBlocks(drive.medium, image.start, 1).read(0, mbr)
  const heads = mbr[PARTITION_END]! + 1
  const sectors = mbr[PARTITION_END + 1]! & 0x3f
  const view = new DataView(mbr.buffer)
  const total = view.getUint32(PARTITION_START, true) + view.getUint32(PARTITION_SECTORS, true)
  return withCylinders(total, Math.min(heads, 255), sectors || 63)
}

/** Puts the boot of `image` into force. Answers the drive that INT 13h knows it by. */
export function beginEmulation({ memory, machine }: Context, cd: number, image: BootImage): number {
  const at = ebda(memory, Ebda.EL_TORITO)
  const drive = machine.cdroms[cd]!
  const { cylinders, heads, sectors } = geometryOf(image, drive)
  const { mediaType } = image
  const number = mediaType === MediaType.NONE ? FIRST_CD + cd : mediaType === MediaType.HARD_DISK ? FIRST_DISK : 0
  memory.write8(at + Packet.SIZE, PACKET_BYTES)
  memory.write8(at + Packet.MEDIA_TYPE, mediaType)
  memory.write8(at + Packet.DRIVE, number)
  memory.write8(at + Packet.CONTROLLER, cd)
  memory.write32(at + Packet.LBA, image.start)
  memory.write16(at + Packet.DEVICE, drive.place.unit | (drive.place.channel << 1))
  memory.write16(at + Packet.BUFFER_SEGMENT, 0)
  memory.write16(at + Packet.LOAD_SEGMENT, image.loadSegment)
  memory.write16(at + Packet.LOAD_SECTORS, image.loadSectors)
  memory.write8(at + Packet.CYLINDERS_LOW, cylinders - 1)
  memory.write8(at + Packet.SECTORS, sectors | (((cylinders - 1) >> 2) & 0xc0))
  memory.write8(at + Packet.HEADS, heads - 1)
  return number
}

export function endEmulation({ memory }: Context): void {
  memory.write8(ebda(memory, Ebda.EL_TORITO + Packet.SIZE), 0)
}

/** The packet, for INT 13h, AH=4Bh. */
export function specificationPacket({ memory }: Context): Uint8Array {
  return memory.bytes(ebda(memory, Ebda.EL_TORITO), PACKET_BYTES)
}

/** The emulated drive's sectors; null when the disc has gone. */
export function emulationBlocks({ machine }: Context, { cd, start, geometry }: Emulation): Blocks | null {
  const medium = machine.cdroms[cd]?.medium
  return medium ? emulatedBlocks(medium, start, geometry.cylinders * geometry.heads * geometry.sectors) : null
}
