import type { RamRange } from '../types.ts'
import { BIOS_BASE, EBDA_BASE, HIGH_START, LOW_END } from './layout.ts'

/** Address range types of the BIOS call E820 (ACPI 15.1). */
export const MemoryType = { Usable: 1, Reserved: 2 } as const
export type MemoryType = (typeof MemoryType)[keyof typeof MemoryType]

export interface MemoryMapEntry {
  readonly start: number
  readonly length: number
  readonly type: MemoryType
}

/** The memory map that a BIOS would report for this RAM: sorted, disjoint, the EBDA and the BIOS area reserved. */
export function memoryMap(ram: readonly RamRange[]): MemoryMapEntry[] {
  const usable = ram.flatMap(({ start, length }) =>
    [
      { start, end: Math.min(start + length, EBDA_BASE) },
      { start: Math.max(start, HIGH_START), end: start + length },
    ].filter((part) => part.start < part.end),
  )
  const entries = [
    ...joinAdjoining(usable.sort((a, b) => a.start - b.start)).map(({ start, end }) => ({
      start,
      length: end - start,
      type: MemoryType.Usable,
    })),
    { start: EBDA_BASE, length: LOW_END - EBDA_BASE, type: MemoryType.Reserved },
    { start: BIOS_BASE, length: HIGH_START - BIOS_BASE, type: MemoryType.Reserved },
  ]
  return entries.sort((a, b) => a.start - b.start)
}

function joinAdjoining(parts: readonly { start: number; end: number }[]): { start: number; end: number }[] {
  const joined: { start: number; end: number }[] = []
  for (const { start, end } of parts) {
    const last = joined.at(-1)
    if (last !== undefined && last.end === start) last.end = end
    else joined.push({ start, end })
  }
  return joined
}
