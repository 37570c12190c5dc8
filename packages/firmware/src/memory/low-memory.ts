import type { AcpiHardware } from '../acpi/hardware.ts'
import { buildAcpiTables } from '../acpi/tables.ts'
import { FirmwareError } from '../errors.ts'
import { LittleEndian } from '../little-endian.ts'
import type { GuestWriter } from './guest-writer.ts'
import { BDA_BASE, BIOS_BASE, EBDA_BASE, LOW_END } from './layout.ts'

const BDA_BYTES = 0x100
const BDA_COM1 = 0x00
const BDA_EBDA_SEGMENT = 0x0e
const BDA_BASE_MEMORY_KIB = 0x13
const COM1_PORT = 0x3f8
const EBDA_BYTES: number = LOW_END - EBDA_BASE
/** The EBDA's first byte is its size in KiB; the RSDP is searched on 16-byte boundaries of its first KiB (ACPI 5.2.5.1). */
const RSDP_OFFSET = 0x10

/**
 * Leaves what a PC's firmware leaves for an operating system: a BIOS data area, and the EBDA with the ACPI tables.
 * Answers the RSDP's address; 0 without ACPI.
 */
export function writeLowMemory(writer: GuestWriter, acpi: AcpiHardware | undefined): number {
  const tables = acpi === undefined ? undefined : buildAcpiTables(acpi, EBDA_BASE + RSDP_OFFSET)
  if (tables !== undefined && RSDP_OFFSET + tables.bytes.length > EBDA_BYTES) {
    throw new FirmwareError({
      kind: 'does-not-fit',
      what: 'the set of ACPI tables',
      bytes: tables.bytes.length,
      where: `the ${EBDA_BYTES >> 10} KiB kept for it`,
    })
  }
  const bda = new LittleEndian(BDA_BYTES)
  bda.u16(BDA_COM1, COM1_PORT)
  bda.u16(BDA_EBDA_SEGMENT, EBDA_BASE >> 4)
  bda.u16(BDA_BASE_MEMORY_KIB, EBDA_BASE >> 10)
  writer.write(BDA_BASE, bda.bytes)
  writer.clear(EBDA_BASE, EBDA_BYTES)
  writer.write(EBDA_BASE, Uint8Array.of(EBDA_BYTES >> 10))
  if (tables === undefined) return 0
  writer.write(EBDA_BASE + RSDP_OFFSET, tables.bytes)
  // A copy where an operating system looks that ignores the EBDA; machines whose BIOS area is ROM do without.
  writer.tryWrite(BIOS_BASE, tables.rsdp)
  return tables.rsdpAddress
}
