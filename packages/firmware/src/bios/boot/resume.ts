import { buildAcpiTables } from '../../acpi/tables.ts'
import { Bda } from '../bda.ts'
import { Cmos, readCmos, writeCmos } from '../cmos.ts'
import type { Context, Resume } from '../context.ts'
import { tablesBase } from '../system/memory-map.ts'
import { setMode } from '../video/mode-set.ts'
import { initializeChips } from './chips.ts'

/** What the CMOS shutdown byte asks of a reset (IBM PC AT Technical Reference, SHUTDOWN). */
const Shutdown = {
  /** INT 19h, without self test. */
  BOOT: 0x04,
  /** End of interrupt, then to the address at 0040:0067. */
  JUMP_WITH_EOI: 0x05,
  /** From a block move (INT 15h, AH=87h) in protected mode: IRET with its stack. */
  BLOCK_MOVE: 0x09,
  /** To the address at 0040:0067. */
  JUMP: 0x0a,
  /** The chip set's mark of a machine that wakes up from memory, as QEMU's has it. */
  WAKE: 0xfe,
} as const

const END_OF_INTERRUPT = 0x20

/** Undefined: an ordinary power-on. The byte holds for one reset. */
export function resumeAfterReset(context: Context): Resume {
  const { ports } = context
  const action = readCmos(ports, Cmos.SHUTDOWN)
  writeCmos(ports, Cmos.SHUTDOWN, 0)
  switch (action) {
    case Shutdown.BOOT:
      return { label: 'start' }
    case Shutdown.JUMP_WITH_EOI:
      ports.out8(0xa0, END_OF_INTERRUPT)
      ports.out8(0x20, END_OF_INTERRUPT)
      return jump(context)
    case Shutdown.JUMP:
      return jump(context)
    case Shutdown.BLOCK_MOVE:
      return returnFromBlockMove(context)
    case Shutdown.WAKE:
      return wake(context)
  }
  return undefined
}

function jump({ memory, registers: { cpu } }: Context): Resume {
  cpu.cs = memory.read16(Bda.RESUME_VECTOR + 2)
  cpu.eip = memory.read16(Bda.RESUME_VECTOR)
  return 'elsewhere'
}

/** 0040:0067 is SS:SP; on that stack are DS, ES, the general registers and an interrupt's frame, as the AT's BIOS pushed them. */
function returnFromBlockMove({ memory, registers }: Context): Resume {
  const { cpu } = registers
  cpu.ss = memory.read16(Bda.RESUME_VECTOR + 2)
  cpu.esp = memory.read16(Bda.RESUME_VECTOR)
  return { label: 'block-move-return' }
}

/** Offset of the firmware waking vector in the FACS (ACPI 5.2.10): a physical address, entered in real mode. */
const WAKING_VECTOR = 12

/** The chips have lost their power, memory has not: the operating system goes on where it asked to (ACPI 16.3.2). */
function wake(context: Context): Resume {
  const { memory, machine, registers } = context
  const base = tablesBase(machine)
  if (base === null || machine.acpi === null) return undefined
  const facs = buildAcpiTables(machine.acpi, base).addresses['FACS']
  const vector = facs === undefined ? 0 : memory.read32(facs + WAKING_VECTOR)
  if (vector === 0 || vector >= ONE_MIB) return undefined
  initializeChips(context)
  setMode(context, TEXT_MODE)
  registers.cpu.cs = vector >> 4
  registers.cpu.eip = vector & 0xf
  return 'elsewhere'
}

const ONE_MIB = 0x10_0000
const TEXT_MODE = 3
