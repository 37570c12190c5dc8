/** Feature bits (5.2.3). */
export const BlockFeature = {
  SIZE_MAX: 1,
  SEG_MAX: 2,
  RO: 5,
  BLK_SIZE: 6,
  FLUSH: 9,
  TOPOLOGY: 10,
  DISCARD: 13,
  WRITE_ZEROES: 14,
} as const

/** Configuration space (5.2.4). */
export const Config = {
  CAPACITY: 0,
  SIZE_MAX: 8,
  SEG_MAX: 12,
  BLK_SIZE: 20,
  PHYSICAL_BLOCK_EXPONENT: 24,
  OPTIMAL_IO_SIZE: 28,
  QUEUES: 34,
  MAX_DISCARD_SECTORS: 36,
  MAX_DISCARD_SEGMENTS: 40,
  DISCARD_ALIGNMENT: 44,
  MAX_WRITE_ZEROES_SECTORS: 48,
  MAX_WRITE_ZEROES_SEGMENTS: 52,
  BYTES: 60,
} as const

/** Kinds of requests, and what came of them (5.2.6). */
export const Request = { IN: 0, OUT: 1, FLUSH: 4, GET_ID: 8, DISCARD: 11, WRITE_ZEROES: 13 } as const
export const Outcome = { OK: 0, IO_ERROR: 1, UNSUPPORTED: 2 } as const

/** Kind, reserved, sector. */
export const HEADER_BYTES = 16
/** What a driver gets for GET_ID. */
export const ID_BYTES = 20
/** A stretch to discard or zero: sector, number of sectors, flags. */
export const RANGE_BYTES = 16
/** Sectors of the protocol, whatever the disk's own. */
export const SECTOR_BYTES = 512
