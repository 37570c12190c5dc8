/** Intel 8237A: registers as offsets (the second chip's are two ports apart). */
export const Register = {
  STATUS_COMMAND: 8,
  REQUEST: 9,
  MASK_ONE: 10,
  MODE: 11,
  CLEAR_FLIP_FLOP: 12,
  MASTER_CLEAR: 13,
  CLEAR_MASKS: 14,
  MASK_ALL: 15,
} as const
export const DISABLED = 0x04
export const Mode = {
  TYPE: 0x0c,
  TO_MEMORY: 0x04,
  FROM_MEMORY: 0x08,
  AUTO: 0x10,
  DECREMENT: 0x20,
  CASCADE: 0xc0,
} as const
export const FIRST_CHIP = 0x00
export const SECOND_CHIP = 0xc0
export const FIRST_PAGE = 0x80
/** Channel of each page register 80h..8Fh, -1 for those that are mere memory. Channel 4 is the cascade. */
export const PAGE_CHANNELS: readonly number[] = [-1, 2, 3, 1, -1, -1, -1, 0, -1, 6, 7, 5, -1, -1, -1, 4]
