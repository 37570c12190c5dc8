import { STATISTIC_BYTES } from './registers.ts'
import type { GuestMemoryStatistics } from './types.ts'

/** By tag (5.5.6.4). */
const names: readonly (keyof GuestMemoryStatistics)[] = [
  'swappedInBytes',
  'swappedOutBytes',
  'majorFaults',
  'minorFaults',
  'freeBytes',
  'totalBytes',
  'availableBytes',
  'cachesBytes',
  'hugePageAllocations',
  'hugePageFailures',
]

/** As many as a driver may send: each tag once, and room for tags that came after this was written. */
export const MOST_STATISTICS_BYTES: number = 64 * STATISTIC_BYTES

/** Reads what a driver sent. Unknown tags and a torn end are left out, and of a tag that comes twice the last one counts. */
export function parseStatistics(bytes: Uint8Array): GuestMemoryStatistics {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const found: Partial<Record<keyof GuestMemoryStatistics, number>> = {}
  for (let at = 0; at + STATISTIC_BYTES <= bytes.length; at += STATISTIC_BYTES) {
    const name = names[view.getUint16(at, true)]
    if (name) found[name] = view.getUint32(at + 2, true) + view.getUint32(at + 6, true) * 2 ** 32
  }
  return found
}

/** Why these cannot be true; null if they can. */
export function implausible(statistics: GuestMemoryStatistics, ramBytes: number): string | null {
  const { totalBytes = ramBytes, freeBytes = 0, availableBytes = 0, cachesBytes = 0 } = statistics
  if (totalBytes > ramBytes) return `says that it has ${totalBytes} bytes of memory, and has ${ramBytes}`
  for (const [name, value] of Object.entries({ freeBytes, availableBytes, cachesBytes })) {
    if (value > totalBytes) return `says ${value} ${name} of ${totalBytes} in all`
  }
  return null
}
