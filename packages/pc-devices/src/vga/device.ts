import { packBytes, unpackBytes } from '../internal/packed-bytes.ts'
import { PciDevice, type PciWiring } from '../pci/device.ts'
import type { AccessSize, MmioDevice, PortDevice, Stateful, Timers } from '../types.ts'
import { VideoMemory } from './memory.ts'
import { initialRegisters, VgaRegisterFile } from './register-file.ts'
import { Port, Vbe, VBE_INDEX_PORT, VBE_PORTS, WINDOW_BASE, WINDOW_BYTES } from './registers.ts'
import { Screen } from './screen.ts'
import type { VgaState } from './state.ts'
import { VbeRegisters } from './vbe.ts'

export interface VgaOptions {
  /** For the position of the beam. */
  timers: Pick<Timers, 'nowNs'>
  /** A power of two of 1 MiB..256 MiB. Default 16 MiB. */
  memoryBytes?: number
  /** Where video memory lies, `memoryBytes` long, if it shall be the caller's. Default: an array of its own. */
  memory?: Uint8Array
  /** The VGA BIOS, as the card's expansion ROM. */
  rom?: Uint8Array
}

const MIB = 2 ** 20
/** Offsets in the register BAR: VGA ports from 3C0h on, and the dispi registers. */
const REGISTER_BAR = { VGA: 0x400, VGA_END: 0x420, DISPI: 0x500, BYTES: 0x1000 } as const

/**
 * A VGA with the Bochs extensions, as a PCI function (1234:1111): BAR 0 is the frame buffer, BAR 2 the registers once more.
 * @example
 * const vga = new Vga({ timers })
 * pci.attach(2, vga)
 */
export class Vga extends PciDevice implements Stateful<VgaState> {
  readonly registers: VgaRegisterFile
  readonly vbe: VbeRegisters
  readonly memory: VideoMemory
  readonly screen: Screen

  constructor({ timers, memoryBytes = 16 * MIB, memory, rom }: VgaOptions) {
    if (!(memoryBytes >= MIB && memoryBytes <= 256 * MIB) || Math.log2(memoryBytes) % 1 !== 0) {
      throw new RangeError(`memoryBytes must be a power of two of 1 MiB..256 MiB, got ${memoryBytes}`)
    }
    if (memory && memory.length !== memoryBytes) {
      throw new RangeError(`memory must have memoryBytes = ${memoryBytes} bytes, got ${memory.length}`)
    }
    const registers = new VgaRegisterFile(timers, () => screen.touch())
    const vbe = new VbeRegisters(memoryBytes, (clearBytes) => {
      if (clearBytes > 0) video.fill(clearBytes)
      registers.dac8Bit = vbe.dac8Bit
      screen.touch()
    })
    const bytes = memory ?? new Uint8Array(memoryBytes)
    const video = new VideoMemory(bytes, memory !== undefined, registers, vbe)
    const screen = new Screen(registers, video, vbe)
    super({ vendorId: 0x1234, deviceId: 0x1111, classCode: 0x030000, revisionId: 2, ...(rom && { rom }) }, [
      { index: 0, kind: 'memory', sizeBytes: memoryBytes, prefetchable: true, device: video.linear },
      { index: 2, kind: 'memory', sizeBytes: REGISTER_BAR.BYTES, device: registerBar(registers, vbe) },
    ])
    this.registers = registers
    this.vbe = vbe
    this.memory = video
    this.screen = screen
  }

  /** Besides the BARs: the ports and the window at A0000h, which no register moves. */
  override connect(wiring: PciWiring): void {
    super.connect(wiring)
    const { bus } = wiring
    bus.attachPorts(Port.MONO_CRTC_INDEX, 2, this.registers)
    bus.attachPorts(Port.MONO_STATUS_1, 1, this.registers)
    bus.attachPorts(Port.ATTRIBUTE, 16, this.registers)
    bus.attachPorts(Port.COLOR_CRTC_INDEX, 2, this.registers)
    bus.attachPorts(Port.COLOR_STATUS_1, 1, this.registers)
    bus.attachPorts(VBE_INDEX_PORT, VBE_PORTS, this.vbe)
    bus.attachMmio(WINDOW_BASE, WINDOW_BYTES, this.memory.window)
  }

  override snapshot(): VgaState {
    return {
      ...super.snapshot(),
      registers: this.registers.snapshot(),
      vbe: this.vbe.snapshot(),
      latches: [...this.memory.latches],
      memory: packBytes(this.memory.bytes),
    }
  }

  override restore(state: VgaState): void {
    super.restore(state)
    this.registers.restore(state.registers)
    this.vbe.restore(state.vbe)
    this.memory.latches = [...state.latches]
    unpackBytes(state.memory, this.memory.bytes)
    this.memory.usedPages.fill(1)
  }

  /** Power-on: every register zero, memory cleared. */
  override reset(): void {
    super.reset()
    this.registers.restore(initialRegisters())
    this.vbe.reset()
    this.memory.latches = [0, 0, 0, 0]
    this.memory.clear()
  }
}

/** Every access is taken apart to what the ports behind it know. */
function registerBar(registers: PortDevice, vbe: VbeRegisters): MmioDevice {
  return {
    mmioWidth: 2,
    readMmio: (offset, size) => {
      if (offset >= REGISTER_BAR.VGA && offset < REGISTER_BAR.VGA_END) {
        const port = Port.ATTRIBUTE + offset - REGISTER_BAR.VGA
        const low = registers.readPort(port, 1)
        return size === 1 ? low : low | (registers.readPort(port + 1, 1) << 8)
      }
      const index = (offset - REGISTER_BAR.DISPI) >> 1
      if (index < 0 || index > Vbe.VIDEO_MEMORY_64K || offset & 1) return 0
      return vbe.readRegister(index)
    },
    writeMmio: (offset, size: AccessSize, value) => {
      if (offset >= REGISTER_BAR.VGA && offset < REGISTER_BAR.VGA_END) {
        const port = Port.ATTRIBUTE + offset - REGISTER_BAR.VGA
        registers.writePort(port, 1, value & 0xff)
        if (size > 1) registers.writePort(port + 1, 1, value >> 8)
        return
      }
      const index = (offset - REGISTER_BAR.DISPI) >> 1
      if (size === 2 && index >= 0 && index <= Vbe.VIDEO_MEMORY_64K && !(offset & 1)) vbe.writeRegister(index, value)
    },
  }
}
