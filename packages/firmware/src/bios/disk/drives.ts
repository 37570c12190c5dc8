import { Ebda, ebda } from '../bda.ts'
import type { Context } from '../context.ts'
import type { CdRom, HardDisk, RemovableDrive } from '../types.ts'
import type { Blocks } from './blocks.ts'
import { currentEmulation, emulationBlocks, FIRST_CD, FIRST_DISK } from './emulation.ts'
import { MediaType } from './el-torito.ts'
import { type Geometry, assistedGeometry, floppyGeometry, partitionedGeometry, withCylinders } from './geometry.ts'

/** A drive by its number in DL. */
export type Drive =
  | {
      readonly kind: 'floppy'
      readonly index: number
      readonly drive: RemovableDrive
      readonly blocks: Blocks | null
      readonly geometry: Geometry
    }
  | {
      readonly kind: 'disk'
      readonly index: number
      readonly disk: HardDisk
      readonly blocks: Blocks
      readonly geometry: Geometry
    }
  | { readonly kind: 'cdrom'; readonly index: number; readonly drive: CdRom; readonly blocks: Blocks | null }
  | {
      readonly kind: 'emulated'
      readonly isFloppy: boolean
      readonly blocks: Blocks | null
      readonly geometry: Geometry
    }

const CD_SECTOR_BYTES = 2048

/** Null: there is no such drive. An emulated drive takes the first number, and the others move up. */
export function driveOf(context: Context, number: number): Drive | null {
  const emulation = currentEmulation(context)
  const emulates = emulation !== null && emulation.mediaType !== MediaType.NONE
  if (emulates && number === emulation.drive) {
    const isFloppy = emulation.mediaType !== MediaType.HARD_DISK
    return { kind: 'emulated', isFloppy, blocks: emulationBlocks(context, emulation), geometry: emulation.geometry }
  }
  const moved = emulates && (number & FIRST_DISK) === (emulation.drive & FIRST_DISK) && number < FIRST_CD ? 1 : 0
  if (number < FIRST_DISK) return floppyDrive(context, number - moved)
  if (number >= FIRST_CD) return cdDrive(context, number - FIRST_CD)
  return hardDisk(context, number - FIRST_DISK - moved)
}

function floppyDrive({ machine }: Context, index: number): Drive | null {
  const drive = machine.floppies[index]
  if (drive === undefined) return null
  const blocks = drive.medium
  return { kind: 'floppy', index, drive, blocks, geometry: floppyGeometry(blocks?.sectors ?? 0) }
}

function cdDrive({ machine }: Context, index: number): Drive | null {
  const drive = machine.cdroms[index]
  if (drive === undefined) return null
  const isDisc = drive.medium !== null && drive.medium.sectorBytes === CD_SECTOR_BYTES
  return { kind: 'cdrom', index, drive, blocks: isDisc ? drive.medium : null }
}

function hardDisk(context: Context, index: number): Drive | null {
  const disk = context.machine.disks[index]
  if (disk === undefined) return null
  return { kind: 'disk', index, disk, blocks: disk.store, geometry: diskGeometry(context, disk, index) }
}

/** The geometry that power-on found; where the EBDA no longer holds it, that of the disk's size. */
function diskGeometry({ memory }: Context, { store }: HardDisk, index: number): Geometry {
  const at = ebda(memory, Ebda.DISK_GEOMETRY + 2 * index)
  const [heads, sectors] = [memory.read8(at), memory.read8(at + 1)]
  return heads > 0 && sectors > 0 && sectors < 64
    ? withCylinders(store.sectors, heads, sectors)
    : assistedGeometry(store.sectors)
}

/** The geometry that a disk was partitioned under, or else the one of its size. */
export function geometryAtPowerOn({ store }: HardDisk): Geometry {
  const mbr = new Uint8Array(store.sectorBytes)
  if (store.sectors > 0) store.read(0, mbr)
  return partitionedGeometry(mbr, store.sectors) ?? assistedGeometry(store.sectors)
}

/** How many drives there are for INT 13h, the emulated one counted. */
export function driveCount(context: Context, isFloppy: boolean): number {
  const { machine } = context
  const emulation = currentEmulation(context)
  const emulates = emulation !== null && emulation.mediaType !== MediaType.NONE
  const more = emulates && (emulation.mediaType !== MediaType.HARD_DISK) === isFloppy ? 1 : 0
  return (isFloppy ? machine.floppies.length : machine.disks.length) + more
}
