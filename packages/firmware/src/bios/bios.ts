import type { Context, Resume, Service } from './context.ts'
import { LinearMemory } from './linear-memory.ts'
import { Ports } from './ports.ts'
import { Registers } from './registers.ts'
import { buildRom } from './rom/build.ts'
import { ROM_BASE, ROM_SEGMENT, TRAP_PORT } from './rom/layout.ts'
import type { ServiceName } from './rom/programs.ts'
import { TRAP_BYTES, type TrapPoint } from './rom/traps.ts'
import { SERVICES } from './services.ts'
import { machineParts } from './structures/parts.ts'
import type { BiosCpu, BiosOptions } from './types.ts'

const PAGE_MASK = 0xfff

/**
 * A PC's BIOS: a ROM of 64 KiB, and the services that its code calls by writing to `trapPort`. It keeps nothing of a guest's state
 * outside of the guest's own memory and devices.
 *
 * The owner puts `rom` at F0000h (and at the end of the address space, where a reset starts), attaches a device to `trapPort` that makes
 * the processor return, and then, between two instructions, calls `service`.
 *
 * ```ts
 * bus.attachPorts(bios.trapPort, 1, { readPort: () => 0xff, writePort: () => vcpu.requestExit() })
 * if (vcpu.run(budget) === VcpuExit.Requested) bios.service()
 * ```
 */
export class Bios {
  readonly trapPort: number = TRAP_PORT
  readonly #context: Context
  readonly #points: ReadonlyMap<number, TrapPoint<ServiceName>>

  constructor({ cpu, memory, ports, machine }: BiosOptions) {
    const linear = new LinearMemory(memory)
    const rom = buildRom(machineParts(machine))
    const registers = new Registers(cpu, linear)
    this.#context = { registers, memory: linear, ports: new Ports(ports), machine, rom }
    this.#points = new Map([...rom.traps.values()].map((point) => [point.retry + TRAP_BYTES, point]))
  }

  /** The ROM's 64 KiB, for F0000h. */
  get rom(): Uint8Array {
    return this.#context.rom.image
  }

  /**
   * Runs the service that the guest has just called, and moves the guest on. False, and nothing done, when the processor is not
   * behind a call in the ROM: whatever wrote to the port was not the ROM.
   */
  service(): boolean {
    const point = this.#pointOf(this.#context.registers.cpu)
    if (point === undefined) return false
    const service: Service = SERVICES[point.service]
    this.#resume(point, service(this.#context))
    return true
  }

  /** The ROM's code runs in real or virtual-8086 mode in its own segment; of its 32-bit code only a kernel's calls count. */
  #pointOf(cpu: BiosCpu): TrapPoint<ServiceName> | undefined {
    if (cpu.mode === 'protected') return this.#protectedPoint(cpu)
    const isRom = cpu.cs === ROM_SEGMENT && cpu.codeBase === ROM_BASE
    const point = isRom ? this.#points.get(cpu.eip) : undefined
    return point?.service === 'pci32' ? undefined : point
  }

  /**
   * A kernel may have mapped the ROM anywhere: it is the ROM where the instructions of the call stand, at their place in a page. A kernel
   * that copies them has called, too: it gets what it may do by itself.
   */
  #protectedPoint({ codeBase, eip, privilege }: BiosCpu): TrapPoint<ServiceName> | undefined {
    const { rom, memory } = this.#context
    const point = rom.traps.get('pci32')!
    const start = (codeBase + eip - TRAP_BYTES) >>> 0
    if (privilege !== 0 || ((start - point.retry) & PAGE_MASK) !== 0) return undefined
    const code = memory.bytes(start, point.done - point.retry)
    return code.every((byte, index) => byte === rom.image[point.retry + index]) ? point : undefined
  }

  #resume(point: TrapPoint<ServiceName>, resume: Resume): void {
    const { cpu } = this.#context.registers
    if (resume === 'elsewhere') return
    // From behind the call, wherever that is mapped, to behind what would repeat it.
    if (resume === undefined) cpu.eip = (cpu.eip + point.done - point.retry - TRAP_BYTES) >>> 0
    else if (resume === 'again') cpu.eip = point.retry
    else if (resume === 'wait') cpu.eip = point.wait
    else cpu.eip = this.#context.rom.offsetOf(resume.label)
  }
}
