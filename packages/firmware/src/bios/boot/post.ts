import { Bda, BDA_BASE, BDA_BYTES, EBDA_BASE, EBDA_KIB, Ebda } from '../bda.ts'
import type { Context, Resume } from '../context.ts'
import { COMPATIBLE_ENTRIES, ROM_SEGMENT, RomOffset } from '../rom/layout.ts'
import { interruptLabel } from '../rom/programs.ts'
import { ticksOfDay } from '../system/clock-time.ts'
import { enterVirtualWireMode, initializeChips } from './chips.ts'
import { resumeAfterReset } from './resume.ts'
import { setUpDisks } from '../disk/set-up.ts'
import { placeTables } from '../structures/place.ts'
import { setMode } from '../video/mode-set.ts'
import { teletype } from '../video/teletype.ts'

const POST_PORT = 0x80
/** Codes on port 80h, as far as the power-on got. */
const PostCode = { CHIPS: 0x10, VECTORS: 0x20, VIDEO: 0x40, DISKS: 0x50, ROMS: 0x60 } as const

/** Base memory between the data area and where boot sectors are loaded: the stack until an operating system has its own. */
const STACK_TOP = 0x7c00

/** Power-on self test, or what a program wanted from a reset (CMOS shutdown byte). */
export function post(context: Context): Resume {
  enterVirtualWireMode(context)
  const resumed = resumeAfterReset(context)
  if (resumed !== undefined) return resumed
  const { ports, registers, memory } = context
  const code = (value: number): void => ports.out8(POST_PORT, value)
  registers.cpu.ss = 0
  registers.cpu.esp = STACK_TOP
  code(PostCode.CHIPS)
  initializeChips(context)
  code(PostCode.VECTORS)
  clearDataArea(context)
  setVectors(context)
  placeTables(context)
  memory.write32(Bda.TICKS, ticksOfDay(ports))
  code(PostCode.VIDEO)
  setMode(context, 3)
  for (const character of BANNER) teletype(context, character.charCodeAt(0), 7)
  code(PostCode.DISKS)
  setUpDisks(context)
  probeSerialPorts(context)
  code(PostCode.ROMS)
}

const BANNER = 'Mica BIOS\r\n\r\n'

function clearDataArea({ memory }: Context): void {
  memory.store(BDA_BASE, new Uint8Array(BDA_BYTES))
  memory.store(EBDA_BASE, new Uint8Array(EBDA_KIB * 1024))
  memory.write8(EBDA_BASE + Ebda.KIB, EBDA_KIB)
  memory.write16(Bda.EBDA_SEGMENT, EBDA_BASE >> 4)
  memory.write16(Bda.MEMORY_KIB, EBDA_BASE >> 10)
  memory.write16(Bda.KEY_HEAD, Bda.KEY_BUFFER - BDA_BASE)
  memory.write16(Bda.KEY_TAIL, Bda.KEY_BUFFER - BDA_BASE)
  memory.write16(Bda.KEY_BUFFER_START, Bda.KEY_BUFFER - BDA_BASE)
  memory.write16(Bda.KEY_BUFFER_END, Bda.KEY_BUFFER - BDA_BASE + 32)
  memory.write8(Bda.KEYBOARD_MODE, 0x10)
  for (let port = 0; port < 4; port += 1) {
    memory.write8(Bda.LPT_TIMEOUTS + port, 0x14)
    memory.write8(Bda.COM_TIMEOUTS + port, 0x0a)
  }
}

/** Interrupts that have handlers without a compatible address. */
const OTHER_HANDLERS = [0x18, 0x70, 0x71, 0x74, 0x75, 0x76]
/** Lines nobody serves: IRQ 3 to 5 and 7; IRQ 10, 11 and 15. */
const UNSERVED_LINES = [0x0a, 0x0b, 0x0c, 0x0d, 0x0f, 0x72, 0x73, 0x77]
/** Vectors of users (60h-66h) and of operating systems stay empty: programs look for a free one. */
const FIRST_USER_VECTOR = 0x60
const LAST_USER_VECTOR = 0x67

function setVectors({ memory, rom }: Context): void {
  const set = (vector: number, offset: number, segment = ROM_SEGMENT): void =>
    memory.write32(4 * vector, segment * 0x10000 + offset)
  for (let vector = 0; vector < 0x78; vector += 1) set(vector, RomOffset.DUMMY_INTERRUPT)
  for (let vector = FIRST_USER_VECTOR; vector <= LAST_USER_VECTOR; vector += 1) set(vector, 0, 0)
  for (let vector = 0x78; vector < 0x100; vector += 1) set(vector, 0, 0)
  for (const [vector, offset] of Object.entries(COMPATIBLE_ENTRIES)) set(Number(vector), offset)
  for (const vector of OTHER_HANDLERS) set(vector, rom.offsetOf(interruptLabel(vector)))
  for (const vector of UNSERVED_LINES) set(vector, rom.offsetOf('hardware-interrupt'))
  // INT 40h is the diskette's own entry, for fixed disk BIOSes; INT 42h the first video BIOS's.
  set(0x40, COMPATIBLE_ENTRIES[0x13]!)
  set(0x42, COMPATIBLE_ENTRIES[0x10]!)
  set(0x1d, RomOffset.VIDEO_PARAMETERS)
  set(0x1e, RomOffset.FLOPPY_TABLE)
}

const COM_PORTS = [0x3f8, 0x2f8, 0x3e8, 0x2e8]
const INTERRUPT_ENABLE = 1
const SCRATCH = 7
const SERIAL_COUNT_SHIFT = 9

/** A port is there where its interrupt enable register keeps what is written, and nothing else. */
function probeSerialPorts({ ports, memory }: Context): void {
  let count = 0
  for (const port of COM_PORTS) {
    ports.out8(port + INTERRUPT_ENABLE, 0x02)
    ports.out8(port + SCRATCH, 0x5a)
    const isThere = ports.in8(port + INTERRUPT_ENABLE) === 0x02
    ports.out8(port + INTERRUPT_ENABLE, 0)
    if (isThere) memory.write16(Bda.COM_PORTS + 2 * count++, port)
  }
  const equipment = memory.read16(Bda.EQUIPMENT)
  memory.write16(Bda.EQUIPMENT, equipment | (count << SERIAL_COUNT_SHIFT))
}
