import type { Context, FunctionTable, Resume } from '../context.ts'
import { ROM_SEGMENT } from '../rom/layout.ts'

/** Answers of the APM interface (APM 1.2, appendix A). */
const ApmError = { UNRECOGNIZED_DEVICE: 0x09, NO_EVENT: 0x80 } as const
const SIGNATURE = 0x504d
const VERSION_MINOR = 2
/** 16- and 32-bit protected mode. */
const FLAGS = 0x0003
const SEGMENT_BYTES = 0xffff
const ALL_DEVICES = 1
const OFF = 3
const PM1A_CONTROL = 0x604
const SOFT_OFF = 0x2000

function succeed({ registers }: Context): Resume {
  registers.ah = 0
  registers.carry = false
}

function fail({ registers }: Context, code: number): void {
  registers.ah = code
  registers.carry = true
}

function check(context: Context): Resume {
  const { registers } = context
  registers.ax = 0x0100 | VERSION_MINOR
  registers.bx = SIGNATURE
  registers.cx = FLAGS
  registers.carry = false
}

function connect16(context: Context): Resume {
  const { registers, rom } = context
  succeed(context)
  registers.ax = ROM_SEGMENT
  registers.bx = rom.offsetOf('apm16')
  registers.cx = ROM_SEGMENT
  registers.si = SEGMENT_BYTES
  registers.di = SEGMENT_BYTES
}

function connect32(context: Context): Resume {
  const { registers, rom } = context
  succeed(context)
  registers.ax = ROM_SEGMENT
  registers.cpu.ebx = rom.offsetOf('apm32')
  registers.cx = ROM_SEGMENT
  registers.dx = ROM_SEGMENT
  registers.cpu.esi = SEGMENT_BYTES * 0x10000 + SEGMENT_BYTES
  registers.di = SEGMENT_BYTES
}

function setState(context: Context): Resume {
  const { registers, ports } = context
  if (registers.bx !== ALL_DEVICES) return fail(context, ApmError.UNRECOGNIZED_DEVICE)
  if (registers.cx === OFF) ports.out16(PM1A_CONTROL, SOFT_OFF)
  return succeed(context)
}

/** On line; no battery. */
function powerStatus(context: Context): Resume {
  const { registers } = context
  succeed(context)
  registers.bx = 0x01ff
  registers.cx = 0x80ff
  registers.dx = 0xffff
  registers.si = 0
}

const TABLE: FunctionTable = new Map([
  [0x00, check],
  [0x01, succeed],
  [0x02, connect16],
  [0x03, connect32],
  [0x04, succeed],
  [
    0x05,
    (context) => {
      succeed(context)
      return { label: 'idle' }
    },
  ],
  [0x06, succeed],
  [0x07, setState],
  [0x08, succeed],
  [0x0a, powerStatus],
  [0x0b, (context) => fail(context, ApmError.NO_EVENT)],
  [0x0d, succeed],
  [0x0e, (context) => (succeed(context), void (context.registers.ax = 0x0100 | VERSION_MINOR))],
  [0x0f, succeed],
])

/** INT 15h, AH=53h: power management, as far as a machine without batteries and sleep needs it. */
export function apmService(context: Context): Resume {
  const service = TABLE.get(context.registers.al)
  return service ? service(context) : fail(context, 0x86)
}
