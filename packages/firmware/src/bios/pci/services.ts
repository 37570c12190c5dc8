import type { Context, FunctionTable, Resume } from '../context.ts'
import { routingEntries, ROUTED_SLOTS } from '../structures/pir.ts'
import { linear } from '../registers.ts'
import {
  PciRegister,
  pciFunctions,
  readPci16,
  readPci32,
  readPci8,
  writePci16,
  writePci32,
  writePci8,
} from './config.ts'
import { linkIrqs } from './routing.ts'

/** Return codes (PCI BIOS Specification 2.1, section 3.10). */
const PciStatus = {
  SUCCESSFUL: 0x00,
  UNSUPPORTED: 0x81,
  BAD_VENDOR: 0x83,
  DEVICE_NOT_FOUND: 0x86,
  BAD_REGISTER: 0x87,
  SET_FAILED: 0x88,
  BUFFER_TOO_SMALL: 0x89,
} as const

const SIGNATURE = 0x2049_4350
const VERSION = 0x0210
/** Configuration and special cycles by mechanism #1. */
const MECHANISM_1 = 0x11
const NOBODY = 0xffff

function answer({ registers }: Context, status: number): Resume {
  registers.ah = status
  registers.carry = status !== PciStatus.SUCCESSFUL
}

function present(context: Context): Resume {
  const { registers } = context
  registers.cpu.edx = SIGNATURE
  registers.bx = VERSION
  registers.cl = 0
  registers.al = MECHANISM_1
  return answer(context, PciStatus.SUCCESSFUL)
}

/** The SI-th function that `matches`. */
function find(context: Context, matches: (deviceFunction: number) => boolean): Resume {
  const { registers, ports } = context
  let left = registers.si
  for (const deviceFunction of pciFunctions(ports)) {
    if (!matches(deviceFunction) || left-- > 0) continue
    registers.bx = deviceFunction
    return answer(context, PciStatus.SUCCESSFUL)
  }
  return answer(context, PciStatus.DEVICE_NOT_FOUND)
}

function findDevice(context: Context): Resume {
  const { registers, ports } = context
  if (registers.dx === NOBODY) return answer(context, PciStatus.BAD_VENDOR)
  const wanted = registers.cx * 0x10000 + registers.dx
  return find(context, (deviceFunction) => readPci32(ports, 0, deviceFunction, PciRegister.VENDOR) === wanted)
}

function findClass(context: Context): Resume {
  const { registers, ports } = context
  const wanted = registers.cpu.ecx & 0xff_ffff
  return find(context, (deviceFunction) => readPci32(ports, 0, deviceFunction, PciRegister.REVISION) >>> 8 === wanted)
}

/** Reads or writes a register of `bytes` bytes: BX names the function, DI the register. */
function access(
  bytes: 1 | 2 | 4,
  move: (context: Context, bus: number, deviceFunction: number, register: number) => void,
) {
  return (context: Context): Resume => {
    const { bh, bl, di } = context.registers
    if (di > 0xff || di % bytes !== 0) return answer(context, PciStatus.BAD_REGISTER)
    move(context, bh, bl, di)
    return answer(context, PciStatus.SUCCESSFUL)
  }
}

const TABLE_POINTER = 2

/** AX=B10Eh: the routing table, into the buffer that the structure at ES:DI names. */
function routingOptions(context: Context): Resume {
  const { registers, memory, machine } = context
  if (registers.cpu.mode === 'protected') return answer(context, PciStatus.UNSUPPORTED)
  const at = registers.inEs(registers.di)
  const entries = routingEntries(machine)
  const room = memory.read16(at)
  memory.write16(at, entries.length)
  if (room < entries.length) return answer(context, PciStatus.BUFFER_TOO_SMALL)
  const pointer = memory.read32(at + TABLE_POINTER)
  memory.store(linear(pointer >>> 16, pointer), entries)
  // Lines that PCI alone uses.
  registers.bx = linkIrqs(machine).reduce((mask, irq) => mask | (1 << irq), 0)
  return answer(context, PciStatus.SUCCESSFUL)
}

const FIRST_PIN = 0x0a
const LAST_PIN = 0x0d

/** AX=B10Fh: the operating system says that it has routed pin CL of function BX to interrupt CH. */
function setInterrupt(context: Context): Resume {
  const { registers, machine } = context
  const isPin = registers.cl >= FIRST_PIN && registers.cl <= LAST_PIN
  const isIt = isPin && registers.bl >> 3 < ROUTED_SLOTS && linkIrqs(machine).includes(registers.ch)
  return answer(context, isIt ? PciStatus.SUCCESSFUL : PciStatus.SET_FAILED)
}

const TABLE: FunctionTable = new Map([
  [0x01, present],
  [0x02, findDevice],
  [0x03, findClass],
  [0x08, access(1, ({ registers, ports }, ...at) => (registers.cl = readPci8(ports, ...at)))],
  [0x09, access(2, ({ registers, ports }, ...at) => (registers.cx = readPci16(ports, ...at)))],
  [0x0a, access(4, ({ registers, ports }, ...at) => (registers.cpu.ecx = readPci32(ports, ...at)))],
  [0x0b, access(1, ({ registers, ports }, ...at) => writePci8(ports, ...at, registers.cl))],
  [0x0c, access(2, ({ registers, ports }, ...at) => writePci16(ports, ...at, registers.cx))],
  [0x0d, access(4, ({ registers, ports }, ...at) => writePci32(ports, ...at, registers.cpu.ecx))],
  [0x0e, routingOptions],
  [0x0f, setInterrupt],
])

/** INT 1Ah, AH=B1h. Bit 7 of AL is what 32-bit programs set in some versions. */
export function pciService(context: Context): Resume {
  const service = TABLE.get(context.registers.al & 0x7f)
  return service ? service(context) : answer(context, PciStatus.UNSUPPORTED)
}

const PCI_FUNCTIONS = 0xb1

/** The same by the 32-bit entry, which knows nothing but PCI. */
export function pci32Service(context: Context): Resume {
  if (context.registers.ah !== PCI_FUNCTIONS) return answer(context, PciStatus.UNSUPPORTED)
  return pciService(context)
}
