import { ENTRY } from '../registers.ts'
import { WalkStatus } from '../walk.ts'
import type { Walk } from '../walk.ts'

/** Bits 20:13 of an entry for a 2 MiB page. Bit 12 is PAT. */
const RESERVED_IN_2M = 0x001fe000

/** The two levels that PAE and 4-level paging have in common: page directory and page table of 64-bit entries. */
export function walkWideDirectory(walk: Walk, directory: number, linear: number): WalkStatus {
  const reservedHigh = walk.mode.reservedHigh
  walk.step64(directory, (linear >>> 18) & 0xff8)
  if ((walk.low & ENTRY.P) === 0) return WalkStatus.NotPresent
  if ((walk.high & reservedHigh) !== 0) return WalkStatus.Reserved
  if ((walk.low & ENTRY.PS) !== 0) {
    if ((walk.low & RESERVED_IN_2M) !== 0) return WalkStatus.Reserved
    return walk.finish(walk.target, linear, 21)
  }
  walk.step64(walk.target, (linear >>> 9) & 0xff8)
  if ((walk.low & ENTRY.P) === 0) return WalkStatus.NotPresent
  if ((walk.high & reservedHigh) !== 0) return WalkStatus.Reserved
  return walk.finish(walk.target, linear, 12)
}
