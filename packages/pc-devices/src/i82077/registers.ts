/** Intel 82077AA: ports 3F0h..3F5h and 3F7h, AT mode. */
export const Port = {
  SRA: 0x3f0,
  SRB: 0x3f1,
  DOR: 0x3f2,
  TDR: 0x3f3,
  MSR_DSR: 0x3f4,
  FIFO: 0x3f5,
  DIR_CCR: 0x3f7,
} as const
export const Dor = { DRIVE: 0x03, NOT_RESET: 0x04, DMA_GATE: 0x08 } as const
export const Dsr = { SOFTWARE_RESET: 0x80 } as const
export const Msr = { RQM: 0x80, DIO: 0x40, NDM: 0x20, BUSY: 0x10 } as const
export const DISK_CHANGE = 0x80
export const FLOPPY_DMA = 2
export const FLOPPY_IRQ = 6

export const St0 = { ABNORMAL: 0x40, INVALID: 0x80, POLLING: 0xc0, SEEK_END: 0x20, EQUIPMENT_CHECK: 0x10 } as const
export const St1 = {
  END_OF_CYLINDER: 0x80,
  DATA_ERROR: 0x20,
  OVERRUN: 0x10,
  NO_DATA: 0x04,
  NOT_WRITABLE: 0x02,
  MISSING_ADDRESS: 0x01,
} as const
export const St2 = { DATA_ERROR: 0x20, WRONG_CYLINDER: 0x10 } as const
export const St3 = { WRITE_PROTECTED: 0x40, READY: 0x20, TRACK_0: 0x10, TWO_SIDES: 0x08 } as const

/** Commands without their MT, MFM and SK bits. */
export const Command = {
  READ_TRACK: 0x02,
  SPECIFY: 0x03,
  SENSE_DRIVE: 0x04,
  WRITE: 0x05,
  READ: 0x06,
  RECALIBRATE: 0x07,
  SENSE_INTERRUPT: 0x08,
  WRITE_DELETED: 0x09,
  READ_ID: 0x0a,
  READ_DELETED: 0x0c,
  FORMAT: 0x0d,
  DUMPREG: 0x0e,
  SEEK: 0x0f,
  VERSION: 0x10,
  PERPENDICULAR: 0x12,
  CONFIGURE: 0x13,
  LOCK: 0x14,
  VERIFY: 0x16,
} as const

/** Bytes of each command, itself included; what is not here is invalid. */
export const COMMAND_BYTES: ReadonlyMap<number, number> = new Map([
  [Command.READ_TRACK, 9],
  [Command.SPECIFY, 3],
  [Command.SENSE_DRIVE, 2],
  [Command.WRITE, 9],
  [Command.READ, 9],
  [Command.RECALIBRATE, 2],
  [Command.SENSE_INTERRUPT, 1],
  [Command.WRITE_DELETED, 9],
  [Command.READ_ID, 2],
  [Command.READ_DELETED, 9],
  [Command.FORMAT, 6],
  [Command.DUMPREG, 1],
  [Command.SEEK, 3],
  [Command.VERSION, 1],
  [Command.PERPENDICULAR, 2],
  [Command.CONFIGURE, 4],
  [Command.LOCK, 1],
  [Command.VERIFY, 9],
])
export const MULTI_TRACK = 0x80
export const IMPLIED_SEEK = 0x40
export const VERSION_82077 = 0x90
