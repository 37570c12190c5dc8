/** The ROM's segment, and what it holds at places that software knows (IBM PC AT Technical Reference, BIOS listing). */
export const ROM_SEGMENT = 0xf000
export const ROM_BASE = 0xf0000
export const ROM_BYTES = 0x10000

/**
 * A write to this port, by the ROM's code, is a call of a service. No chip of a PC has it, and it takes one byte of an
 * instruction.
 */
export const TRAP_PORT = 0xbe

/** Entry points of the IBM PC, by interrupt. Programs jump there past whoever has hooked the interrupt. */
export const COMPATIBLE_ENTRIES: Readonly<Record<number, number>> = {
  0x02: 0xe2c3,
  0x05: 0xff54,
  0x08: 0xfea5,
  0x09: 0xe987,
  0x0e: 0xef57,
  0x10: 0xf065,
  0x11: 0xf84d,
  0x12: 0xf841,
  0x13: 0xe3fe,
  0x14: 0xe739,
  0x15: 0xf859,
  0x16: 0xe82e,
  0x17: 0xefd2,
  0x19: 0xe6f2,
  0x1a: 0xfe6e,
}

export const RomOffset = {
  /** Code that has no fixed place; tables behind it. */
  CODE: 0x0000,
  POST: 0xe05b,
  DISK_TABLE: 0xe401,
  CONFIGURATION: 0xe6f5,
  FLOPPY_TABLE: 0xefc7,
  VIDEO_PARAMETERS: 0xf0a4,
  FONT_8X8: 0xfa6e,
  INTERRUPT_VECTORS: 0xfef3,
  DUMMY_INTERRUPT: 0xff53,
  RESET: 0xfff0,
  DATE: 0xfff5,
  MODEL: 0xfffe,
} as const

/** PC AT. */
export const MODEL = 0xfc
export const SUBMODEL = 0x00
export const REVISION = 0x00
/** Date of this BIOS: what it does is that of a machine of this day. */
export const BIOS_DATE = '11/27/26'
