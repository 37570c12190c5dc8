import { PciDevice, type PciWiring } from '../pci/device.ts'
import type { AccessSize, DmaMemory, Line, PortDevice, Stateful, Timers } from '../types.ts'
import { IdeChannel, type IdeDrive } from './channel.ts'
import { PIIX3_IDE } from './registers.ts'
import type { PiixIdeState } from './state.ts'

export interface PiixIdeOptions {
  timers: Timers
  /** Where bus masters read and write. */
  memory: DmaMemory
  /** Interrupts 14 and 15. */
  irq: (channel: 0 | 1) => Line
  /** Master and slave of the first cable, and of the second. */
  primary?: readonly (IdeDrive | null | undefined)[]
  secondary?: readonly (IdeDrive | null | undefined)[]
}

const COMMAND_BLOCKS = [0x1f0, 0x170] as const
const CONTROL_PORTS = [0x3f6, 0x376] as const

/** The IDE function of the PIIX3, in compatibility mode: 1F0h, 170h, interrupts 14 and 15; bus masters at BAR 4. */
export class PiixIde extends PciDevice implements Stateful<PiixIdeState> {
  readonly channels: readonly [IdeChannel, IdeChannel]

  constructor({ timers, memory, irq, primary = [], secondary = [] }: PiixIdeOptions) {
    const make = (drives: readonly (IdeDrive | null | undefined)[], index: 0 | 1): IdeChannel =>
      new IdeChannel({ timers, memory, irq: irq(index), drives, busMaster: () => this.busMaster })
    const channels = [make(primary, 0), make(secondary, 1)] as const
    super({ vendorId: 0x8086, deviceId: PIIX3_IDE.DEVICE_ID, classCode: 0x010180 }, [
      { index: 4, kind: 'io', sizeBytes: 16, device: busMasterPorts(channels) },
    ])
    this.channels = [channels[0], channels[1]]
    this.define(0x06, 2, 0x0280, 0, 0x3800)
    this.define(PIIX3_IDE.IDETIM, 4, 0x8000_8000, 0xffff_ffff)
    this.define(PIIX3_IDE.IDETIM + 4, 1, 0, 0xff)
  }

  override connect(wiring: PciWiring): void {
    super.connect(wiring)
    this.channels.forEach((channel, index) => {
      const base = COMMAND_BLOCKS[index]!
      wiring.bus.attachPorts(base, 8, {
        readPort: (port, size) => channel.readPort(port - base, size),
        writePort: (port, size, value) => channel.writePort(port - base, size, value),
      })
      wiring.bus.attachPorts(CONTROL_PORTS[index]!, 1, channel.controlPort)
    })
  }

  override snapshot(): PiixIdeState {
    return { ...super.snapshot(), channels: this.channels.map((channel) => channel.snapshot()) }
  }

  override restore(state: PiixIdeState): void {
    super.restore(state)
    this.channels.forEach((channel, index) => channel.restore(state.channels[index]!))
  }

  override reset(): void {
    super.reset()
    for (const channel of this.channels) channel.reset()
  }

  protected override configWritten(): void {
    for (const channel of this.channels ?? []) channel.pump()
  }
}

function busMasterPorts(channels: readonly [IdeChannel, IdeChannel]): PortDevice {
  const at = (port: number): IdeChannel => channels[port >> 3]!
  return {
    readPort: (port: number, size: AccessSize) => {
      let value = 0
      for (let i = 0; i < size && (port & 7) + i < 8; i++) value |= at(port).master.readByte((port & 7) + i) << (8 * i)
      return value >>> 0
    },
    writePort: (port, size, value) => at(port).master.write(port & 7, size, value),
  }
}
