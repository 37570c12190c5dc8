import type { Bus } from '../bus.ts'
import { FwCfg } from '../fw-cfg/device.ts'
import type { FwCfgItems } from '../fw-cfg/items.ts'
import { Port as FwCfgPort } from '../fw-cfg/registers.ts'
import type { FwCfgState } from '../fw-cfg/state.ts'
import type { IdeDrive } from '../ide/channel.ts'
import { PiixIde } from '../ide/device.ts'
import type { PiixIdeState } from '../ide/state.ts'
import type { PciHost } from '../pci/host.ts'
import type { DmaMemory, Line, Stateful, Timers } from '../types.ts'
import { Vga, type VgaOptions } from '../vga/device.ts'
import type { VgaState } from '../vga/state.ts'

/** Devices that systems started by firmware need. Each is absent by default. */
export interface FirmwareDeviceOptions {
  /** Guest memory for IDE and fw_cfg, which reach it by themselves. */
  dmaMemory?: DmaMemory
  /** A VGA in the first free PCI slot after the bridges. */
  vga?: boolean | Omit<VgaOptions, 'timers'>
  /** The two IDE channels at 00:01.1, master and slave of each. */
  ide?: { primary?: readonly (IdeDrive | null)[]; secondary?: readonly (IdeDrive | null)[] }
  /** Items for the firmware. */
  fwCfg?: FwCfgItems
}

export interface FirmwareDevicesState {
  vga: VgaState | null
  ide: PiixIdeState | null
  fwCfg: FwCfgState | null
}

export interface FirmwareDeviceWiring {
  bus: Bus
  pci: PciHost
  timers: Timers
  irq: (irq: number) => Line
}

const VGA_SLOT = 2
const ISA_BRIDGE_SLOT = 1

function required(memory: DmaMemory | undefined, device: string): DmaMemory {
  if (memory === undefined) throw new RangeError(`${device} needs dmaMemory, got ${memory}`)
  return memory
}

/** The optional devices that an option asked for, on the platform's bus. */
export class FirmwareDevices implements Stateful<FirmwareDevicesState> {
  readonly vga: Vga | undefined
  readonly ide: PiixIde | undefined
  readonly fwCfg: FwCfg | undefined

  constructor(options: FirmwareDeviceOptions, { bus, pci, timers, irq }: FirmwareDeviceWiring) {
    const { dmaMemory, vga, ide, fwCfg } = options
    if (ide) {
      const memory = required(dmaMemory, 'ide')
      this.ide = new PiixIde({ timers, memory, irq: (channel) => irq(14 + channel), ...ide })
      pci.attach(ISA_BRIDGE_SLOT, this.ide, 1)
    }
    if (vga) {
      this.vga = new Vga({ timers, ...(vga === true ? {} : vga) })
      pci.attach(VGA_SLOT, this.vga)
    }
    if (fwCfg) {
      this.fwCfg = new FwCfg({ ...fwCfg, memory: required(dmaMemory, 'fwCfg') })
      bus.attachPorts(FwCfgPort.SELECTOR, 2, this.fwCfg)
      bus.attachPorts(FwCfgPort.DMA_HIGH, 8, this.fwCfg)
    }
  }

  snapshot(): FirmwareDevicesState {
    return {
      vga: this.vga?.snapshot() ?? null,
      ide: this.ide?.snapshot() ?? null,
      fwCfg: this.fwCfg?.snapshot() ?? null,
    }
  }

  restore(state: FirmwareDevicesState): void {
    if (state.vga) this.vga?.restore(state.vga)
    if (state.ide) this.ide?.restore(state.ide)
    if (state.fwCfg) this.fwCfg?.restore(state.fwCfg)
  }

  reset(): void {
    this.vga?.reset()
    this.ide?.reset()
    this.fwCfg?.reset()
  }
}
