import { EBDA_BASE } from '../bda.ts'
import { ROM_BASE } from '../rom/layout.ts'
import type { BiosMachine } from '../types.ts'

/** Address range types of E820 (ACPI 15.1). */
export const RangeType = { USABLE: 1, RESERVED: 2, ACPI_NVS: 4 } as const
export type RangeType = (typeof RangeType)[keyof typeof RangeType]

export interface AddressRange {
  readonly start: number
  readonly length: number
  readonly type: RangeType
}

const MIB = 0x10_0000
const LOW_END = 0xa_0000
/** The ROM once more, where the processor starts. */
const TOP_ROM = { start: 0xfffc_0000, length: 0x4_0000 }

/** Kept at the end of RAM for the ACPI tables. */
export const TABLES_BYTES = 0x1_0000

/** Where the ACPI tables lie; null in a machine that has none, or no room for them. */
export function tablesBase({ ramBytes, acpi }: BiosMachine): number | null {
  return acpi === null || ramBytes < MIB + 2 * TABLES_BYTES ? null : ramBytes - TABLES_BYTES
}

/** Every byte that an operating system may, or may not, take: sorted and disjoint. */
export function addressMap(machine: BiosMachine): AddressRange[] {
  const tables = tablesBase(machine)
  const end = tables ?? machine.ramBytes
  const ranges: AddressRange[] = [
    { start: 0, length: EBDA_BASE, type: RangeType.USABLE },
    { start: EBDA_BASE, length: LOW_END - EBDA_BASE, type: RangeType.RESERVED },
    { start: ROM_BASE, length: MIB - ROM_BASE, type: RangeType.RESERVED },
    { start: MIB, length: end - MIB, type: RangeType.USABLE },
  ]
  if (tables !== null) ranges.push({ start: tables, length: TABLES_BYTES, type: RangeType.ACPI_NVS })
  ranges.push({ ...TOP_ROM, type: RangeType.RESERVED })
  return ranges.filter(({ length }) => length > 0)
}

/** Bytes of usable memory from 1 MiB on. */
export function extendedBytes(machine: BiosMachine): number {
  return (tablesBase(machine) ?? machine.ramBytes) - MIB
}
