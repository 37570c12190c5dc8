/** VIRTIO 1.2, 5: the memory balloon. */
export const DEVICE_ID = 5

/** Feature bits (5.5.3). */
export const BalloonFeature = {
  /** The driver tells before it uses a page again. */
  MUST_TELL_HOST: 0,
  STATISTICS: 1,
  /** The driver takes pages back by itself before it kills a process for want of memory. */
  DEFLATE_ON_OOM: 2,
  FREE_PAGE_HINT: 3,
  /** The driver says what it fills free pages with. */
  PAGE_POISON: 4,
  FREE_PAGE_REPORTING: 5,
} as const

/** Offsets in configuration space (5.5.4): four little-endian words. */
export const Config = { NUM_PAGES: 0, ACTUAL: 4, HINT_COMMAND: 8, POISON: 12, BYTES: 16 } as const

/** Commands of free page hinting (5.5.6.6.1): what is above `DONE` names a round. */
export const HintCommand = { STOP: 0, DONE: 1, FIRST: 2 } as const

/** A page of the balloon, whatever the guest's own page size is (5.5.6). */
export const PAGE_BYTES = 4096

/** Sent for each statistic: a number of two bytes and a value of eight (5.5.6.4). */
export const STATISTIC_BYTES = 10
