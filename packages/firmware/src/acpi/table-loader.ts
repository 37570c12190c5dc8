import { LittleEndian } from '../little-endian.ts'
import type { AcpiHardware } from './hardware.ts'
import { HEADER_BYTES } from './table-header.ts'
import { FADT_POINTERS, type Pointer } from './fadt.ts'
import { buildAcpiTables, RSDP_POINTERS, RSDP_BYTES, RSDP_V1_BYTES, RSDP_CHECKSUMS } from './tables.ts'

/** Files of fw_cfg from which firmware places the tables. */
const TABLES = 'etc/acpi/tables'
const RSDP = 'etc/acpi/rsdp'
const LOADER = 'etc/table-loader'

/** QEMU's documentation of the BIOS linker and loader: commands of 128 bytes, names of 56. */
const ENTRY_BYTES = 128
const NAME_BYTES = 56
const Command = { ALLOCATE: 1, ADD_POINTER: 2, ADD_CHECKSUM: 3 } as const
/** Where a file is to be: anywhere below 4 GiB, or among the BIOS's 64 KiB, where operating systems search the root pointer. */
const Zone = { HIGH: 1, F_SEGMENT: 2 } as const
const CHECKSUM_OFFSET = 9

/** What firmware that places tables by itself reads from fw_cfg. */
export interface AcpiLoaderFiles {
  /** By name: the tables, the root pointer, and the commands that join them. */
  readonly files: Readonly<Record<string, Uint8Array>>
  /** The tables anew, of the same size and in the same places, for ports that firmware has moved. */
  tablesFor(hardware: AcpiHardware): Uint8Array
}

/**
 * The ACPI tables as files for firmware of SeaBIOS's kind, which chooses their addresses itself: pointers in them count from the
 * beginning of their file until the commands of `etc/table-loader` have been carried out.
 * @throws FirmwareError when the hardware's description cannot be expressed.
 */
export function buildAcpiLoaderFiles(hardware: AcpiHardware): AcpiLoaderFiles {
  const { bytes, rsdp, addresses } = buildAcpiTables(hardware, 0)
  const entries = [allocate(TABLES, 64, Zone.HIGH), allocate(RSDP, 16, Zone.F_SEGMENT)]
  const pointers = (table: string, at: number): readonly Pointer[] =>
    table === 'FACP' ? FADT_POINTERS : entriesOf(bytes, at, table === 'RSDT' ? 4 : 8)
  for (const table of ['FACP', 'RSDT', 'XSDT']) {
    const at = addresses[table] ?? 0
    for (const [offset, size] of pointers(table, at)) entries.push(addPointer(TABLES, TABLES, at + offset, size))
    entries.push(addChecksum(TABLES, at + CHECKSUM_OFFSET, at, lengthAt(bytes, at)))
  }
  for (const [offset, size] of RSDP_POINTERS) entries.push(addPointer(RSDP, TABLES, offset, size))
  const [first, second] = RSDP_CHECKSUMS
  entries.push(addChecksum(RSDP, first, 0, RSDP_V1_BYTES), addChecksum(RSDP, second, 0, RSDP_BYTES))
  const loader = new Uint8Array(entries.length * ENTRY_BYTES)
  entries.forEach((entry, index) => loader.set(entry, index * ENTRY_BYTES))
  return {
    files: { [TABLES]: bytes, [RSDP]: rsdp, [LOADER]: loader },
    tablesFor: (moved) => buildAcpiTables(moved, 0).bytes,
  }
}

/** The pointers of a table of addresses, which fill it to its end. */
function entriesOf(bytes: Uint8Array, at: number, size: 4 | 8): Pointer[] {
  const count = (lengthAt(bytes, at) - HEADER_BYTES) / size
  return Array.from({ length: count }, (_, index) => [HEADER_BYTES + index * size, size])
}

function lengthAt(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at + 4, true)
}

function entry(command: number, fill: (block: LittleEndian) => void): Uint8Array {
  const block = new LittleEndian(ENTRY_BYTES)
  block.u32(0, command)
  fill(block)
  return block.bytes
}

function allocate(file: string, alignment: number, zone: number): Uint8Array {
  return entry(Command.ALLOCATE, (block) => {
    block.text(4, file)
    block.u32(4 + NAME_BYTES, alignment)
    block.u8(8 + NAME_BYTES, zone)
  })
}

/** Adds the address of `to` to the number at `offset` of `file`. */
function addPointer(file: string, to: string, offset: number, bytes: number): Uint8Array {
  return entry(Command.ADD_POINTER, (block) => {
    block.text(4, file)
    block.text(4 + NAME_BYTES, to)
    block.u32(4 + 2 * NAME_BYTES, offset)
    block.u8(8 + 2 * NAME_BYTES, bytes)
  })
}

/** Makes the bytes from `start` sum up to zero by the one at `offset`. */
function addChecksum(file: string, offset: number, start: number, length: number): Uint8Array {
  return entry(Command.ADD_CHECKSUM, (block) => {
    block.text(4, file)
    block.u32(4 + NAME_BYTES, offset)
    block.u32(8 + NAME_BYTES, start)
    block.u32(12 + NAME_BYTES, length)
  })
}
