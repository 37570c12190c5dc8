import type { SectorStore } from '../types.ts'

const SECTOR_BYTES = 512
const CD_SECTOR_BYTES = 2048
const PER_CD_SECTOR: number = CD_SECTOR_BYTES / SECTOR_BYTES

/** Sectors of a medium, or of an image on a CD. */
export interface Blocks {
  readonly sectorBytes: number
  readonly sectors: number
  readonly readOnly: boolean
  /** `sector` and what follows exist: the caller has seen to that. */
  read(sector: number, into: Uint8Array): void
  write(sector: number, from: Uint8Array): void
}

/** A run of a CD as sectors of 512 bytes, which nobody writes. */
export function emulatedBlocks(store: SectorStore, start: number, wanted: number): Blocks {
  const sectors = Math.max(0, Math.min(wanted, (store.sectors - start) * PER_CD_SECTOR))
  return {
    sectorBytes: SECTOR_BYTES,
    sectors,
    readOnly: true,
    read: (sector, into) => {
      const first = Math.floor(sector / PER_CD_SECTOR)
      const skip = (sector % PER_CD_SECTOR) * SECTOR_BYTES
      const whole = new Uint8Array(Math.ceil((skip + into.length) / CD_SECTOR_BYTES) * CD_SECTOR_BYTES)
      store.read(start + first, whole)
      into.set(whole.subarray(skip, skip + into.length))
    },
    write: () => undefined,
  }
}
