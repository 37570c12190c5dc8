import type { Context } from '../context.ts'
import type { Ports } from '../ports.ts'
import {
  type DeviceFunction,
  PciRegister,
  pciFunctions,
  readPci16,
  readPci32,
  readPci8,
  writePci16,
  writePci32,
  writePci8,
} from './config.ts'
import { linkIrqs, linkOf } from './routing.ts'

/** Where base addresses are given from. */
interface Windows {
  io: number
  memory: number
}
const IO_END = 0x1_0000
const MEMORY_END = 0xfec0_0000
const FIRST: Readonly<Windows> = { io: 0xc000, memory: 0xe000_0000 }

const Command = { IO: 1, MEMORY: 2, MASTER: 4 } as const
const BAR_IO = 0x01
const BAR_64 = 0x04
const BARS = 6
const ISA_BRIDGE = 0x0601
const BRIDGE_ROUTES = 0x60
const EDGE_LEVEL = 0x4d0

/** Gives every base address register a place and every interrupt pin its line, and turns decoding on. */
export function assignResources(context: Context): void {
  const { ports } = context
  const windows = { ...FIRST }
  const irqs = linkIrqs(context.machine)
  for (const deviceFunction of pciFunctions(ports)) {
    if (isBridge(ports, deviceFunction)) routeInterrupts(context, deviceFunction, irqs)
    assignBars(ports, deviceFunction, windows)
    const pin = readPci8(ports, 0, deviceFunction, PciRegister.INTERRUPT_PIN)
    if (pin < 1 || pin > 4) continue
    // A device whose interrupt is wired elsewhere already says so.
    if (readPci8(ports, 0, deviceFunction, PciRegister.INTERRUPT_LINE) !== 0) continue
    writePci8(ports, 0, deviceFunction, PciRegister.INTERRUPT_LINE, irqs[linkOf(deviceFunction >> 3, pin)]!)
  }
}

function isBridge(ports: Ports, deviceFunction: DeviceFunction): boolean {
  return readPci16(ports, 0, deviceFunction, PciRegister.REVISION + 2) === ISA_BRIDGE
}

/** The PIIX's routes, and level-triggered lines for them and for ACPI's interrupt. */
function routeInterrupts({ ports, machine }: Context, bridge: DeviceFunction, irqs: readonly number[]): void {
  irqs.forEach((irq, link) => writePci8(ports, 0, bridge, BRIDGE_ROUTES + link, irq))
  const level = [...irqs, machine.acpi?.sci ?? 9].reduce((mask, irq) => mask | (1 << irq), 0)
  ports.out8(EDGE_LEVEL, ports.in8(EDGE_LEVEL) | (level & 0xff))
  ports.out8(EDGE_LEVEL + 1, ports.in8(EDGE_LEVEL + 1) | (level >> 8))
}

function assignBars(ports: Ports, deviceFunction: DeviceFunction, windows: Windows): void {
  // Bridges to other buses have two; none is here.
  if ((readPci8(ports, 0, deviceFunction, PciRegister.HEADER_TYPE) & 0x7f) !== 0) return
  const command = readPci16(ports, 0, deviceFunction, PciRegister.COMMAND)
  writePci16(ports, 0, deviceFunction, PciRegister.COMMAND, command & ~(Command.IO | Command.MEMORY))
  let enabled = command
  for (let bar = 0; bar < BARS; bar += 1) {
    const register = PciRegister.BAR0 + 4 * bar
    const before = readPci32(ports, 0, deviceFunction, register)
    writePci32(ports, 0, deviceFunction, register, 0xffff_ffff)
    const mask = readPci32(ports, 0, deviceFunction, register)
    writePci32(ports, 0, deviceFunction, register, before)
    const isIo = (mask & BAR_IO) !== 0
    const is64 = !isIo && (mask & BAR_64) !== 0
    const bits = (isIo ? mask & 0xfffc : mask & 0xffff_fff0) >>> 0
    if (is64) bar += 1
    if (bits === 0) continue
    const size = (bits & -bits) >>> 0
    const base = take(windows, isIo ? 'io' : 'memory', size)
    if (base < 0) continue
    writePci32(ports, 0, deviceFunction, register, base)
    if (is64) writePci32(ports, 0, deviceFunction, register + 4, 0)
    enabled |= isIo ? Command.IO : Command.MEMORY
  }
  writePci16(ports, 0, deviceFunction, PciRegister.COMMAND, enabled)
}

/** -1: the window is full. */
function take(windows: Windows, kind: keyof Windows, size: number): number {
  const base = Math.ceil(windows[kind] / size) * size
  if (base + size > (kind === 'io' ? IO_END : MEMORY_END)) return -1
  windows[kind] = base + size
  return base
}
