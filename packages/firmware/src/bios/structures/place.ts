import { buildAcpiTables } from '../../acpi/tables.ts'
import type { Context } from '../context.ts'
import { tablesBase } from '../system/memory-map.ts'

/** Writes the ACPI tables to the end of RAM. */
export function placeTables({ machine, memory }: Context): void {
  const base = tablesBase(machine)
  if (base === null || machine.acpi === null) return
  memory.store(base, buildAcpiTables(machine.acpi, base).bytes)
}
