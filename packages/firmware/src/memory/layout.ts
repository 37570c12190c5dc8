/**
 * Where the loader leaves its own things below 640 KiB. The image is loaded at 1 MiB and above (Multiboot images may ask for
 * lower addresses: then what is not fixed here moves).
 */

/** BIOS data area: serial port addresses, base memory size, EBDA segment. */
export const BDA_BASE = 0x400
export const GDT_BASE = 0x1000
/** The Linux "zero page". */
export const BOOT_PARAMS_BASE = 0x10000
export const COMMAND_LINE_BASE = 0x20000
export const COMMAND_LINE_SPACE = 0x10000
/** Page tables for a 64-bit kernel that starts without its own unpacker. */
export const PAGE_TABLES_BASE = 0x30000
/** Lowest address that Multiboot structures take. */
export const LOW_START = 0x2000

/** Extended BIOS data area: holds the ACPI tables, is reserved in every memory map. */
export const EBDA_BASE = 0x9e000
export const LOW_END = 0xa0000
export const HIGH_START = 0x100000
/** BIOS ROM area: here an operating system without other hints searches the RSDP (ACPI 5.2.5.1). */
export const BIOS_BASE = 0xf0000
export const FOUR_GIB = 0x1_0000_0000
export const PAGE = 0x1000
