import type { PackedBytes } from '../internal/packed-bytes.ts'

export interface FwCfgState {
  key: number
  offset: number
  dmaHigh: number
  /** Contents of the items that the guest may write. */
  written: [key: number, bytes: PackedBytes][]
}
