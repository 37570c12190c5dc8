import type { HostMemory, TlbLayout } from './types.ts'

/** Bytes of a TLB entry. */
export const ENTRY_BYTES = 8

const LARGEST_ENTRIES = 65536

/** Throws RangeError if the arrays are not six disjoint, aligned runs inside the memory. */
export function requireLayout(memory: HostMemory, base: number, { entries, offsets }: TlbLayout): void {
  if (!Number.isInteger(entries) || entries < 1 || entries > LARGEST_ENTRIES || (entries & (entries - 1)) !== 0) {
    throw new RangeError(`entries is ${entries}; must be a power of two from 1 to ${LARGEST_ENTRIES}`)
  }
  if (!Number.isInteger(base) || base < 0 || base % ENTRY_BYTES !== 0) {
    throw new RangeError(`base is ${base}; must be a multiple of ${ENTRY_BYTES} from 0`)
  }
  const size = entries * ENTRY_BYTES
  const limit = memory.buffer.byteLength
  const sorted = Object.entries(offsets).sort(([, a], [, b]) => a - b)
  let end = 0
  for (const [name, offset] of sorted) {
    if (!Number.isInteger(offset) || offset < 0 || offset % ENTRY_BYTES !== 0 || base + offset + size > limit) {
      throw new RangeError(
        `offsets.${name} is ${offset}; must be a multiple of ${ENTRY_BYTES} from 0 to ${limit - base - size}`,
      )
    }
    if (offset < end) throw new RangeError(`offsets.${name} is ${offset}; the array before it ends at ${end}`)
    end = offset + size
  }
}

/** Bytes that six arrays of `entries` entries take together. */
export function tlbBytes(entries: number): number {
  return 6 * entries * ENTRY_BYTES
}

/** The six arrays one after the other, from `base` on. */
export function packedLayout(entries: number): TlbLayout {
  const size = entries * ENTRY_BYTES
  return {
    entries,
    offsets: {
      readUser: 0,
      readSupervisor: size,
      writeUser: 2 * size,
      writeSupervisor: 3 * size,
      fetchUser: 4 * size,
      fetchSupervisor: 5 * size,
    },
  }
}
