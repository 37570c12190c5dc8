import type { BlockStore } from '@mica-vm/pc-devices'
import type { PciMode, VirtioDevice } from '@mica-vm/virtio'
import type { InputPacing } from '../types.ts'
import type { BalloonPatience } from './balloon.ts'

/** A disk for the guest's virtio driver: `vda` and up on Linux. */
export interface VirtioDisk {
  /** A store that is read-only is a disk that is. */
  readonly store: BlockStore
  /** Serial number: at most 20 characters. Default `MICA0001` and up. */
  readonly serial?: string
}

/** A terminal over virtio: `hvc0` on Linux. */
export interface VirtioConsoleOptions {
  /** Default: as for serial ports. */
  readonly input?: InputPacing
  readonly size?: { readonly columns: number; readonly rows: number }
}

/** Paravirtual devices on the PCI bus. Each takes a slot. */
export interface VirtioOptions {
  readonly blk?: readonly VirtioDisk[]
  /** A source of random numbers: the runtime's, or a repeatable one with the instructions clock. */
  readonly rng?: boolean
  readonly console?: boolean | VirtioConsoleOptions
  /** A memory balloon, by which the host asks for memory back. */
  readonly balloon?: boolean | BalloonPatience
  /** Devices of yours, or of other packages. */
  readonly devices?: readonly VirtioDevice[]
  /** Which drivers they are for. Default `transitional`: those of VIRTIO 1, and those of before. */
  readonly mode?: PciMode
  /** Whether packed rings are offered. Default true. */
  readonly packed?: boolean
}
