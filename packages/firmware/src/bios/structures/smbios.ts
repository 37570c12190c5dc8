import { LittleEndian } from '../../little-endian.ts'
import { BIOS_DATE, ROM_BYTES } from '../rom/layout.ts'
import type { BiosMachine } from '../types.ts'

/** System Management BIOS Reference Specification (DSP0134) 2.8. */
const ENTRY_POINT_BYTES = 31
const INTERMEDIATE_AT = 16
/** Behind the entry point, aligned. */
const STRUCTURES_AT = 32
const MIB = 0x10_0000
const HEADER_BYTES = 4
const UNKNOWN = 2
const OTHER = 1

/** One structure: fields by offset, then its strings. */
function structure(
  type: number,
  length: number,
  fill: (block: LittleEndian) => void,
  strings: readonly string[] = [],
): Uint8Array {
  const texts = strings.map((value) => [...value].map((character) => character.charCodeAt(0)).concat(0)).flat()
  const tail = texts.length === 0 ? [0, 0] : [...texts, 0]
  const block = new LittleEndian(length + tail.length)
  block.u8(0, type)
  block.u8(1, length)
  // Handles are the types: there is one of each.
  block.u16(2, handleOf(type))
  fill(block)
  block.copy(length, Uint8Array.from(tail))
  return block.bytes
}

function handleOf(type: number): number {
  return type << 8
}

function bios(): Uint8Array {
  return structure(
    0,
    24,
    (block) => {
      block.u8(4, 1)
      block.u8(5, 2)
      block.u16(6, 0xf000)
      block.u8(8, 3)
      block.u8(9, ROM_BYTES / 0x1_0000 - 1)
      // PCI, selectable boot, boot from CD, EDD; INT 10h CGA/mono, INT 9, 14h services.
      block.u32(10, 0x2801_8080)
      block.u8(18, 0x03)
      block.u8(20, 0xff)
      block.u8(21, 0xff)
      block.u8(22, 0xff)
      block.u8(23, 0xff)
    },
    ['Mica', '1.0', BIOS_DATE],
  )
}

function system(): Uint8Array {
  return structure(
    1,
    27,
    (block) => {
      for (const at of [4, 5, 6]) block.u8(at, at - 3)
      // Switched on by hand.
      block.u8(24, 6)
    },
    ['Mica', 'Virtual PC', '1.0'],
  )
}

function chassis(): Uint8Array {
  return structure(
    3,
    21,
    (block) => {
      block.u8(4, 1)
      block.u8(5, OTHER)
      for (const at of [9, 10, 11, 12]) block.u8(at, 3)
    },
    ['Mica'],
  )
}

function processor(): Uint8Array {
  return structure(
    4,
    42,
    (block) => {
      block.u8(4, 1)
      block.u8(5, 3)
      block.u8(6, OTHER)
      block.u8(7, 2)
      // Populated and enabled; upgrade: other.
      block.u8(24, 0x41)
      block.u8(25, OTHER)
      for (const at of [26, 28, 30]) block.u16(at, 0xffff)
      for (const at of [35, 36, 37]) block.u8(at, 1)
      block.u16(38, UNKNOWN << 1)
    },
    ['CPU 0', 'Mica'],
  )
}

function memoryArray(ramBytes: number): Uint8Array {
  return structure(16, 15, (block) => {
    // On the board, system memory, no error correction, one device.
    block.u8(4, 3)
    block.u8(5, 3)
    block.u8(6, 3)
    block.u32(7, ramBytes / 1024)
    block.u16(11, 0xfffe)
    block.u16(13, 1)
  })
}

function memoryDevice(ramBytes: number): Uint8Array {
  return structure(
    17,
    34,
    (block) => {
      block.u16(4, handleOf(16))
      block.u16(6, 0xfffe)
      block.u16(8, 0xffff)
      block.u16(10, 0xffff)
      block.u16(12, Math.ceil(ramBytes / MIB))
      // DIMM of RAM.
      block.u8(14, 9)
      block.u8(16, 1)
      block.u8(18, 7)
      block.u16(19, UNKNOWN << 1)
    },
    ['DIMM 0'],
  )
}

function mappedAddress(ramBytes: number): Uint8Array {
  return structure(19, 15, (block) => {
    block.u32(4, 0)
    block.u32(8, ramBytes / 1024 - 1)
    block.u16(12, handleOf(16))
    block.u8(14, 1)
  })
}

type Described = Pick<BiosMachine, 'ramBytes'>

interface Structures {
  readonly bytes: Uint8Array
  readonly count: number
  /** Bytes of the largest one. */
  readonly largest: number
}

function gather(all: readonly Uint8Array[]): Structures {
  const bytes = Uint8Array.from(all.flatMap((part) => [...part]))
  return { bytes, count: all.length, largest: Math.max(...all.map((part) => part.length)) }
}

/** What there is to say of a machine, whichever its BIOS is. */
function machineStructures({ ramBytes }: Described): Uint8Array[] {
  return [
    system(),
    chassis(),
    processor(),
    memoryArray(ramBytes),
    memoryDevice(ramBytes),
    mappedAddress(ramBytes),
    // Boot status: no errors.
    structure(32, 11, () => undefined),
    structure(127, HEADER_BYTES, () => undefined),
  ]
}

/** The entry point of structures at `address`. */
function entryPoint({ bytes, count, largest }: Structures, address: number): Uint8Array {
  const entry = new LittleEndian(ENTRY_POINT_BYTES)
  entry.text(0, '_SM_')
  entry.u8(5, ENTRY_POINT_BYTES)
  entry.u8(6, 2)
  entry.u8(7, 8)
  entry.u16(8, largest)
  entry.text(INTERMEDIATE_AT, '_DMI_')
  entry.u16(22, bytes.length)
  entry.u32(24, address)
  entry.u16(28, count)
  entry.u8(30, 0x28)
  const sum = (from: number): number => entry.bytes.subarray(from).reduce((a, b) => a + b, 0)
  entry.u8(21, -sum(INTERMEDIATE_AT))
  entry.u8(4, -sum(0))
  return entry.bytes
}

/** The entry point and the structures behind it, for this address: a multiple of 16. */
export function smbiosTable(machine: BiosMachine, address: number): Uint8Array {
  const structures = gather([bios(), ...machineStructures(machine)])
  const table = new Uint8Array(STRUCTURES_AT + structures.bytes.length)
  table.set(entryPoint(structures, address + STRUCTURES_AT))
  table.set(structures.bytes, STRUCTURES_AT)
  return table
}

/**
 * Files of fw_cfg by which firmware of another, such as SeaBIOS, tells what machine this is. It says itself which BIOS it is, and where in
 * memory it has put them.
 */
export function buildSmbiosFiles(machine: Described): Record<string, Uint8Array> {
  const structures = gather(machineStructures(machine))
  return {
    'etc/smbios/smbios-anchor': entryPoint(structures, 0),
    'etc/smbios/smbios-tables': structures.bytes,
  }
}
