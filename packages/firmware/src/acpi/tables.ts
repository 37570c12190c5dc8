import { FirmwareError } from '../errors.ts'
import { LittleEndian } from '../little-endian.ts'
import { buildDsdtBody } from './dsdt.ts'
import { buildFadt, type Pointer } from './fadt.ts'
import type { AcpiHardware } from './hardware.ts'
import { buildHpet } from './hpet.ts'
import { buildMadt } from './madt.ts'
import { HEADER_BYTES, OEM, checksum, table } from './table-header.ts'

export const RSDP_BYTES = 36
/** The first checksum of the RSDP covers what ACPI 1.0 knew of it. */
export const RSDP_V1_BYTES = 20
/** Offsets of its two checksums. */
export const RSDP_CHECKSUMS = [8, 32] as const

/** Its pointers to RSDT and XSDT. */
export const RSDP_POINTERS: readonly Pointer[] = [
  [16, 4],
  [24, 8],
]
const FACS_BYTES = 64
const ALIGNMENT = 64

export interface AcpiTables {
  readonly rsdpAddress: number
  /** The root pointer alone: it may be copied to where an operating system searches it. */
  readonly rsdp: Uint8Array
  /** All tables, the RSDP first, as they must stand at `rsdpAddress`. */
  readonly bytes: Uint8Array
  /** Address of each table by signature. */
  readonly addresses: Readonly<Record<string, number>>
}

/**
 * The ACPI tables of a machine (ACPI 5.2), for this address: RSDP revision 2, RSDT and XSDT, FADT, FACS, DSDT, MADT, HPET.
 *
 * @throws FirmwareError when the hardware's description cannot be expressed.
 */
export function buildAcpiTables(hardware: AcpiHardware, rsdpAddress: number): AcpiTables {
  checkHardware(hardware, rsdpAddress)
  const body = buildDsdtBody(hardware)
  const dsdt = table('DSDT', 2, HEADER_BYTES + body.length, (block) => block.copy(HEADER_BYTES, body))
  const optional = { APIC: buildMadt(hardware), HPET: buildHpet(hardware) }
  const placed: { readonly signature: string; readonly address: number; readonly bytes: Uint8Array }[] = []
  let end = rsdpAddress + RSDP_BYTES
  const place = (signature: string, bytes: Uint8Array): number => {
    const address = Math.ceil(end / ALIGNMENT) * ALIGNMENT
    placed.push({ signature, address, bytes })
    end = address + bytes.length
    return address
  }
  const addresses = { facs: place('FACS', buildFacs()), dsdt: place('DSDT', dsdt) }
  const listed = [place('FACP', buildFadt(hardware, addresses))]
  for (const [signature, bytes] of Object.entries(optional)) if (bytes) listed.push(place(signature, bytes))
  const rsdt = place('RSDT', addressTable('RSDT', 4, listed))
  const xsdt = place('XSDT', addressTable('XSDT', 8, listed))
  const rsdp = buildRsdp(rsdt, xsdt)
  const all = new LittleEndian(end - rsdpAddress)
  all.copy(0, rsdp)
  for (const { address, bytes } of placed) all.copy(address - rsdpAddress, bytes)
  return {
    rsdpAddress,
    rsdp,
    bytes: all.bytes,
    addresses: Object.fromEntries(placed.map(({ signature, address }) => [signature, address])),
  }
}

/** Global lock and waking vector; the only table besides the RSDP without checksum or common header (ACPI 5.2.10). */
function buildFacs(): Uint8Array {
  const facs = new LittleEndian(FACS_BYTES)
  facs.text(0, 'FACS')
  facs.u32(4, FACS_BYTES)
  facs.u8(32, 1)
  return facs.bytes
}

function addressTable(signature: string, width: 4 | 8, addresses: readonly number[]): Uint8Array {
  return table(signature, 1, HEADER_BYTES + width * addresses.length, (block) => {
    addresses.forEach((address, index) => {
      const at = HEADER_BYTES + width * index
      if (width === 4) block.u32(at, address)
      else block.u64(at, address)
    })
  })
}

function buildRsdp(rsdt: number, xsdt: number): Uint8Array {
  const rsdp = new LittleEndian(RSDP_BYTES)
  rsdp.text(0, 'RSD PTR ')
  rsdp.text(9, OEM.padEnd(6))
  rsdp.u8(15, 2)
  rsdp.u32(16, rsdt)
  rsdp.u32(20, RSDP_BYTES)
  rsdp.u64(24, xsdt)
  rsdp.u8(8, checksum(rsdp.bytes.subarray(0, RSDP_V1_BYTES)))
  rsdp.u8(32, checksum(rsdp.bytes))
  return rsdp.bytes
}

function checkHardware(hardware: AcpiHardware, rsdpAddress: number): void {
  const { processors, s3SleepType, s5SleepType, pciMemory, pciInterrupts } = hardware
  const lines = pciInterrupts.kind === 'piix' ? pciInterrupts.irqs : pciInterrupts.lines
  check(rsdpAddress >= 0 && rsdpAddress % 16 === 0, 'rsdpAddress', rsdpAddress, 'a multiple of 16')
  check(Number.isInteger(processors) && processors >= 1 && processors <= 255, 'acpi.processors', processors, '1 to 255')
  check(
    Number.isInteger(s5SleepType) && s5SleepType >= 0 && s5SleepType <= 7,
    'acpi.s5SleepType',
    s5SleepType,
    '0 to 7',
  )
  check(s3SleepType === undefined || isLine(s3SleepType, 7), 'acpi.s3SleepType', s3SleepType ?? 0, '0 to 7')
  check(isLine(hardware.sci, 15), 'acpi.sci', hardware.sci, 'an interrupt line, 0 to 15')
  for (const line of lines)
    check(isLine(line, pciInterrupts.kind === 'piix' ? 15 : 239), 'acpi.pciInterrupts', line, 'an interrupt line')
  check(lines.length > 0, 'acpi.pciInterrupts', lines.length, 'at least one interrupt line')
  const ports = {
    pm1aEvent: hardware.pm1aEvent,
    pm1aControl: hardware.pm1aControl,
    pmTimer: hardware.pmTimer,
    gpe0: hardware.gpe0,
    reset: hardware.reset.port,
  }
  for (const [name, port] of Object.entries(ports))
    check(isLine(port, 0xffff), `acpi.${name}`, port, 'a port, 0 to 0xffff')
  check(
    pciMemory.start >= 0x100000 && pciMemory.start < pciMemory.end && pciMemory.end <= 0x1_0000_0000,
    'acpi.pciMemory',
    pciMemory.start,
    'a range between 1 MiB and 4 GiB',
  )
}

function isLine(value: number, most: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= most
}

function check(holds: boolean, option: string, value: number, wanted: string): void {
  if (!holds) throw new FirmwareError({ kind: 'bad-option', option, reason: `must be ${wanted}, not ${value}` })
}
