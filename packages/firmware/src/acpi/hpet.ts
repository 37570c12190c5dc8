import type { AcpiHardware } from './hardware.ts'
import { table } from './table-header.ts'

/** IA-PC HPET Specification 1.0a, section 3.2.4. */
const LENGTH = 56
const TIMER_BLOCK_ID = 36
/** A generic address: which space, how wide, from which bit on, reserved; then 64 bits of address. Memory is all zero. */
const BASE_ADDRESS = 40 + 4
/** Shortest period, in ticks, in which a periodic timer loses no interrupt. */
const MINIMUM_TICK = 53

/** The event timers; undefined for a machine without. */
export function buildHpet({ hpet }: AcpiHardware): Uint8Array | undefined {
  if (hpet === undefined) return undefined
  return table('HPET', 1, LENGTH, (block) => {
    block.u32(TIMER_BLOCK_ID, hpet.capabilities)
    block.u64(BASE_ADDRESS, hpet.address)
    block.u16(MINIMUM_TICK, hpet.minimumTicks)
  })
}
