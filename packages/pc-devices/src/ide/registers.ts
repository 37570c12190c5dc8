/** ATA/ATAPI-6 (T13 1410D): command block registers, as offsets from 1F0h or 170h. */
export const Register = {
  DATA: 0,
  /** Read: error. Write: features. */
  ERROR_FEATURES: 1,
  /** For packets the read value is the interrupt reason. */
  SECTOR_COUNT: 2,
  LBA_LOW: 3,
  /** For packets: byte count. */
  LBA_MID: 4,
  LBA_HIGH: 5,
  DEVICE: 6,
  STATUS_COMMAND: 7,
} as const

export const Status = { BSY: 0x80, DRDY: 0x40, DF: 0x20, DSC: 0x10, DRQ: 0x08, ERR: 0x01 } as const
export const ErrorBit = { UNC: 0x40, IDNF: 0x10, ABRT: 0x04, DIAGNOSTIC_PASSED: 0x01 } as const
export const DeviceBit = { LBA: 0x40, DEV: 0x10, HEAD: 0x0f, OBSOLETE: 0xa0 } as const
export const Control = { HOB: 0x80, SRST: 0x04, NIEN: 0x02 } as const
/** Interrupt reason. */
export const Reason = { COMMAND: 0x01, TO_HOST: 0x02 } as const
/** What GET EVENT STATUS NOTIFICATION tells of the medium (MMC-3, 6.7.1.4). */
export const MediaEvent = { NONE: 0, EJECT_REQUEST: 1, NEW_MEDIUM: 2, REMOVAL: 3 } as const

export const Command = {
  NOP: 0x00,
  DEVICE_RESET: 0x08,
  RECALIBRATE: 0x10,
  READ_SECTORS: 0x20,
  READ_SECTORS_NO_RETRY: 0x21,
  READ_SECTORS_EXT: 0x24,
  READ_DMA_EXT: 0x25,
  READ_NATIVE_MAX_EXT: 0x27,
  READ_MULTIPLE_EXT: 0x29,
  WRITE_SECTORS: 0x30,
  WRITE_SECTORS_NO_RETRY: 0x31,
  WRITE_SECTORS_EXT: 0x34,
  WRITE_DMA_EXT: 0x35,
  WRITE_MULTIPLE_EXT: 0x39,
  READ_VERIFY: 0x40,
  READ_VERIFY_NO_RETRY: 0x41,
  READ_VERIFY_EXT: 0x42,
  SEEK: 0x70,
  EXECUTE_DIAGNOSTIC: 0x90,
  INITIALIZE_PARAMETERS: 0x91,
  PACKET: 0xa0,
  IDENTIFY_PACKET: 0xa1,
  READ_MULTIPLE: 0xc4,
  WRITE_MULTIPLE: 0xc5,
  SET_MULTIPLE: 0xc6,
  READ_DMA: 0xc8,
  READ_DMA_NO_RETRY: 0xc9,
  WRITE_DMA: 0xca,
  WRITE_DMA_NO_RETRY: 0xcb,
  STANDBY_IMMEDIATE: 0xe0,
  IDLE_IMMEDIATE: 0xe1,
  STANDBY: 0xe2,
  IDLE: 0xe3,
  CHECK_POWER: 0xe5,
  SLEEP: 0xe6,
  FLUSH: 0xe7,
  FLUSH_EXT: 0xea,
  IDENTIFY: 0xec,
  SET_FEATURES: 0xef,
  READ_NATIVE_MAX: 0xf8,
} as const

export const Feature = {
  ENABLE_WRITE_CACHE: 0x02,
  SET_TRANSFER_MODE: 0x03,
  DISABLE_READ_AHEAD: 0x55,
  DISABLE_WRITE_CACHE: 0x82,
  ENABLE_READ_AHEAD: 0xaa,
  /** Whether software reset returns to defaults: there are none to lose. */
  KEEP_DEFAULTS: 0x66,
  REVERT_DEFAULTS: 0xcc,
} as const

export const SECTOR_BYTES = 512
export const MULTIPLE_SECTORS = 16

/** INF-8020i / SFF-8020i and MMC-4: commands in packets. */
export const PacketCommand = {
  TEST_UNIT_READY: 0x00,
  REQUEST_SENSE: 0x03,
  INQUIRY: 0x12,
  START_STOP: 0x1b,
  PREVENT_REMOVAL: 0x1e,
  READ_CAPACITY: 0x25,
  READ_10: 0x28,
  SEEK_10: 0x2b,
  READ_TOC: 0x43,
  GET_CONFIGURATION: 0x46,
  GET_EVENT_STATUS: 0x4a,
  READ_DISC_INFORMATION: 0x51,
  MODE_SENSE_10: 0x5a,
  READ_12: 0xa8,
  MECHANISM_STATUS: 0xbd,
  READ_CD: 0xbe,
} as const
export const PACKET_BYTES = 12
export const CD_SECTOR_BYTES = 2048

/** Sense key, additional code, qualifier as one number. */
export const Sense = {
  NONE: 0x00_0000,
  NOT_READY_NO_MEDIUM: 0x02_3a00,
  UNRECOVERED_READ: 0x03_1100,
  INVALID_OPCODE: 0x05_2000,
  LBA_OUT_OF_RANGE: 0x05_2100,
  INVALID_FIELD: 0x05_2400,
  REMOVAL_PREVENTED: 0x05_5302,
  MEDIUM_CHANGED: 0x06_2800,
  DMA_FAILED: 0x0b_4700,
} as const

/** 82371SB (PIIX3), function 1: bus master registers of a channel, as offsets in its half of BAR 4. */
export const BusMaster = { COMMAND: 0, STATUS: 2, TABLE: 4 } as const
export const BusMasterCommand = { START: 0x01, TO_MEMORY: 0x08 } as const
export const BusMasterStatus = { ACTIVE: 0x01, ERROR: 0x02, INTERRUPT: 0x04, DRIVE_DMA: 0x60 } as const
export const PIIX3_IDE = {
  DEVICE_ID: 0x7010,
  /** Timing registers of both channels; bit 15 decodes the ports. */
  IDETIM: 0x40,
  DECODE: 0x8000,
} as const
