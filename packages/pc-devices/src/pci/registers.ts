/** PCI Local Bus Specification 2.3, chapter 6 (configuration space, type 0 header) and 3.2.2.3.2 (mechanism #1). */
export const CONFIG_ADDRESS = 0xcf8
export const CONFIG_DATA = 0xcfc
export const CONFIG_ENABLE = 0x8000_0000

export const Config = {
  VENDOR_ID: 0x00,
  DEVICE_ID: 0x02,
  COMMAND: 0x04,
  STATUS: 0x06,
  REVISION_ID: 0x08,
  CLASS_CODE: 0x09,
  CACHE_LINE_SIZE: 0x0c,
  LATENCY_TIMER: 0x0d,
  HEADER_TYPE: 0x0e,
  BAR0: 0x10,
  SUBSYSTEM_VENDOR_ID: 0x2c,
  SUBSYSTEM_ID: 0x2e,
  EXPANSION_ROM: 0x30,
  CAPABILITIES: 0x34,
  INTERRUPT_LINE: 0x3c,
  INTERRUPT_PIN: 0x3d,
} as const

export const Command = {
  IO: 0x0001,
  MEMORY: 0x0002,
  MASTER: 0x0004,
  PARITY: 0x0040,
  SERR: 0x0100,
  INTERRUPT_DISABLE: 0x0400,
  WRITABLE: 0x0547,
} as const

export const Status = {
  INTERRUPT: 0x0008,
  CAPABILITIES: 0x0010,
  /** Error bits: writing 1 clears them. */
  CLEARABLE: 0xf900,
} as const

export const MULTI_FUNCTION = 0x80
/** Low bits of a BAR. */
export const Bar = { IO: 0x1, MEMORY_64: 0x4, PREFETCHABLE: 0x8 } as const
