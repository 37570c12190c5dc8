import { Bda } from '../bda.ts'
import type { Context, FunctionTable, Resume } from '../context.ts'
import { ROM_SEGMENT, RomOffset } from '../rom/layout.ts'
import { apmService } from './apm.ts'
import { cancelInterval, startInterval } from './clock.ts'
import { gateA20, moveBlock, queryAddressMap, queryExtendedSize, querySizes } from './memory-services.ts'
import { mouseService } from './mouse.ts'
import { enterProtectedMode } from './protected-mode.ts'

/** Function not there, as the AT's BIOS says it. */
const UNSUPPORTED = 0x86
const BUSY = 0x83
const ELAPSED = 0x80
const BDA_SEGMENT = 0x40

function unsupported({ registers }: Context): Resume {
  registers.ah = UNSUPPORTED
  registers.carry = true
}

function succeed({ registers }: Context): Resume {
  registers.ah = 0
  registers.carry = false
}

/** AH=83h: sets bit 7 of ES:BX after CX:DX microseconds (AL=0), or no longer (AL=1). */
function eventWait(context: Context): Resume {
  const { registers } = context
  if (registers.al === 1) {
    cancelInterval(context)
    return succeed(context)
  }
  if (registers.al > 1) return unsupported(context)
  const started = startInterval(context, registers.cx * 0x10000 + registers.dx, registers.cpu.es, registers.bx)
  registers.ah = started ? 0 : BUSY
  registers.carry = !started
}

/** AH=86h: returns after CX:DX microseconds. Bit 7 of the data area's own flag tells this call that it has begun, and has ended. */
function wait(context: Context): Resume {
  const { memory, registers } = context
  const state = memory.read8(Bda.WAIT_ACTIVE)
  const isOwn = memory.read32(Bda.WAIT_FLAG_ADDRESS) === BDA_SEGMENT * 0x10000 + (Bda.WAIT_ACTIVE & 0xff)
  if (isOwn && (state & 0x01) !== 0) return 'wait'
  if (isOwn && (state & ELAPSED) !== 0) {
    memory.write8(Bda.WAIT_ACTIVE, 0)
    memory.write32(Bda.WAIT_FLAG_ADDRESS, 0)
    return succeed(context)
  }
  const microseconds = registers.cx * 0x10000 + registers.dx
  if (startInterval(context, microseconds, BDA_SEGMENT, Bda.WAIT_ACTIVE & 0xff)) return 'wait'
  registers.ah = BUSY
  registers.carry = true
}

function configuration(context: Context): Resume {
  const { registers } = context
  succeed(context)
  registers.cpu.es = ROM_SEGMENT
  registers.bx = RomOffset.CONFIGURATION
}

function ebdaSegment(context: Context): Resume {
  const { memory, registers } = context
  registers.cpu.es = memory.read16(Bda.EBDA_SEGMENT)
  registers.carry = false
}

const EXTENDED: FunctionTable = new Map([
  [0x01, querySizes],
  [0x20, queryAddressMap],
])

const TABLE: FunctionTable = new Map([
  [0x24, gateA20],
  // The scan code is the handler's as it is: CF stays as INT 09h set it.
  [0x4f, ({ registers }) => void (registers.carry = true)],
  [0x52, succeed],
  [0x53, apmService],
  [0x80, succeed],
  [0x81, succeed],
  [0x82, succeed],
  [0x83, eventWait],
  [0x85, succeed],
  [0x86, wait],
  [0x87, moveBlock],
  [0x88, queryExtendedSize],
  [0x89, enterProtectedMode],
  [0x90, succeed],
  [0x91, succeed],
  [0xc0, configuration],
  [0xc1, ebdaSegment],
  [0xc2, mouseService],
  [0xe8, (context) => (EXTENDED.get(context.registers.al) ?? unsupported)(context)],
  // The operating system says in which mode it will run (AMD64).
  [0xec, (context) => (context.registers.al === 0 ? succeed : unsupported)(context)],
])

/** INT 15h. */
export function systemService(context: Context): Resume {
  return (TABLE.get(context.registers.ah) ?? unsupported)(context)
}
