import type { BlockStore } from '../ide/block-store.ts'
import { floppyGeometry, type FloppyGeometry } from './geometry.ts'
import { Command } from './registers.ts'

export const SECTOR_BYTES = 512

export interface Medium {
  store: BlockStore
  geometry: FloppyGeometry
}

/** The command without its option bits; LOCK and the short ones have none but are told apart by the low five bits. */
export function operation(code: number): number {
  return code & 0x1f
}

export function isWrite(code: number): boolean {
  return operation(code) === Command.WRITE || operation(code) === Command.WRITE_DELETED
}

export function medium(store: BlockStore | null): Medium | null {
  if (store === null) return null
  if (store.sectorBytes !== SECTOR_BYTES)
    throw new RangeError(`a diskette has sectors of 512 bytes, got ${store.sectorBytes}`)
  return { store, geometry: floppyGeometry(store.sectors) }
}
