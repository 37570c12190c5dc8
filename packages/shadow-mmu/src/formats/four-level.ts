import { ENTRY } from '../registers.ts'
import { WalkStatus } from '../walk.ts'
import type { Walk } from '../walk.ts'
import { walkWideDirectory } from './wide-levels.ts'

/** Bits 29:13 of an entry for a 1 GiB page. */
const RESERVED_IN_1G = 0x3fffe000

/** 4-level paging, SDM vol. 3 section 4.5. `high` and `low` are the halves of a canonical linear address. */
export function walkFourLevel(walk: Walk, linear: number, high: number): WalkStatus {
  const mode = walk.mode
  walk.begin()
  walk.step64(mode.root, (high >>> 4) & 0xff8)
  if ((walk.low & ENTRY.P) === 0) return WalkStatus.NotPresent
  if ((walk.high & mode.reservedHigh) !== 0 || (walk.low & ENTRY.PS) !== 0) return WalkStatus.Reserved
  walk.step64(walk.target, ((high & 0x7f) << 5) | ((linear >>> 30) << 3))
  if ((walk.low & ENTRY.P) === 0) return WalkStatus.NotPresent
  if ((walk.high & mode.reservedHigh) !== 0) return WalkStatus.Reserved
  if ((walk.low & ENTRY.PS) !== 0) {
    if (!mode.gigabytePages || (walk.low & RESERVED_IN_1G) !== 0) return WalkStatus.Reserved
    return walk.finish(walk.target, linear, 30)
  }
  return walkWideDirectory(walk, walk.target, linear)
}
