import { FirmwareError } from '../errors.ts'
import { LittleEndian } from '../little-endian.ts'
import type { MemoryMapEntry } from '../memory/memory-map.ts'
import type { Screen } from '../types.ts'
import { BOOT_FLAG, HDRS, LOADED_HIGH, Setup, UNDEFINED_LOADER, VIDEO_MODE_NORMAL } from './setup-header.ts'

/** Offsets in struct boot_params, the "zero page" (kernel documentation, arch/x86/zero-page). */
export const BootParams = {
  ORIG_VIDEO_MODE: 0x006,
  ORIG_VIDEO_COLS: 0x007,
  ORIG_VIDEO_LINES: 0x00e,
  ORIG_VIDEO_IS_VGA: 0x00f,
  ORIG_VIDEO_POINTS: 0x010,
  ACPI_RSDP_ADDR: 0x070,
  E820_ENTRIES: 0x1e8,
  E820_TABLE: 0x2d0,
} as const

const SIZE = 4096
const E820_ENTRY_BYTES = 20
export const E820_MAX_ENTRIES = 128
const TEXT_MODE = 3

export interface BootParamsFields {
  /** The image's own header, or nothing for a kernel that has none (vmlinux). */
  readonly header: Uint8Array | undefined
  readonly loadAddress: number
  readonly commandLine: number
  readonly initrd: { readonly start: number; readonly bytes: number }
  readonly map: readonly MemoryMapEntry[]
  readonly rsdp: number
  readonly screen: Screen
}

/** The page that a Linux kernel finds through ESI. All that is not named is zero, as the protocol demands. */
export function buildBootParams(fields: BootParamsFields): Uint8Array {
  const page = new LittleEndian(SIZE)
  if (fields.header === undefined) synthesizeHeader(page)
  else page.copy(Setup.SETUP_SECTS, fields.header)
  page.u8(Setup.TYPE_OF_LOADER, UNDEFINED_LOADER)
  page.u16(Setup.VID_MODE, VIDEO_MODE_NORMAL)
  page.u32(Setup.CODE32_START, fields.loadAddress)
  page.u32(Setup.RAMDISK_IMAGE, fields.initrd.start)
  page.u32(Setup.RAMDISK_SIZE, fields.initrd.bytes)
  page.u32(Setup.CMD_LINE_PTR, fields.commandLine)
  page.u64(BootParams.ACPI_RSDP_ADDR, fields.rsdp)
  if (fields.screen === 'text80x25') describeTextScreen(page)
  describeMemory(page, fields.map)
  return page.bytes
}

/** A vmlinux has no header; the kernel reads from it that its loader spoke protocol 2.15. */
function synthesizeHeader(page: LittleEndian): void {
  page.u16(Setup.BOOT_FLAG, BOOT_FLAG)
  page.u32(Setup.HEADER, HDRS)
  page.u16(Setup.VERSION, 0x20f)
  page.u8(Setup.LOADFLAGS, LOADED_HIGH)
  page.u32(Setup.KERNEL_ALIGNMENT, 0x1000000)
}

function describeTextScreen(page: LittleEndian): void {
  page.u8(BootParams.ORIG_VIDEO_MODE, TEXT_MODE)
  page.u8(BootParams.ORIG_VIDEO_COLS, 80)
  page.u8(BootParams.ORIG_VIDEO_LINES, 25)
  page.u8(BootParams.ORIG_VIDEO_IS_VGA, 1)
  page.u16(BootParams.ORIG_VIDEO_POINTS, 16)
}

function describeMemory(page: LittleEndian, map: readonly MemoryMapEntry[]): void {
  if (map.length > E820_MAX_ENTRIES) {
    throw new FirmwareError({
      kind: 'bad-option',
      option: 'ram',
      reason: `${map.length} separate ranges; a memory map holds ${E820_MAX_ENTRIES}`,
    })
  }
  page.u8(BootParams.E820_ENTRIES, map.length)
  map.forEach(({ start, length, type }, index) => {
    const at = BootParams.E820_TABLE + index * E820_ENTRY_BYTES
    page.u64(at, start)
    page.u64(at + 8, length)
    page.u32(at + 16, type)
  })
}
