import type { LinearMemory } from './linear-memory.ts'

/** The BIOS data area at 0040:0000, by linear address (IBM PS/2 and PC BIOS Interface Technical Reference, section 3). */
export const Bda = {
  COM_PORTS: 0x400,
  LPT_PORTS: 0x408,
  EBDA_SEGMENT: 0x40e,
  EQUIPMENT: 0x410,
  MEMORY_KIB: 0x413,
  SHIFT_FLAGS: 0x417,
  SHIFT_FLAGS_2: 0x418,
  ALT_KEYPAD: 0x419,
  KEY_HEAD: 0x41a,
  KEY_TAIL: 0x41c,
  KEY_BUFFER: 0x41e,
  FLOPPY_RECALIBRATED: 0x43e,
  FLOPPY_MOTOR: 0x43f,
  FLOPPY_MOTOR_TICKS: 0x440,
  FLOPPY_STATUS: 0x441,
  FLOPPY_RESULT: 0x442,
  VIDEO_MODE: 0x449,
  COLUMNS: 0x44a,
  PAGE_BYTES: 0x44c,
  PAGE_START: 0x44e,
  CURSORS: 0x450,
  CURSOR_SHAPE: 0x460,
  ACTIVE_PAGE: 0x462,
  CRTC_PORT: 0x463,
  CRT_MODE: 0x465,
  CRT_PALETTE: 0x466,
  RESUME_VECTOR: 0x467,
  TICKS: 0x46c,
  MIDNIGHT: 0x470,
  BREAK: 0x471,
  RESET_FLAG: 0x472,
  DISK_STATUS: 0x474,
  DISK_COUNT: 0x475,
  LPT_TIMEOUTS: 0x478,
  COM_TIMEOUTS: 0x47c,
  KEY_BUFFER_START: 0x480,
  KEY_BUFFER_END: 0x482,
  ROWS_LESS_ONE: 0x484,
  CHARACTER_HEIGHT: 0x485,
  VIDEO_CONTROL: 0x487,
  VIDEO_SWITCHES: 0x488,
  VGA_FLAGS: 0x489,
  DISPLAY_COMBINATION: 0x48a,
  FLOPPY_DATA_RATE: 0x48b,
  FLOPPY_CONTROLLER: 0x48f,
  FLOPPY_MEDIA: 0x490,
  FLOPPY_CYLINDER: 0x494,
  KEYBOARD_MODE: 0x496,
  KEYBOARD_LEDS: 0x497,
  WAIT_FLAG_ADDRESS: 0x498,
  WAIT_MICROSECONDS: 0x49c,
  WAIT_ACTIVE: 0x4a0,
  SAVE_POINTER: 0x4a8,
  PRINT_SCREEN: 0x500,
} as const

export const BDA_BASE = 0x400
export const BDA_BYTES = 0x100

/** Offsets in the EBDA. The mouse's are where IBM's PS/2 has them; those from 100h on are Mica's own. */
export const Ebda = {
  KIB: 0x00,
  MOUSE_HANDLER: 0x22,
  MOUSE_FLAGS_1: 0x26,
  MOUSE_FLAGS_2: 0x27,
  MOUSE_DATA: 0x28,
  /** Which entry of the boot list is next. */
  BOOT_INDEX: 0x100,
  /** Ticks until the speaker falls silent. */
  BEEP_TICKS: 0x101,
  /** Value of `RemovableDrive.changes` that the guest knows, per floppy and CD drive. */
  FLOPPY_CHANGES: 0x102,
  CD_CHANGES: 0x104,
  /** CD drives that the guest has locked. */
  CD_LOCKS: 0x108,
  /** Segment of the option ROM that is looked at next, in units of 2 KiB. */
  OPTION_ROM: 0x10c,
  /** Characters of a string that INT 10h, AH=13h has written so far. */
  STRING_PROGRESS: 0x114,
  /** Where the cursor was before it. */
  STRING_CURSOR: 0x116,
  /** Tick at which a serial port's wait ends; 0: nobody waits. */
  SERIAL_DEADLINE: 0x110,
  /** The specification packet of an El Torito boot, 13h bytes; its first byte is 0 without one. */
  EL_TORITO: 0x120,
  /** Sectors per track and heads of an emulated drive. */
  EMULATED_GEOMETRY: 0x134,
  /** Fixed disk parameter tables of disks 80h and 81h. */
  DISK_TABLES: 0x140,
  /** Heads and sectors per track of each hard disk, two bytes each. */
  DISK_GEOMETRY: 0x190,
  /** Device parameter table extension of the drive that was asked for last. */
  DEVICE_TABLE: 0x160,
} as const

/** Base memory ends where the EBDA begins: 1 KiB below 640 KiB, as long-standing software expects. */
export const EBDA_BASE = 0x9fc00
export const EBDA_KIB = 1

/** The EBDA as the data area names it: a guest may have moved it. */
export function ebda(memory: LinearMemory, offset: number): number {
  return memory.read16(Bda.EBDA_SEGMENT) * 16 + offset
}
