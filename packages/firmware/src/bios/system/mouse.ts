import { Ebda, ebda } from '../bda.ts'
import type { Context, FunctionTable, Resume } from '../context.ts'
import { enableMouse, mouseCommand } from '../keyboard/controller.ts'
import { linear } from '../registers.ts'
import { ROM_SEGMENT } from '../rom/layout.ts'

const DATA = 0x60
const STATUS = 0x64
const FROM_MOUSE = 0x21
/** First flags: which byte of a packet comes next. Second: its last byte's number, and whether there is a handler. */
const INDEX = 0x07
const HANDLER_SET = 0x80

const Command = {
  SCALING_1: 0xe6,
  SCALING_2: 0xe7,
  RESOLUTION: 0xe8,
  STATUS: 0xe9,
  IDENTIFY: 0xf2,
  SAMPLE_RATE: 0xf3,
  ENABLE: 0xf4,
  DISABLE: 0xf5,
  RESET: 0xff,
} as const
const SAMPLE_RATES = [10, 20, 40, 60, 80, 100, 200]

/** Answers in AH (IBM PS/2 and PC BIOS Interface Technical Reference, INT 15h, AH=C2h). */
const Answer = { DONE: 0, INVALID_FUNCTION: 1, INVALID_INPUT: 2, INTERFACE_ERROR: 3, NO_HANDLER: 5 } as const

function answer({ registers }: Context, code: number): Resume {
  registers.ah = code
  registers.carry = code !== Answer.DONE
}

/** INT 74h: gathers packets, and calls the guest's handler with a whole one: status, X, Y and 0 on the stack. */
export function mouseInterrupt(context: Context): Resume {
  const { memory, ports, registers } = context
  if ((ports.in8(STATUS) & FROM_MOUSE) !== FROM_MOUSE) return
  const byte = ports.in8(DATA)
  const flags = memory.read8(ebda(memory, Ebda.MOUSE_FLAGS_2))
  if (!(flags & HANDLER_SET)) return
  const index = memory.read8(ebda(memory, Ebda.MOUSE_FLAGS_1)) & INDEX
  const last = flags & INDEX
  memory.write8(ebda(memory, Ebda.MOUSE_DATA + index), byte)
  memory.write8(ebda(memory, Ebda.MOUSE_FLAGS_1), index < last ? index + 1 : 0)
  if (index < last) return
  for (const offset of [0, 1, 2]) registers.push(memory.read8(ebda(memory, Ebda.MOUSE_DATA + offset)))
  registers.push(0)
  registers.push(ROM_SEGMENT)
  registers.push(context.rom.offsetOf('mouse-return'))
  const handler = ebda(memory, Ebda.MOUSE_HANDLER)
  registers.cpu.cs = memory.read16(handler + 2)
  registers.cpu.eip = memory.read16(handler)
  return 'elsewhere'
}

/** Sends a command; what the mouse answered goes to `take`. */
function tell(context: Context, bytes: readonly number[], replies = 0, take?: (answer: number[]) => void): Resume {
  const reply = mouseCommand(context.ports, bytes, replies)
  if (reply) take?.(reply)
  return answer(context, reply ? Answer.DONE : Answer.INTERFACE_ERROR)
}

function enable(context: Context): Resume {
  const { memory, ports, registers } = context
  const { bh } = registers
  if (bh > 1) return answer(context, Answer.INVALID_INPUT)
  if (bh === 1 && !(memory.read8(ebda(memory, Ebda.MOUSE_FLAGS_2)) & HANDLER_SET))
    return answer(context, Answer.NO_HANDLER)
  memory.write8(ebda(memory, Ebda.MOUSE_FLAGS_1), 0)
  if (bh === 1) {
    enableMouse(ports, true)
    const SLAVE_MASK = 0xa1
    ports.out8(SLAVE_MASK, ports.in8(SLAVE_MASK) & ~0x10)
    return tell(context, [Command.ENABLE])
  }
  const told = tell(context, [Command.DISABLE])
  enableMouse(ports, false)
  return told
}

function reset(context: Context): Resume {
  const { memory, registers } = context
  memory.write8(ebda(memory, Ebda.MOUSE_FLAGS_1), 0)
  return tell(context, [Command.RESET], 2, ([result = 0, id = 0]) => {
    registers.bl = result
    registers.bh = id
  })
}

function setSampleRate(context: Context): Resume {
  const rate = SAMPLE_RATES[context.registers.bh]
  return rate === undefined ? answer(context, Answer.INVALID_INPUT) : tell(context, [Command.SAMPLE_RATE, rate])
}

function setResolution(context: Context): Resume {
  const { bh } = context.registers
  return bh > 3 ? answer(context, Answer.INVALID_INPUT) : tell(context, [Command.RESOLUTION, bh])
}

/** BH: bytes of a packet, 1 to 8. */
function initialize(context: Context): Resume {
  const { memory, registers } = context
  const { bh } = registers
  if (bh < 1 || bh > 8) return answer(context, Answer.INVALID_INPUT)
  const at = ebda(memory, Ebda.MOUSE_FLAGS_2)
  memory.write8(at, (memory.read8(at) & HANDLER_SET) | (bh - 1))
  return reset(context)
}

function extended(context: Context): Resume {
  const { registers } = context
  if (registers.bh === 1) return tell(context, [Command.SCALING_1])
  if (registers.bh === 2) return tell(context, [Command.SCALING_2])
  if (registers.bh !== 0) return answer(context, Answer.INVALID_INPUT)
  return tell(context, [Command.STATUS], 3, ([status = 0, resolution = 0, rate = 0]) => {
    registers.bl = status
    registers.cl = resolution
    registers.dl = rate
  })
}

function setHandler(context: Context): Resume {
  const { memory, registers } = context
  const { es } = registers.cpu
  memory.write16(ebda(memory, Ebda.MOUSE_HANDLER), registers.bx)
  memory.write16(ebda(memory, Ebda.MOUSE_HANDLER) + 2, es)
  const at = ebda(memory, Ebda.MOUSE_FLAGS_2)
  const isSet = linear(es, registers.bx) !== 0
  memory.write8(at, isSet ? memory.read8(at) | HANDLER_SET : memory.read8(at) & ~HANDLER_SET)
  return answer(context, Answer.DONE)
}

const TABLE: FunctionTable = new Map([
  [0x00, enable],
  [0x01, reset],
  [0x02, setSampleRate],
  [0x03, setResolution],
  [0x04, (context) => tell(context, [Command.IDENTIFY], 1, ([id = 0]) => void (context.registers.bh = id))],
  [0x05, initialize],
  [0x06, extended],
  [0x07, setHandler],
])

/** INT 15h, AH=C2h. */
export function mouseService(context: Context): Resume {
  const service = TABLE.get(context.registers.al)
  return service ? service(context) : answer(context, Answer.INVALID_FUNCTION)
}
