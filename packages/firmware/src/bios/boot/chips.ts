import { Cmos, StatusB, readCmos, writeCmos } from '../cmos.ts'
import type { Context } from '../context.ts'
import { enableMouse, resetKeyboard } from '../keyboard/controller.ts'
import { assignResources } from '../pci/assign.ts'

/** Interrupt controllers, timer and DMA as the AT's BIOS leaves them (IBM PC AT Technical Reference): port and value. */
const CHIPS: readonly (readonly [port: number, value: number])[] = [
  [0x20, 0x11],
  [0x21, 0x08],
  [0x21, 0x04],
  [0x21, 0x01],
  [0xa0, 0x11],
  [0xa1, 0x70],
  [0xa1, 0x02],
  [0xa1, 0x01],
  // Timer, keyboard, cascade and diskette; clock, mouse, coprocessor and disk.
  [0x21, 0xb8],
  [0xa1, 0x8e],
  // Counter 0: 18.2 Hz. Counter 1: the refresh that DRAM once needed.
  [0x43, 0x36],
  [0x40, 0],
  [0x40, 0],
  [0x43, 0x54],
  [0x41, 0x12],
  // Channel 4 cascades the first DMA controller.
  [0xd6, 0xc0],
  [0xd4, 0x00],
  [0x61, 0x00],
  [0x92, 0x02],
]

/** Registers of the local APIC, by offset. */
const LocalApic = { SPURIOUS: 0xf0, LINT0: 0x350, LINT1: 0x360 } as const
const ENABLED = 0x1ff
const EXTERNAL = 0x700
const NMI = 0x400

/** Virtual wire mode (MP specification 1.4, 3.6.2.2): the local APIC lets the 8259s' interrupts and NMI through. RESET and INIT end it. */
export function enterVirtualWireMode({ machine, memory }: Context): void {
  const base = machine.acpi?.localApic
  if (base === undefined) return
  memory.write32(base + LocalApic.SPURIOUS, ENABLED)
  memory.write32(base + LocalApic.LINT0, EXTERNAL)
  memory.write32(base + LocalApic.LINT1, NMI)
}

/** Brings the chips from power-on to what software expects of a PC. */
export function initializeChips(context: Context): void {
  const { ports } = context
  assignResources(context)
  for (const [port, value] of CHIPS) ports.out8(port, value)
  resetKeyboard(ports)
  enableMouse(ports, false)
  writeCmos(ports, Cmos.STATUS_A, 0x26)
  writeCmos(ports, Cmos.STATUS_B, StatusB.HOURS_24)
  readCmos(ports, Cmos.STATUS_C)
  readCmos(ports, Cmos.STATUS_D)
}
