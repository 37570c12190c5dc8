import { LittleEndian } from '../little-endian.ts'
import { HIGH_START } from '../memory/layout.ts'
import { MemoryType } from '../memory/memory-map.ts'
import type { MemoryMapEntry } from '../memory/memory-map.ts'
import type { Screen } from '../types.ts'

/** Offsets in the information structure (Multiboot Specification 0.6.96, 3.3). */
const Info = {
  FLAGS: 0,
  MEM_LOWER: 4,
  MEM_UPPER: 8,
  BOOT_DEVICE: 12,
  CMDLINE: 16,
  MODS_COUNT: 20,
  MODS_ADDR: 24,
  MMAP_LENGTH: 44,
  MMAP_ADDR: 48,
  BOOT_LOADER_NAME: 64,
  FRAMEBUFFER_ADDR: 88,
  FRAMEBUFFER_PITCH: 96,
  FRAMEBUFFER_WIDTH: 100,
  FRAMEBUFFER_HEIGHT: 104,
  FRAMEBUFFER_BPP: 108,
  FRAMEBUFFER_TYPE: 109,
} as const

export const InfoFlag = {
  MEMORY: 0x1,
  BOOT_DEVICE: 0x2,
  COMMAND_LINE: 0x4,
  MODULES: 0x8,
  MEMORY_MAP: 0x40,
  LOADER_NAME: 0x200,
  FRAMEBUFFER: 0x1000,
} as const

const INFO_BYTES = 116
const MODULE_BYTES = 16
const MAP_ENTRY_BYTES = 24
/** Of a map entry, not counting the size field itself. */
const MAP_ENTRY_SIZE_FIELD = 20
const ALIGNMENT = 8
const MOST_UPPER_KIB = 0xffffffff
/** Unused partition levels are 0xff; the drive's BIOS number is the top byte. */
const NO_PARTITION = 0x00ffffff
const TEXT_FRAMEBUFFER = { address: 0xb8000, columns: 80, rows: 25, bytesPerCell: 2, type: 2 } as const

export interface PlacedModule {
  readonly start: number
  readonly bytes: number
  readonly commandLine: string
}

export interface InfoFields {
  readonly commandLine: string
  readonly loaderName: string
  readonly bootDrive: number | undefined
  readonly modules: readonly PlacedModule[]
  readonly map: readonly MemoryMapEntry[]
  readonly screen: Screen
}

/**
 * The information structure with all it points to, as one block that may stand at any 8-byte boundary.
 * Its length does not depend on `base`.
 */
export function buildMultibootInfo(base: number, fields: InfoFields): Uint8Array {
  const strings = [fields.commandLine, fields.loaderName, ...fields.modules.map((module) => module.commandLine)].map(
    encode,
  )
  const mapAt = align(INFO_BYTES)
  const modulesAt = mapAt + fields.map.length * MAP_ENTRY_BYTES
  const stringsAt = modulesAt + fields.modules.length * MODULE_BYTES
  const block = new LittleEndian(stringsAt + strings.reduce((sum, bytes) => sum + bytes.length, 0))
  let at = stringsAt
  const addresses = strings.map((bytes) => {
    block.copy(at, bytes)
    at += bytes.length
    return base + at - bytes.length
  })
  const [commandLine = 0, loaderName = 0, ...moduleLines] = addresses
  writeMap(block, mapAt, fields.map)
  fields.modules.forEach((module, index) =>
    writeModule(block, modulesAt + index * MODULE_BYTES, module, moduleLines[index] ?? 0),
  )
  writeMemorySizes(block, fields.map)
  block.u32(Info.CMDLINE, commandLine)
  block.u32(Info.MODS_COUNT, fields.modules.length)
  block.u32(Info.MODS_ADDR, base + modulesAt)
  block.u32(Info.MMAP_LENGTH, fields.map.length * MAP_ENTRY_BYTES)
  block.u32(Info.MMAP_ADDR, base + mapAt)
  block.u32(Info.BOOT_LOADER_NAME, loaderName)
  if (fields.bootDrive !== undefined) block.u32(Info.BOOT_DEVICE, ((fields.bootDrive << 24) | NO_PARTITION) >>> 0)
  if (fields.screen === 'text80x25') writeFramebuffer(block)
  block.u32(Info.FLAGS, presentFields(fields))
  return block.bytes
}

function presentFields({ bootDrive, screen }: InfoFields): number {
  const always = InfoFlag.MEMORY | InfoFlag.COMMAND_LINE | InfoFlag.MODULES | InfoFlag.MEMORY_MAP | InfoFlag.LOADER_NAME
  return (
    always | (bootDrive === undefined ? 0 : InfoFlag.BOOT_DEVICE) | (screen === 'text80x25' ? InfoFlag.FRAMEBUFFER : 0)
  )
}

/** KiB from 0, and KiB from 1 MiB up to the first hole. */
function writeMemorySizes(block: LittleEndian, map: readonly MemoryMapEntry[]): void {
  const usable = map.filter(({ type }) => type === MemoryType.Usable)
  const lower = usable.find(({ start }) => start === 0)?.length ?? 0
  const upper = usable.find(({ start }) => start === HIGH_START)?.length ?? 0
  block.u32(Info.MEM_LOWER, lower >>> 10)
  block.u32(Info.MEM_UPPER, Math.min(Math.floor(upper / 1024), MOST_UPPER_KIB))
}

function writeMap(block: LittleEndian, at: number, map: readonly MemoryMapEntry[]): void {
  map.forEach(({ start, length, type }, index) => {
    const entry = at + index * MAP_ENTRY_BYTES
    block.u32(entry, MAP_ENTRY_SIZE_FIELD)
    block.u64(entry + 4, start)
    block.u64(entry + 12, length)
    block.u32(entry + 20, type)
  })
}

function writeModule(block: LittleEndian, at: number, module: PlacedModule, commandLine: number): void {
  block.u32(at, module.start)
  block.u32(at + 4, module.start + module.bytes)
  block.u32(at + 8, commandLine)
}

function writeFramebuffer(block: LittleEndian): void {
  const { address, columns, rows, bytesPerCell, type } = TEXT_FRAMEBUFFER
  block.u64(Info.FRAMEBUFFER_ADDR, address)
  block.u32(Info.FRAMEBUFFER_PITCH, columns * bytesPerCell)
  block.u32(Info.FRAMEBUFFER_WIDTH, columns)
  block.u32(Info.FRAMEBUFFER_HEIGHT, rows)
  block.u8(Info.FRAMEBUFFER_BPP, bytesPerCell * 8)
  block.u8(Info.FRAMEBUFFER_TYPE, type)
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\0`)
}

function align(offset: number): number {
  return Math.ceil(offset / ALIGNMENT) * ALIGNMENT
}
