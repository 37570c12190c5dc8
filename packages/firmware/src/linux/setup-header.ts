import { FirmwareError } from '../errors.ts'
import { ByteReader } from '../little-endian.ts'

/** Offsets of the setup header, the same in the image and in boot_params (kernel documentation, arch/x86/boot). */
export const Setup = {
  SETUP_SECTS: 0x1f1,
  SYSSIZE: 0x1f4,
  VID_MODE: 0x1fa,
  BOOT_FLAG: 0x1fe,
  JUMP: 0x200,
  HEADER: 0x202,
  VERSION: 0x206,
  TYPE_OF_LOADER: 0x210,
  LOADFLAGS: 0x211,
  CODE32_START: 0x214,
  RAMDISK_IMAGE: 0x218,
  RAMDISK_SIZE: 0x21c,
  CMD_LINE_PTR: 0x228,
  INITRD_ADDR_MAX: 0x22c,
  KERNEL_ALIGNMENT: 0x230,
  RELOCATABLE_KERNEL: 0x234,
  CMDLINE_SIZE: 0x238,
  PREF_ADDRESS: 0x258,
  INIT_SIZE: 0x260,
} as const

export const HDRS = 0x53726448
export const BOOT_FLAG = 0xaa55
export const LOADED_HIGH = 0x01
/** The loader has no number assigned. */
export const UNDEFINED_LOADER = 0xff
export const VIDEO_MODE_NORMAL = 0xffff

const OLDEST_VERSION = 0x202
const MIN_HEADER_BYTES = 0x22c
const DEFAULT_LOAD_ADDRESS = 0x100000
const DEFAULT_INITRD_MAX = 0x37ffffff
const DEFAULT_COMMAND_LINE_LIMIT = 255
const DEFAULT_SETUP_SECTORS = 4
const SECTOR = 512

/** What a bzImage says of itself, with the defaults of its protocol version filled in. */
export interface SetupHeader {
  /** The header's bytes from SETUP_SECTS on, as they go into boot_params. */
  readonly bytes: Uint8Array
  /** The protected-mode part of the image. */
  readonly code: Uint8Array
  readonly loadAddress: number
  /** Memory that the kernel needs from its load address on until it reads the memory map. */
  readonly initBytes: number
  /** Highest address that an initrd may occupy. */
  readonly initrdMax: number
  /** Longest command line, without its terminator. */
  readonly commandLineLimit: number
}

export function isBzImage(image: Uint8Array): boolean {
  const reader = new ByteReader(image)
  return reader.u32(Setup.HEADER) === HDRS && reader.u16(Setup.BOOT_FLAG) === BOOT_FLAG
}

export function parseSetupHeader(image: Uint8Array): SetupHeader {
  const reader = new ByteReader(image)
  if (!isBzImage(image)) {
    throw new FirmwareError({
      kind: 'foreign-image',
      image: 'the kernel',
      reason: 'neither a bzImage (no HdrS signature) nor an ELF vmlinux; give it the vmlinuz of a distribution',
    })
  }
  const version = reader.u16(Setup.VERSION)
  if (version < OLDEST_VERSION) throw tooOld(version)
  demand(reader, MIN_HEADER_BYTES)
  if ((reader.u8(Setup.LOADFLAGS) & LOADED_HIGH) === 0) {
    throw new FirmwareError({
      kind: 'unsupported',
      image: 'the kernel',
      reason: 'a zImage that loads below 640 KiB; build a bzImage',
    })
  }
  const codeOffset = ((reader.u8(Setup.SETUP_SECTS) || DEFAULT_SETUP_SECTORS) + 1) * SECTOR
  const codeBytes = version >= 0x204 ? reader.u32(Setup.SYSSIZE) * 16 : 0
  demand(reader, Math.max(codeOffset + 1, codeOffset + codeBytes - 15))
  const code = image.subarray(codeOffset)
  const headerEnd = Math.min(Setup.HEADER + reader.u8(Setup.JUMP + 1), codeOffset)
  const relocatable = version >= 0x20a && reader.u8(Setup.RELOCATABLE_KERNEL) !== 0
  return {
    bytes: image.slice(Setup.SETUP_SECTS, Math.max(headerEnd, MIN_HEADER_BYTES)),
    code,
    loadAddress: relocatable ? reader.u64(Setup.PREF_ADDRESS) : reader.u32(Setup.CODE32_START) || DEFAULT_LOAD_ADDRESS,
    initBytes: Math.max(version >= 0x20a ? reader.u32(Setup.INIT_SIZE) : 0, code.length),
    initrdMax: version >= 0x203 ? reader.u32(Setup.INITRD_ADDR_MAX) : DEFAULT_INITRD_MAX,
    commandLineLimit:
      version >= 0x206 ? reader.u32(Setup.CMDLINE_SIZE) || DEFAULT_COMMAND_LINE_LIMIT : DEFAULT_COMMAND_LINE_LIMIT,
  }
}

function tooOld(version: number): FirmwareError {
  const name = `${version >> 8}.${String(version & 0xff).padStart(2, '0')}`
  return new FirmwareError({
    kind: 'unsupported',
    image: 'the kernel',
    reason: `boot protocol ${name} is older than 2.02 (Linux 2.4); use a newer kernel`,
  })
}

function demand(reader: ByteReader, needed: number): void {
  if (!reader.has(0, needed))
    throw new FirmwareError({ kind: 'truncated', image: 'the kernel', needed, present: reader.length })
}
