/** National Semiconductor PC16550D data sheet. Offsets from the base port. */
export const Register = {
  /** DLAB=0: receiver buffer (read), transmitter holding (write). DLAB=1: divisor, low byte. */
  RBR_THR: 0,
  /** DLAB=0: interrupt enable. DLAB=1: divisor, high byte. */
  IER: 1,
  /** Interrupt identification (read), FIFO control (write). */
  IIR_FCR: 2,
  LCR: 3,
  MCR: 4,
  LSR: 5,
  MSR: 6,
  SCR: 7,
} as const

export const Ier = { ERBFI: 0x01, ETBEI: 0x02, ELSI: 0x04, EDSSI: 0x08 } as const

/** Interrupt identification, highest priority first. */
export const Iir = {
  ReceiverLineStatus: 0x06,
  ReceivedDataAvailable: 0x04,
  CharacterTimeout: 0x0c,
  TransmitterEmpty: 0x02,
  ModemStatus: 0x00,
  NoInterrupt: 0x01,
  FIFOS_ENABLED: 0xc0,
} as const

export const Fcr = { ENABLE: 0x01, RESET_RECEIVER: 0x02, RESET_TRANSMITTER: 0x04, TRIGGER_SHIFT: 6 } as const
/** Receiver FIFO trigger levels by FCR bits 7..6. */
export const TRIGGER_LEVELS = [1, 4, 8, 14] as const
export const FIFO_BYTES = 16

export const Lcr = { WORD_LENGTH: 0x03, STOP: 0x04, PARITY: 0x08, BREAK: 0x40, DLAB: 0x80 } as const
export const Mcr = { DTR: 0x01, RTS: 0x02, OUT1: 0x04, OUT2: 0x08, LOOP: 0x10, WRITABLE: 0x1f } as const
export const Lsr = { DR: 0x01, OE: 0x02, PE: 0x04, FE: 0x08, BI: 0x10, THRE: 0x20, TEMT: 0x40, ERRORS: 0x1e } as const
export const Msr = {
  DCTS: 0x01,
  DDSR: 0x02,
  TERI: 0x04,
  DDCD: 0x08,
  CTS: 0x10,
  DSR: 0x20,
  RI: 0x40,
  DCD: 0x80,
} as const

/** 1.8432 MHz / 16. */
export const BAUD_BASE = 115_200
