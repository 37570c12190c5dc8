import { Bda, Ebda, ebda } from '../bda.ts'
import type { Context, FunctionTable, Resume } from '../context.ts'

const Uart = {
  DATA: 0,
  INTERRUPT_ENABLE: 1,
  LINE_CONTROL: 3,
  MODEM_CONTROL: 4,
  LINE_STATUS: 5,
  MODEM_STATUS: 6,
} as const
const DIVISOR_ACCESS = 0x80
const LineStatus = { DATA_READY: 0x01, ERRORS: 0x1e, HOLDING_EMPTY: 0x20 } as const
const DTR_RTS = 0x03
const DTR = 0x01
const TIMED_OUT = 0x80
/** Divisors of 1.8432 MHz / 16 for 110 to 9600 baud, by bits 5-7 of AL. */
const DIVISORS = [1047, 768, 384, 192, 96, 48, 24, 12]
/** The extended call (AH=04h) goes on: 19200, then steps to 115200. */
const MORE_DIVISORS = [6, 3, 2, 1]
const TICKS_PER_TIMEOUT = 18

function basePort({ memory, registers }: Context): number {
  return registers.dx < 4 ? memory.read16(Bda.COM_PORTS + 2 * registers.dx) : 0
}

function setLine({ ports }: Context, base: number, divisor: number, control: number): void {
  ports.out8(base + Uart.LINE_CONTROL, control | DIVISOR_ACCESS)
  ports.out8(base + Uart.DATA, divisor & 0xff)
  ports.out8(base + Uart.INTERRUPT_ENABLE, divisor >> 8)
  ports.out8(base + Uart.LINE_CONTROL, control)
  ports.out8(base + Uart.INTERRUPT_ENABLE, 0)
}

function status({ ports, registers }: Context, base: number): void {
  registers.ah = ports.in8(base + Uart.LINE_STATUS)
  registers.al = ports.in8(base + Uart.MODEM_STATUS)
}

function initialize(context: Context): Resume {
  const base = basePort(context)
  const { al } = context.registers
  setLine(context, base, DIVISORS[al >> 5]!, al & 0x1f)
  status(context, base)
}

/** Waits until `ready` bits of the line status are set; false while it waits, null once the data area's timeout is over. */
function awaitLine({ memory, ports, registers }: Context, base: number, ready: number): boolean | null {
  const at = ebda(memory, Ebda.SERIAL_DEADLINE)
  if (ports.in8(base + Uart.LINE_STATUS) & ready) {
    memory.write32(at, 0)
    return true
  }
  const ticks = memory.read32(Bda.TICKS)
  const deadline = memory.read32(at)
  const patience = memory.read8(Bda.COM_TIMEOUTS + registers.dx) * TICKS_PER_TIMEOUT
  // A deadline that is out of reach is from before midnight, or from nobody.
  if (deadline === 0 || deadline > ticks + patience) {
    memory.write32(at, ticks + Math.max(1, patience))
    return false
  }
  if (ticks < deadline) return false
  memory.write32(at, 0)
  return null
}

function send(context: Context): Resume {
  const base = basePort(context)
  const { ports, registers } = context
  ports.out8(base + Uart.MODEM_CONTROL, ports.in8(base + Uart.MODEM_CONTROL) | DTR_RTS)
  const ready = awaitLine(context, base, LineStatus.HOLDING_EMPTY)
  if (ready === false) return 'wait'
  if (ready) ports.out8(base + Uart.DATA, registers.al)
  registers.ah = (ports.in8(base + Uart.LINE_STATUS) & ~TIMED_OUT) | (ready ? 0 : TIMED_OUT)
}

function receive(context: Context): Resume {
  const base = basePort(context)
  const { ports, registers } = context
  ports.out8(base + Uart.MODEM_CONTROL, ports.in8(base + Uart.MODEM_CONTROL) | DTR)
  const ready = awaitLine(context, base, LineStatus.DATA_READY)
  if (ready === false) return 'wait'
  registers.ah = (ports.in8(base + Uart.LINE_STATUS) & LineStatus.ERRORS) | (ready ? 0 : TIMED_OUT)
  if (ready) registers.al = ports.in8(base + Uart.DATA)
}

/** AH=04h: AL break, BH parity, BL stop bits, CH word length, CL speed. */
function initializeExtended(context: Context): Resume {
  const base = basePort(context)
  const { al, bh, bl, ch, cl } = context.registers
  const divisor = [...DIVISORS, ...MORE_DIVISORS][cl] ?? 12
  const parity = [0x00, 0x08, 0x18, 0x28, 0x38][bh] ?? 0
  setLine(context, base, divisor, (ch & 3) | (bl ? 0x04 : 0) | parity | (al ? 0x40 : 0))
  status(context, base)
}

/** AH=05h: the modem control register, read (AL=0) or written (AL=1). */
function modemControl(context: Context): Resume {
  const base = basePort(context)
  const { ports, registers } = context
  if (registers.al === 0) registers.bl = ports.in8(base + Uart.MODEM_CONTROL)
  else if (registers.al === 1) ports.out8(base + Uart.MODEM_CONTROL, registers.bl)
  status(context, base)
}

const TABLE: FunctionTable = new Map([
  [0x00, initialize],
  [0x01, send],
  [0x02, receive],
  [0x03, (context) => status(context, basePort(context))],
  [0x04, initializeExtended],
  [0x05, modemControl],
])

/** INT 14h. A port that is not there times out; a function that is not there changes nothing. */
export function serialService(context: Context): Resume {
  const service = TABLE.get(context.registers.ah)
  if (!service) return
  if (basePort(context) === 0) {
    context.registers.ah = TIMED_OUT
    return
  }
  return service(context)
}
