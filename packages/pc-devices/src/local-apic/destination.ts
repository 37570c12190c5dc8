import type { LocalApicState } from './state.ts'

const BROADCAST = 0xff
const FLAT = 0xf
const ALL_CLUSTERS = 0xf

/** Whether a destination of 8 bits names the APIC (Intel SDM vol. 3, 11.6.2). */
export function matchesDestination(
  { id, ldr, dfr }: Pick<LocalApicState, 'id' | 'ldr' | 'dfr'>,
  destination: number,
  logical: boolean,
): boolean {
  if (destination === BROADCAST) return true
  if (!logical) return destination === id
  const own = ldr >>> 24
  if (dfr >>> 28 === FLAT) return (own & destination) !== 0
  const cluster = destination >> 4
  return (cluster === ALL_CLUSTERS || cluster === own >> 4) && (own & destination & 0xf) !== 0
}
