import type { Context } from '../context.ts'
import { linear } from '../registers.ts'
import type { DiskFunction } from './disk-function.ts'
import { beginEmulation, currentEmulation, endEmulation, PACKET_BYTES, specificationPacket } from './emulation.ts'
import { MediaType } from './el-torito.ts'
import { DiskStatus } from './status.ts'
import { readSectors } from './transfer.ts'

const BOOT_RECORD_SECTOR = 17
const CATALOG_POINTER = 0x47
const KEEP = 1

/** AH=4Bh: tells of the boot that is in force at DS:SI, and ends it unless AL=1. */
function endOrAsk(context: Context): DiskStatus {
  const { registers, memory } = context
  const emulation = currentEmulation(context)
  if (emulation === null) return DiskStatus.INVALID
  memory.store(registers.inDs(registers.si), specificationPacket(context))
  if (registers.al !== KEEP) endEmulation(context)
  return DiskStatus.OK
}

/** AH=4Ah: puts the image into force that a specification packet at DS:SI describes. */
function begin(context: Context): DiskStatus {
  const { registers, memory, machine } = context
  const packet = memory.bytes(registers.inDs(registers.si), PACKET_BYTES)
  const view = new DataView(packet.buffer)
  const mediaType = packet[1]! & 0x0f
  const cd = packet[3]!
  const medium = machine.cdroms[cd]?.medium
  const start = view.getUint32(4, true)
  if (packet[0] !== PACKET_BYTES || mediaType > MediaType.HARD_DISK || !medium || start >= medium.sectors) {
    return DiskStatus.INVALID
  }
  beginEmulation(context, cd, {
    mediaType: mediaType as MediaType,
    start,
    loadSegment: view.getUint16(0x0c, true),
    loadSectors: view.getUint16(0x0e, true),
  })
  return DiskStatus.OK
}

/** AH=4Dh: sectors of the boot catalog; DS:SI is size, count, buffer and first sector. */
function readCatalog(context: Context): DiskStatus {
  const { registers, memory, machine } = context
  const at = registers.inDs(registers.si)
  const medium = machine.cdroms[currentEmulation(context)?.cd ?? 0]?.medium
  if (!medium || medium.sectorBytes !== 2048 || medium.sectors <= BOOT_RECORD_SECTOR) return DiskStatus.INVALID
  const record = new Uint8Array(medium.sectorBytes)
  medium.read(BOOT_RECORD_SECTOR, record)
  const first = new DataView(record.buffer).getUint32(CATALOG_POINTER, true) + memory.read16(at + 6)
  const pointer = memory.read32(at + 2)
  const address = linear(pointer >>> 16, pointer)
  return readSectors(context, { blocks: medium, first, count: memory.read8(at + 1), address }).status
}

/** AH=4Ah, 4Bh, 4Dh ("El Torito" specification 1.0, section 4). */
export const CATALOG_FUNCTIONS: readonly (readonly [number, DiskFunction])[] = [
  [0x4a, begin],
  [0x4b, endOrAsk],
  [0x4d, readCatalog],
]

/** Of these, the drive in DL need not exist. */
export const ANY_DRIVE: ReadonlySet<number> = new Set([0x4a, 0x4b, 0x4d])
