import { Bda } from '../bda.ts'
import type { Context, Resume } from '../context.ts'

const STATUS = 1
const CONTROL = 2
const Control = { STROBE: 0x01, INITIALIZE: 0x04, SELECT: 0x08 } as const
/** Bits that the port has the other way round, and those it has not. */
const STATUS_INVERTED = 0x48
const STATUS_BITS = 0xf8
const BUSY = 0x80
const TIMED_OUT = 0x01
const PORTS = 3

/** INT 17h: a parallel port, as far as the data area names one. Without one every call times out. */
export function printer({ memory, ports, registers }: Context): Resume {
  const { ah, al, dx } = registers
  if (ah > 2) return
  const base = dx < PORTS ? memory.read16(Bda.LPT_PORTS + 2 * dx) : 0
  if (base === 0) {
    registers.ah = TIMED_OUT
    return
  }
  let timedOut = 0
  if (ah === 0) {
    timedOut = ports.in8(base + STATUS) & BUSY ? 0 : TIMED_OUT
    ports.out8(base, al)
    ports.out8(base + CONTROL, Control.SELECT | Control.INITIALIZE | Control.STROBE)
    ports.out8(base + CONTROL, Control.SELECT | Control.INITIALIZE)
  } else if (ah === 1) {
    ports.out8(base + CONTROL, Control.SELECT)
    ports.out8(base + CONTROL, Control.SELECT | Control.INITIALIZE)
  }
  registers.ah = ((ports.in8(base + STATUS) ^ STATUS_INVERTED) & STATUS_BITS) | timedOut
}

const PRINT_FAILED = 0xff

/** INT 05h: prints the screen. Without a printer it says that it could not, in the byte at 0050:0000. */
export function printScreen({ memory }: Context): Resume {
  memory.write8(Bda.PRINT_SCREEN, PRINT_FAILED)
}
