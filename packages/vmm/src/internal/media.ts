import { AtaDisk, type BlockStore, type IdeDrive } from '@mica-vm/pc-devices'
import { VmmError } from '../errors.ts'
import type { BootDevice, Media, VmOptions } from '../types.ts'
import { CdromDrive, FloppyDrive, requireSectors } from './removable-drives.ts'

/** Master and slave of the first cable, then of the second. */
const ideDrives = 4
/** CD-ROMs fill the second cable first, disks the first one. */
const cdromPlaces = [2, 3, 1, 0] as const
const floppyDrives = 2

/** A hard disk and its place: master and slave of the first cable, then of the second. */
interface PlacedDisk {
  readonly store: BlockStore
  readonly place: number
}

/** The drives of a machine. */
export interface Drives {
  /** A and B; none: no floppy controller. */
  readonly floppies: readonly FloppyDrive[]
  readonly disks: readonly PlacedDisk[]
  readonly cdroms: readonly CdromDrive[]
  /** By place. */
  readonly ide: readonly (IdeDrive | null)[]
  /** CMOS byte 10h. */
  readonly floppyTypes: number
  /** What firmware tries, in order. */
  readonly bootOrder: readonly BootDevice[]
}

/** Puts media into drives. @throws VmmError for what no drive takes, and for an order that names a drive that is not there. */
export function drivesOf({ media = {}, bootOrder }: Pick<VmOptions, 'media' | 'bootOrder'>): Drives {
  const { floppies: diskettes = [], disks: stores = [], cdroms: discs = [] } = media
  if (diskettes.length > floppyDrives) {
    throw new VmmError('bad-option', `${diskettes.length} floppies; a PC has ${floppyDrives} drives, A and B`)
  }
  if (stores.length + discs.length > ideDrives) {
    throw new VmmError(
      'bad-option',
      `${stores.length} disks and ${discs.length} CD-ROMs; IDE has places for ${ideDrives} in all`,
    )
  }
  const floppies = diskettes.map((diskette) => new FloppyDrive(diskette))
  const [first = 0, second = 0] = floppies.map(({ type }) => type)
  const ide: (IdeDrive | null)[] = Array.from({ length: ideDrives }, () => null)
  const cdroms = discs.map((disc, index) => new CdromDrive(cdromPlaces[index]!, disc))
  for (const { place, device } of cdroms) ide[place] = device
  const disks = stores.map((store, index): PlacedDisk => {
    const place = ide.indexOf(null)
    requireSectors(store, 'disk')
    ide[place] = new AtaDisk({ store, serial: `MICA${String(index + 1).padStart(4, '0')}` })
    return { store, place }
  })
  return {
    floppies,
    disks,
    cdroms,
    ide,
    floppyTypes: (first << 4) | second,
    bootOrder: requireBootOrder(media, bootOrder),
  }
}

function requireBootOrder(media: Media, order: readonly BootDevice[] | undefined): readonly BootDevice[] {
  const present: Record<BootDevice, boolean> = {
    floppy: (media.floppies?.length ?? 0) > 0,
    disk: (media.disks?.length ?? 0) > 0,
    cdrom: (media.cdroms?.length ?? 0) > 0,
  }
  if (order === undefined) return (Object.keys(present) as BootDevice[]).filter((device) => present[device])
  for (const device of order) {
    if (!Object.hasOwn(present, device)) {
      throw new VmmError('bad-option', `bootOrder has ${String(device)}; must be of floppy, disk, cdrom`)
    }
    if (!present[device]) throw new VmmError('bad-option', `bootOrder has ${device}, but there is no ${device}`)
  }
  return order
}
