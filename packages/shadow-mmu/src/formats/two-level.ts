import { ENTRY } from '../registers.ts'
import { WalkStatus } from '../walk.ts'
import type { Walk } from '../walk.ts'

/** 32-bit paging, SDM vol. 3 section 4.3. */
export function walkTwoLevel(walk: Walk, linear: number): WalkStatus {
  const mode = walk.mode
  walk.begin()
  walk.step32(mode.root, (linear >>> 20) & 0xffc)
  const pde = walk.low
  if ((pde & ENTRY.P) === 0) return WalkStatus.NotPresent
  if ((pde & ENTRY.PS) !== 0 && mode.largePages) {
    if ((pde & mode.reservedInLargePde) !== 0) return WalkStatus.Reserved
    // PSE-36: bits 20:13 are physical address bits 39:32. Without it they are reserved, so zero here.
    return walk.finish(((pde >>> 22) << 10) | (((pde >>> 13) & 0xff) << 20), linear, 22)
  }
  walk.step32(walk.target, (linear >>> 10) & 0xffc)
  if ((walk.low & ENTRY.P) === 0) return WalkStatus.NotPresent
  return walk.finish(walk.target, linear, 12)
}
