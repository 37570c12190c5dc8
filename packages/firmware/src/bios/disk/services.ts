import { Bda, Ebda, ebda } from '../bda.ts'
import type { Context, Resume } from '../context.ts'
import { ROM_SEGMENT, RomOffset } from '../rom/layout.ts'
import { type Drive, driveCount, driveOf } from './drives.ts'
import { FIRST_CD, FIRST_DISK } from './emulation.ts'
import { ANY_DRIVE } from './catalog-services.ts'
import type { DiskFunction } from './disk-function.ts'
import { EDD_VERSION, EXTENSIONS, INSTALLATION_CHECK } from './extensions.ts'
import { chsToSector, floppyGeometry } from './geometry.ts'
import { DiskStatus } from './status.ts'
import { type Outcome, type Transfer, readSectors, verifySectors, writeSectors } from './transfer.ts'

const FILL = 0xf6
const SIZE_CODE_512 = 2

/** Functions that name sectors by cylinder, head and sector. */
function chsTransfer(move: (context: Context, transfer: Transfer) => Outcome): DiskFunction {
  return (context, drive) => {
    const { registers } = context
    if (drive.kind === 'cdrom') return DiskStatus.INVALID
    if (drive.blocks === null) return DiskStatus.TIMED_OUT
    if (drive.kind === 'floppy' && takeChange(context, drive.index, drive.drive.changes)) return DiskStatus.CHANGED
    const count = registers.al
    if (count === 0) return DiskStatus.INVALID
    const address = {
      cylinder: registers.ch | ((registers.cl & 0xc0) << 2),
      head: registers.dh,
      sector: registers.cl & 0x3f,
    }
    const first = chsToSector(address, drive.geometry)
    const target = registers.inEs(registers.bx)
    const { status, sectors } =
      first < 0 ? missing(drive) : move(context, { blocks: drive.blocks, first, count, address: target })
    registers.al = sectors
    return status
  }
}

/** Disks refuse an address that they do not have; diskettes look for the sector. */
function missing(drive: Drive): Outcome {
  return { status: drive.kind === 'disk' ? DiskStatus.INVALID : DiskStatus.SECTOR_NOT_FOUND, sectors: 0 }
}

/** Whether the diskette was changed since the guest was last told; it is told once. */
export function takeChange({ memory }: Context, index: number, changes: number): boolean {
  const at = ebda(memory, Ebda.FLOPPY_CHANGES + index)
  const isChanged = memory.read8(at) !== (changes & 0xff)
  memory.write8(at, changes)
  return isChanged
}

/** AH=05h: fills the sectors that the address fields at ES:BX name. A hard disk's tracks need no formatting. */
function format(context: Context, drive: Drive): DiskStatus {
  const { registers, memory } = context
  if (drive.kind === 'cdrom') return DiskStatus.INVALID
  if (drive.blocks === null) return DiskStatus.TIMED_OUT
  if (drive.blocks.readOnly) return DiskStatus.WRITE_PROTECTED
  if (drive.kind === 'disk') return DiskStatus.OK
  const fill = new Uint8Array(drive.blocks.sectorBytes).fill(FILL)
  for (let index = 0; index < registers.al; index += 1) {
    const field = memory.bytes(registers.inEs(registers.bx + 4 * index), 4)
    const address = { cylinder: field[0]!, head: field[1]!, sector: field[2]! }
    const sector = chsToSector(address, drive.geometry)
    if (sector < 0 || sector >= drive.blocks.sectors) return DiskStatus.SECTOR_NOT_FOUND
    if (field[3] !== SIZE_CODE_512) return DiskStatus.BAD_ADDRESS_MARK
    drive.blocks.write(sector, fill)
  }
  return DiskStatus.OK
}

/** Drive types of AH=08h in BL, by cylinders and sectors per track. */
const FLOPPY_TYPES: ReadonlyMap<number, number> = new Map([
  [40 * 64 + 9, 1],
  [80 * 64 + 15, 2],
  [80 * 64 + 9, 3],
  [80 * 64 + 18, 4],
  [80 * 64 + 36, 6],
])

/** The largest address that a drive takes. */
function parameters(context: Context, drive: Drive): DiskStatus {
  const { registers } = context
  if (drive.kind === 'cdrom') return DiskStatus.INVALID
  const isFloppy = drive.kind === 'floppy' || (drive.kind === 'emulated' && drive.isFloppy)
  // A drive that holds a smaller diskette is still what it is; an empty one is the usual kind.
  const { cylinders, heads, sectors } = drive.geometry
  registers.ch = cylinders - 1
  registers.cl = sectors | (((cylinders - 1) >> 2) & 0xc0)
  registers.dh = heads - 1
  registers.dl = driveCount(context, isFloppy)
  registers.al = 0
  if (!isFloppy) return DiskStatus.OK
  registers.bx = FLOPPY_TYPES.get(cylinders * 64 + sectors) ?? 4
  registers.cpu.es = ROM_SEGMENT
  registers.di = RomOffset.FLOPPY_TABLE
  return DiskStatus.OK
}

/** AH=15h: 1 or 2 for diskettes without or with change line, 3 for disks, whose sectors CX:DX counts. */
function driveType(context: Context, drive: Drive): DiskStatus {
  const { registers } = context
  if (drive.kind === 'cdrom') return DiskStatus.INVALID
  if (drive.kind === 'floppy') return 2 as DiskStatus
  if (drive.kind === 'emulated' && drive.isFloppy) return 1 as DiskStatus
  const { cylinders, heads, sectors } = drive.geometry
  const total = cylinders * heads * sectors
  registers.cx = total >>> 16
  registers.dx = total
  return 3 as DiskStatus
}

/** AH=16h. */
function changeLine(context: Context, drive: Drive): DiskStatus {
  if (drive.kind !== 'floppy') return drive.kind === 'emulated' ? DiskStatus.OK : DiskStatus.INVALID
  if (drive.blocks === null) return DiskStatus.TIMED_OUT
  return takeChange(context, drive.index, drive.drive.changes) ? DiskStatus.CHANGED : DiskStatus.OK
}

/** AH=17h, 18h: the medium that the guest is about to format; 18h answers the parameter table. */
function setMedium(context: Context, drive: Drive): DiskStatus {
  const { registers } = context
  if (drive.kind !== 'floppy') return DiskStatus.INVALID
  if (drive.blocks === null) return DiskStatus.TIMED_OUT
  if (registers.ah === 0x17) return DiskStatus.OK
  const { cylinders, sectors } = floppyGeometry(drive.blocks.sectors)
  const isIt = registers.ch === ((cylinders - 1) & 0xff) && (registers.cl & 0x3f) === sectors
  if (!isIt) return DiskStatus.MEDIA_UNKNOWN
  registers.cpu.es = ROM_SEGMENT
  registers.di = RomOffset.FLOPPY_TABLE
  return DiskStatus.OK
}

/** Functions of hard disks that succeed on a drive without moving parts. */
function onlyDisks(_context: Context, drive: Drive): DiskStatus {
  return drive.kind === 'floppy' || (drive.kind === 'emulated' && drive.isFloppy) ? DiskStatus.INVALID : DiskStatus.OK
}

/** AH=0Ch: to a cylinder that exists. */
function seek({ registers }: Context, drive: Drive): DiskStatus {
  if (drive.kind !== 'disk' && drive.kind !== 'emulated') return DiskStatus.INVALID
  const cylinder = registers.ch | ((registers.cl & 0xc0) << 2)
  return cylinder < drive.geometry.cylinders ? DiskStatus.OK : DiskStatus.INVALID
}

const FUNCTIONS: ReadonlyMap<number, DiskFunction> = new Map([
  [0x00, () => DiskStatus.OK],
  [0x02, chsTransfer(readSectors)],
  [0x03, chsTransfer(writeSectors)],
  [0x04, chsTransfer(verifySectors)],
  [0x05, format],
  [0x08, parameters],
  [0x09, onlyDisks],
  [0x0c, seek],
  [0x0d, onlyDisks],
  [0x10, onlyDisks],
  [0x11, onlyDisks],
  [0x12, onlyDisks],
  [0x13, onlyDisks],
  [0x14, onlyDisks],
  [0x15, driveType],
  [0x16, changeLine],
  [0x17, setMedium],
  [0x18, setMedium],
  ...EXTENSIONS,
])

/** Stands in where a function needs no drive. */
const NO_DRIVE: Drive = { kind: 'emulated', isFloppy: true, blocks: null, geometry: floppyGeometry(0) }

const LAST_STATUS = 0x01
const DRIVE_TYPE = 0x15
const PARAMETERS = 0x08
const RESET = 0x00

/** INT 13h: AH is the function and then the status, CF that it failed. Where there is no drive, each function fails in its own way. */
export function diskService(context: Context): Resume {
  const { registers, memory } = context
  const { dl, ah } = registers
  const statusAt = dl < FIRST_DISK ? Bda.FLOPPY_STATUS : Bda.DISK_STATUS
  if (ah === LAST_STATUS) {
    const last = memory.read8(statusAt)
    registers.ah = last
    registers.carry = last !== 0
    return
  }
  const drive = driveOf(context, dl) ?? (ANY_DRIVE.has(ah) ? NO_DRIVE : null)
  if (ah === DRIVE_TYPE && (drive === null || drive.kind === 'cdrom')) return noType(context)
  const service = FUNCTIONS.get(ah)
  let status: DiskStatus = DiskStatus.INVALID
  if (drive !== null && service) status = service(context, drive)
  else if (drive === null && service) status = absent(context, dl, ah)
  const isType = ah === DRIVE_TYPE
  memory.write8(statusAt, isType ? 0 : status)
  // The version stands where the status does when the extensions are there.
  registers.ah = ah === INSTALLATION_CHECK && status === DiskStatus.OK ? EDD_VERSION : status
  registers.carry = !isType && status !== DiskStatus.OK
}

function noType({ registers }: Context): void {
  registers.ax = 0
  registers.carry = false
}

/** What happens without the drive: a reset of the controller succeeds, AH=08h tells how many drives there are. */
function absent(context: Context, number: number, ah: number): DiskStatus {
  const { registers } = context
  if (number >= FIRST_CD) return DiskStatus.INVALID
  if (ah === RESET && number < FIRST_DISK) return DiskStatus.OK
  if (ah === PARAMETERS && number < FIRST_DISK) {
    registers.ax = registers.bx = registers.cx = 0
    registers.dx = driveCount(context, true)
    return DiskStatus.OK
  }
  return number < FIRST_DISK ? DiskStatus.TIMED_OUT : DiskStatus.INVALID
}
