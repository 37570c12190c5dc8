import { AtaDisk, AtapiCd, type BlockStore, type IdeDrive } from '@mica-vm/pc-devices'
import { VmmError } from '../errors.ts'
import type { BootDevice, Media, VmOptions } from '../types.ts'

/** Master and slave of the first cable, then of the second. */
const ideDrives = 4
/** CD-ROMs fill the second cable first, disks the first one. */
const cdromPlaces = [2, 3, 1, 0] as const
const floppyDrives = 2
const sectorBytes = 512
const cdSectorBytes = 2048
/** Sectors of 360K, 1.2M, 720K, 1.44M, 2.88M, with the drive that takes them as CMOS byte 10h names it. */
const floppyDriveTypes: ReadonlyMap<number, number> = new Map([
  [720, 2],
  [2400, 2],
  [1440, 4],
  [2880, 4],
  [5760, 5],
])

/** Sectors that a diskette may have, ascending. */
export const floppySizes: readonly number[] = [...floppyDriveTypes.keys()].sort((one, other) => one - other)

/** The drives of a machine. */
export interface Drives {
  /** Null: no floppy controller. */
  readonly floppies: readonly (BlockStore | null)[] | null
  /** By place: master and slave of the first cable, then of the second. */
  readonly ide: readonly (IdeDrive | null)[]
  /** What each place holds. */
  readonly kinds: readonly ('disk' | 'cdrom' | null)[]
  /** What its sectors are kept in. */
  readonly stores: readonly (BlockStore | null)[]
  /** CMOS byte 10h. */
  readonly floppyTypes: number
  /** What firmware tries, in order. */
  readonly bootOrder: readonly BootDevice[]
}

/** Puts media into drives. @throws VmmError for what no drive takes, and for an order that names a medium that is not there. */
export function drivesOf({ media = {}, bootOrder }: Pick<VmOptions, 'media' | 'bootOrder'>): Drives {
  const { floppies = [], disks = [], cdroms = [] } = media
  if (floppies.length > floppyDrives) {
    throw new VmmError('bad-option', `${floppies.length} floppies; a PC has ${floppyDrives} drives, A and B`)
  }
  if (disks.length + cdroms.length > ideDrives) {
    throw new VmmError(
      'bad-option',
      `${disks.length} disks and ${cdroms.length} CD-ROMs; IDE has places for ${ideDrives} in all`,
    )
  }
  const [first = 0, second = 0] = floppies.map(floppyDriveType)
  const ide: (IdeDrive | null)[] = Array.from({ length: ideDrives }, () => null)
  const kinds: ('disk' | 'cdrom' | null)[] = ide.map(() => null)
  const stores: (BlockStore | null)[] = ide.map(() => null)
  cdroms.forEach((store, index) => {
    const place = cdromPlaces[index]!
    requireSectors(store, 'cdrom', cdSectorBytes)
    ide[place] = new AtapiCd({ store })
    kinds[place] = 'cdrom'
    stores[place] = store
  })
  disks.forEach((store, index) => {
    const place = kinds.indexOf(null)
    requireSectors(store, 'disk', sectorBytes)
    ide[place] = new AtaDisk({ store, serial: `MICA${String(index + 1).padStart(4, '0')}` })
    kinds[place] = 'disk'
    stores[place] = store
  })
  return {
    floppies: floppies.length > 0 ? floppies : null,
    ide,
    kinds,
    stores,
    floppyTypes: (first << 4) | second,
    bootOrder: requireBootOrder(media, bootOrder),
  }
}

function floppyDriveType(store: BlockStore): number {
  requireSectors(store, 'floppy', sectorBytes)
  const type = floppyDriveTypes.get(store.sectors)
  if (type !== undefined) return type
  const sizes = '360K, 720K, 1200K, 1440K or 2880K'
  throw new VmmError('bad-option', `the floppy image has ${(store.sectors * sectorBytes) / 1024}K; must have ${sizes}`)
}

function requireSectors(store: BlockStore, device: BootDevice, bytes: number): void {
  if (store.sectorBytes !== bytes) {
    throw new VmmError('bad-option', `the ${device} has sectors of ${store.sectorBytes} bytes; must be ${bytes}`)
  }
  if (!(store.sectors >= 1)) throw new VmmError('bad-option', `the ${device} image is empty`)
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
