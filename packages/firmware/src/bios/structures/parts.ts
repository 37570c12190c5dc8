import { buildAcpiTables } from '../../acpi/tables.ts'
import type { RomPart } from '../rom/build.ts'
import { tablesBase } from '../system/memory-map.ts'
import type { BiosMachine } from '../types.ts'
import { plugAndPlayHeader } from './plug-and-play.ts'
import { multiprocessorTable } from './mp-table.ts'
import { routingTable } from './pir.ts'
import { smbiosTable } from './smbios.ts'

/** What the ROM says of the machine, for whoever searches it. */
export function machineParts(machine: BiosMachine): RomPart[] {
  const tables = tablesBase(machine)
  const parts: RomPart[] = [
    { label: 'smbios', build: (address) => smbiosTable(machine, address) },
    { label: 'pir', build: () => routingTable(machine) },
    { label: 'pnp', build: plugAndPlayHeader },
  ]
  if (multiprocessorTable(machine, 0)) {
    parts.push({ label: 'mp', build: (address) => multiprocessorTable(machine, address)! })
  }
  // The root pointer is searched here (ACPI 5.2.5.1); the tables lie in RAM, since the FACS is written to.
  if (tables !== null && machine.acpi !== null) {
    const { rsdp } = buildAcpiTables(machine.acpi, tables)
    parts.push({ label: 'rsdp', build: () => rsdp })
  }
  return parts
}
