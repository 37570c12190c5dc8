import { Ebda, ebda } from '../bda.ts'
import type { Context } from '../context.ts'
import { linear } from '../registers.ts'
import type { IdePlace } from '../types.ts'
import type { Drive } from './drives.ts'
import { CATALOG_FUNCTIONS } from './catalog-services.ts'
import type { DiskFunction } from './disk-function.ts'
import { DiskStatus } from './status.ts'
import { type Outcome, type Transfer, isOnDisk, readSectors, verifySectors, writeSectors } from './transfer.ts'

/** EDD 3.0 (BIOS Enhanced Disk Drive Specification). */
export const EDD_VERSION = 0x30
export const INSTALLATION_CHECK = 0x41
/** Disk access, locking and ejecting, drive parameters. */
const SUBSETS = 0x0007
const SIGNATURE_IN = 0x55aa
const SIGNATURE_OUT = 0xaa55
const SHORT_PACKET = 0x10
const LONG_PACKET = 0x18
const FAR_POINTER_NONE = 0xffff_ffff
const FOUR_GIB = 0x1_0000_0000

function installed({ registers }: Context, drive: Drive): DiskStatus {
  if (registers.bx !== SIGNATURE_IN || !hasExtensions(drive)) return DiskStatus.INVALID
  registers.bx = SIGNATURE_OUT
  registers.cx = SUBSETS
  return DiskStatus.OK
}

function hasExtensions(drive: Drive): boolean {
  return drive.kind === 'disk' || drive.kind === 'cdrom'
}

/** The transfer that a disk address packet at DS:SI describes; null if it is none. */
function packet(
  { registers, memory }: Context,
  drive: Drive,
): { at: number; count: number; first: number; address: number } | null {
  if (!hasExtensions(drive)) return null
  const at = registers.inDs(registers.si)
  const size = memory.read8(at)
  if (size < SHORT_PACKET) return null
  const pointer = memory.read32(at + 4)
  const isLong = size >= LONG_PACKET && pointer === FAR_POINTER_NONE
  const address = isLong
    ? memory.read32(at + 0x10) + memory.read32(at + 0x14) * FOUR_GIB
    : linear(pointer >>> 16, pointer)
  return { at, count: memory.read16(at + 2), first: memory.read32(at + 8) + memory.read32(at + 12) * FOUR_GIB, address }
}

/** Moves what a packet says, and leaves the number of sectors moved in it. */
function packetTransfer(move: (context: Context, transfer: Transfer) => Outcome): DiskFunction {
  return (context, drive) => {
    const described = packet(context, drive)
    if (described === null || drive.kind === 'floppy' || drive.kind === 'emulated') return DiskStatus.INVALID
    if (drive.blocks === null) return DiskStatus.NO_MEDIUM
    const transfer = { blocks: drive.blocks, ...described }
    const isThere = isOnDisk(transfer) && described.address < FOUR_GIB
    const { status, sectors } = isThere ? move(context, transfer) : { status: DiskStatus.INVALID, sectors: 0 }
    if (status !== DiskStatus.OK) context.memory.write16(described.at + 2, sectors)
    return status
  }
}

function seekSector(context: Context, drive: Drive): DiskStatus {
  const described = packet(context, drive)
  if (described === null || drive.blocks === null) return DiskStatus.INVALID
  return described.first < drive.blocks.sectors ? DiskStatus.OK : DiskStatus.INVALID
}

const LOCK = 0
const UNLOCK = 1
const ASK = 2
const MOST_LOCKS = 0xff

/** AH=45h: AL locks, unlocks or asks; locks count. */
function lock({ registers, memory }: Context, drive: Drive): DiskStatus {
  const { al } = registers
  if (!hasExtensions(drive) || al > ASK) return DiskStatus.INVALID
  if (drive.kind !== 'cdrom') {
    registers.al = al === ASK ? 0 : al
    return DiskStatus.OK
  }
  const at = ebda(memory, Ebda.CD_LOCKS + (drive.index & 3))
  const locks = memory.read8(at)
  if (al === LOCK && locks === MOST_LOCKS) return 0xb4 as DiskStatus
  if (al === UNLOCK && locks === 0) return DiskStatus.NOT_LOCKED
  const now = al === LOCK ? locks + 1 : al === UNLOCK ? locks - 1 : locks
  memory.write8(at, now)
  registers.al = now > 0 ? 1 : 0
  return DiskStatus.OK
}

const EJECT_FAILED = 0xb5

/** AH=46h. */
function eject({ memory }: Context, drive: Drive): DiskStatus {
  if (drive.kind !== 'cdrom') return DiskStatus.NOT_REMOVABLE
  if (memory.read8(ebda(memory, Ebda.CD_LOCKS + (drive.index & 3))) > 0) return DiskStatus.LOCKED
  if (drive.blocks === null) return DiskStatus.NO_MEDIUM
  if (!drive.drive.eject) return EJECT_FAILED as DiskStatus
  drive.drive.eject()
  return DiskStatus.OK
}

/** AH=49h. */
function extendedChange({ memory }: Context, drive: Drive): DiskStatus {
  if (drive.kind === 'disk') return DiskStatus.OK
  if (drive.kind !== 'cdrom') return DiskStatus.INVALID
  const at = ebda(memory, Ebda.CD_CHANGES + (drive.index & 3))
  const isChanged = memory.read8(at) !== (drive.drive.changes & 0xff)
  memory.write8(at, drive.drive.changes)
  return isChanged ? DiskStatus.CHANGED : DiskStatus.OK
}

const PARAMETERS_V1 = 0x1a
const PARAMETERS_V2 = 0x1e
const PARAMETERS_V3 = 0x42
const PATH_BYTES = 0x24
const Information = { GEOMETRY: 0x02, REMOVABLE: 0x04, CHANGE_LINE: 0x10, LOCKABLE: 0x20, NO_LIMIT: 0x40 } as const
/** What ATA drives call themselves: 16 heads, 63 sectors. */
const ATA_TRACK_SECTORS = 63
const ATA_HEADS = 16
const MOST_ATA_CYLINDERS = 16_383

/** AH=48h: as much of the parameters as the buffer at DS:SI takes. */
function driveParameters(context: Context, drive: Drive): DiskStatus {
  const { registers, memory } = context
  if (drive.kind !== 'disk' && drive.kind !== 'cdrom') return DiskStatus.INVALID
  const at = registers.inDs(registers.si)
  const room = memory.read16(at)
  if (room < PARAMETERS_V1) return DiskStatus.INVALID
  const size = room >= PARAMETERS_V3 ? PARAMETERS_V3 : room >= PARAMETERS_V2 ? PARAMETERS_V2 : PARAMETERS_V1
  const bytes = new DataView(new ArrayBuffer(PARAMETERS_V3))
  bytes.setUint16(0, size, true)
  if (drive.kind === 'disk') describeDisk(bytes, drive.blocks.sectors, drive.blocks.sectorBytes)
  else describeCd(bytes, drive.blocks?.sectors)
  const place = drive.kind === 'disk' ? drive.disk.place : drive.drive.place
  memory.store(ebda(memory, Ebda.DEVICE_TABLE), deviceTable(place, drive.kind === 'cdrom'))
  bytes.setUint16(0x1a, Ebda.DEVICE_TABLE, true)
  bytes.setUint16(0x1c, ebda(memory, 0) >> 4, true)
  describePath(bytes, place)
  memory.store(at, new Uint8Array(bytes.buffer, 0, size))
  return DiskStatus.OK
}

function describeDisk(bytes: DataView, sectors: number, sectorBytes: number): void {
  const cylinders = Math.floor(sectors / (ATA_HEADS * ATA_TRACK_SECTORS))
  bytes.setUint16(2, cylinders <= MOST_ATA_CYLINDERS ? Information.GEOMETRY : 0, true)
  bytes.setUint32(4, Math.min(cylinders, MOST_ATA_CYLINDERS), true)
  bytes.setUint32(8, ATA_HEADS, true)
  bytes.setUint32(12, ATA_TRACK_SECTORS, true)
  bytes.setUint32(16, sectors % FOUR_GIB, true)
  bytes.setUint32(20, Math.floor(sectors / FOUR_GIB), true)
  bytes.setUint16(24, sectorBytes, true)
}

function describeCd(bytes: DataView, sectors: number | undefined): void {
  const removable = Information.REMOVABLE | Information.CHANGE_LINE | Information.LOCKABLE
  bytes.setUint16(2, removable | (sectors === undefined ? Information.NO_LIMIT : 0), true)
  for (const at of [4, 8, 12, 16, 20]) bytes.setUint32(at, FAR_POINTER_NONE, true)
  if (sectors !== undefined) {
    bytes.setUint32(16, sectors, true)
    bytes.setUint32(20, 0, true)
  }
  bytes.setUint16(24, 2048, true)
}

const PATH_KEY = 0xbedd
const PATH_AT = 0x1e
const ISA_BRIDGE_SLOT = 1
const IDE_FUNCTION = 1

/** Host bus PCI, interface ATA: which function, channel and unit. */
function describePath(bytes: DataView, { channel, unit }: IdePlace): void {
  bytes.setUint16(PATH_AT, PATH_KEY, true)
  bytes.setUint8(PATH_AT + 2, PATH_BYTES)
  const text = (at: number, value: string): void => {
    for (let index = 0; index < value.length; index += 1) bytes.setUint8(at + index, value.charCodeAt(index))
  }
  text(0x24, 'PCI ')
  text(0x28, 'ATA     ')
  bytes.setUint8(0x30, 0)
  bytes.setUint8(0x31, ISA_BRIDGE_SLOT)
  bytes.setUint8(0x32, IDE_FUNCTION)
  bytes.setUint8(0x33, channel)
  bytes.setUint8(0x38, unit)
  let sum = 0
  for (let at = PATH_AT; at < PATH_AT + PATH_BYTES - 1; at += 1) sum += bytes.getUint8(at)
  bytes.setUint8(PATH_AT + PATH_BYTES - 1, -sum)
}

/** Device parameter table extension (EDD 3.0, table 3): ports and interrupt of an ATA channel. */
function deviceTable({ channel, unit }: IdePlace, isCd: boolean): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(16))
  bytes.setUint16(0, channel === 0 ? 0x1f0 : 0x170, true)
  bytes.setUint16(2, channel === 0 ? 0x3f6 : 0x376, true)
  bytes.setUint8(4, 0xe0 | (unit << 4))
  bytes.setUint8(6, 14 + channel)
  bytes.setUint8(7, 1)
  // LBA; a CD is removable and ATAPI.
  bytes.setUint16(10, isCd ? 0x70 : 0x10, true)
  bytes.setUint8(14, 0x11)
  let sum = 0
  for (let at = 0; at < 15; at += 1) sum += bytes.getUint8(at)
  bytes.setUint8(15, -sum)
  return new Uint8Array(bytes.buffer)
}

/** AH=4Eh: DMA and prefetch modes (AL=0 to 6) are as good as set. */
function configure({ registers }: Context, drive: Drive): DiskStatus {
  if (!hasExtensions(drive)) return DiskStatus.INVALID
  // Only modes that are off, or the default, can be had.
  const canHave = [0x01, 0x03, 0x04, 0x06].includes(registers.al)
  return canHave ? DiskStatus.OK : DiskStatus.INVALID
}

/** AH=41h to 4Eh. */
export const EXTENSIONS: readonly (readonly [number, DiskFunction])[] = [
  [INSTALLATION_CHECK, installed],
  [0x42, packetTransfer(readSectors)],
  [0x43, packetTransfer(writeSectors)],
  [0x44, packetTransfer(verifySectors)],
  [0x45, lock],
  [0x46, eject],
  [0x47, seekSector],
  [0x48, driveParameters],
  [0x49, extendedChange],
  ...CATALOG_FUNCTIONS,
  [0x4e, configure],
]
