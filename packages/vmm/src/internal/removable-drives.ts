import { AtapiCd, type BlockStore } from '@mica-vm/pc-devices'
import { VmmError } from '../errors.ts'
import type { RemovableDrive } from '../types.ts'

const sectorBytes = 512
const cdSectorBytes = 2048
/** Drives as CMOS byte 10h names them. */
const DriveType = { K1200: 2, K1440: 4, K2880: 5 } as const
/** Sectors of 360K, 1.2M, 720K, 1.44M, 2.88M, with the drive that a machine gets which starts with such a diskette. */
const driveTypes: ReadonlyMap<number, number> = new Map([
  [720, DriveType.K1200],
  [2400, DriveType.K1200],
  [1440, DriveType.K1440],
  [2880, DriveType.K1440],
  [5760, DriveType.K2880],
])
/** What else a drive takes: a drive of 2.88M all diskettes of 3.5 inches. */
const takenByType: ReadonlyMap<number, readonly number[]> = new Map([
  [DriveType.K1200, [720, 2400]],
  [DriveType.K1440, [1440, 2880]],
  [DriveType.K2880, [1440, 2880, 5760]],
])

/** Sectors that a diskette may have, ascending. */
export const floppySizes: readonly number[] = [...driveTypes.keys()].sort((one, other) => one - other)

const kib = (sectors: number): string => `${(sectors * sectorBytes) / 1024}K`

/** @throws VmmError for a medium whose sectors no such drive reads. */
export function requireSectors(store: BlockStore, device: string, bytes: number = sectorBytes): void {
  if (store.sectorBytes !== bytes) {
    throw new VmmError('bad-option', `the ${device} has sectors of ${store.sectorBytes} bytes; must be ${bytes}`)
  }
  if (!(store.sectors >= 1)) throw new VmmError('bad-option', `the ${device} image is empty`)
}

function typeFor(diskette: BlockStore | null): number {
  if (diskette === null) return DriveType.K1440
  requireSectors(diskette, 'floppy')
  const type = driveTypes.get(diskette.sectors)
  if (type !== undefined) return type
  const sizes = '360K, 720K, 1200K, 1440K or 2880K'
  throw new VmmError('bad-option', `the floppy image has ${kib(diskette.sectors)}; must have ${sizes}`)
}

/** A floppy drive. Nothing locks it: who presses its button has the diskette. */
export class FloppyDrive implements RemovableDrive {
  /** As CMOS byte 10h names it. */
  readonly type: number
  /** How often the diskette was changed since power-on. */
  changes = 0
  /** Tells the controller what is in the drive now. */
  onChange: (diskette: BlockStore | null) => void = () => {}
  #medium: BlockStore | null

  /** @throws VmmError for a diskette that no drive takes. */
  constructor(diskette: BlockStore | null) {
    this.type = typeFor(diskette)
    this.#medium = diskette
  }

  get medium(): BlockStore | null {
    return this.#medium
  }

  insert(diskette: BlockStore): void {
    requireSectors(diskette, 'floppy')
    const taken = takenByType.get(this.type)!
    if (!taken.includes(diskette.sectors)) {
      const sizes = taken.map(kib).join(', ')
      throw new VmmError('bad-option', `the floppy image has ${kib(diskette.sectors)}; this drive takes ${sizes}`)
    }
    this.#change(diskette)
  }

  eject(): boolean {
    if (this.#medium) this.#change(null)
    return true
  }

  #change(diskette: BlockStore | null): void {
    this.#medium = diskette
    this.changes++
    this.onChange(diskette)
  }
}

/** A CD-ROM drive. */
export class CdromDrive implements RemovableDrive {
  /** Place on the cables: master and slave of the first, then of the second. */
  readonly place: number
  readonly device: AtapiCd
  /** How often the disc was changed since power-on. */
  changes = 0
  /** Told when the guest has opened the tray. */
  onGuestEject: () => void = () => {}
  #medium: BlockStore | null

  /** @throws VmmError for a disc that the drive does not read. */
  constructor(place: number, disc: BlockStore | null) {
    if (disc) requireSectors(disc, 'cdrom', cdSectorBytes)
    this.place = place
    this.#medium = disc
    this.device = new AtapiCd({ store: disc, onEject: () => this.#guestEjects() })
  }

  get medium(): BlockStore | null {
    return this.#medium
  }

  insert(disc: BlockStore): void {
    requireSectors(disc, 'cdrom', cdSectorBytes)
    if (this.device.locked && this.#medium) {
      throw new VmmError('bad-state', 'the guest has locked the tray of the cdrom; eject({ force: true }) opens it')
    }
    this.#change(disc)
  }

  eject({ force = false }: { readonly force?: boolean } = {}): boolean {
    if (this.device.locked && !force) {
      this.device.requestEject()
      return this.#medium === null
    }
    if (this.#medium) this.#change(null)
    return true
  }

  /** The guest's BIOS opens the tray. */
  ejectForGuest(): void {
    this.device.insert(null)
    this.#guestEjects()
  }

  #change(disc: BlockStore | null): void {
    this.#medium = disc
    this.changes++
    this.device.insert(disc)
  }

  #guestEjects(): void {
    this.#medium = null
    this.changes++
    this.onGuestEject()
  }
}
