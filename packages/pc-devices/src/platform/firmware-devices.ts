import type { Bus } from '../bus.ts'
import { FwCfg } from '../fw-cfg/device.ts'
import type { FwCfgItems } from '../fw-cfg/items.ts'
import { Port as FwCfgPort } from '../fw-cfg/registers.ts'
import type { FwCfgState } from '../fw-cfg/state.ts'
import type { IdeDrive } from '../ide/channel.ts'
import { PiixIde } from '../ide/device.ts'
import type { PiixIdeState } from '../ide/state.ts'
import { Hpet } from '../hpet/device.ts'
import { HPET_BYTES } from '../hpet/registers.ts'
import type { HpetState } from '../hpet/state.ts'
import { I8237 } from '../i8237/device.ts'
import { FIRST_CHIP, FIRST_PAGE, SECOND_CHIP } from '../i8237/registers.ts'
import type { I8237State } from '../i8237/state.ts'
import { I82077 } from '../i82077/device.ts'
import { FLOPPY_IRQ, Port as FloppyPort } from '../i82077/registers.ts'
import type { I82077State } from '../i82077/state.ts'
import type { BlockStore } from '../ide/block-store.ts'
import type { PciHost } from '../pci/host.ts'
import type { DmaMemory, Line, Stateful, Timers } from '../types.ts'
import { PC_ADDRESSES } from './addresses.ts'
import { Vga, type VgaOptions } from '../vga/device.ts'
import type { VgaState } from '../vga/state.ts'

/** Devices that systems started by firmware need. Each is absent by default. */
export interface FirmwareDeviceOptions {
  /** Guest memory for IDE, floppy and fw_cfg, which reach it by themselves. */
  dmaMemory?: DmaMemory
  /** A VGA in the first free PCI slot after the bridges. */
  vga?: boolean | Omit<VgaOptions, 'timers'>
  /** The two IDE channels at 00:01.1, master and slave of each. */
  ide?: { primary?: readonly (IdeDrive | null)[]; secondary?: readonly (IdeDrive | null)[] }
  /** Floppy controller with drives A and B (null: an empty drive), and with it the DMA controllers. */
  floppy?: readonly (BlockStore | null)[]
  /** Event timers at FED00000h. */
  hpet?: boolean
  /** See `PcPlatformOptions`. */
  shortestEdgeNs?: number
  /** Items for the firmware. */
  fwCfg?: FwCfgItems
}

export interface FirmwareDevicesState {
  vga: VgaState | null
  ide: PiixIdeState | null
  floppy: { controller: I82077State; dma: I8237State } | null
  fwCfg: FwCfgState | null
  hpet: HpetState | null
}

export interface FirmwareDeviceWiring {
  bus: Bus
  pci: PciHost
  timers: Timers
  irq: (irq: number) => Line
  /** A pin of the I/O APIC. */
  pin: (pin: number, level: boolean) => void
  /** The HPET took interrupts 0 and 8 from timer and clock chip, or gave them back. */
  onLegacyTimers: (taken: boolean) => void
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
  readonly floppy: I82077 | undefined
  readonly dma: I8237 | undefined
  readonly fwCfg: FwCfg | undefined
  readonly hpet: Hpet | undefined

  constructor(options: FirmwareDeviceOptions, wiring: FirmwareDeviceWiring) {
    const { bus, pci, timers, irq } = wiring
    const { dmaMemory, vga, ide, floppy, fwCfg } = options
    if (ide) {
      const memory = required(dmaMemory, 'ide')
      this.ide = new PiixIde({ timers, memory, irq: (channel) => irq(14 + channel), ...ide })
      pci.attach(ISA_BRIDGE_SLOT, this.ide, 1)
    }
    if (vga) {
      this.vga = new Vga({ timers, ...(vga === true ? {} : vga) })
      pci.attach(VGA_SLOT, this.vga)
    }
    if (floppy) {
      this.dma = new I8237(required(dmaMemory, 'floppy'))
      this.floppy = new I82077({ dma: this.dma, irq: irq(FLOPPY_IRQ), drives: floppy })
      bus.attachPorts(FIRST_CHIP, 16, this.dma)
      bus.attachPorts(SECOND_CHIP, 32, this.dma)
      // Port 80h is the power-on self test's.
      bus.attachPorts(FIRST_PAGE + 1, 15, this.dma)
      bus.attachPorts(FloppyPort.SRA, 6, this.floppy)
      bus.attachPorts(FloppyPort.DIR_CCR, 1, this.floppy)
    }
    if (fwCfg) {
      this.fwCfg = new FwCfg({ ...fwCfg, memory: required(dmaMemory, 'fwCfg') })
      bus.attachPorts(FwCfgPort.SELECTOR, 2, this.fwCfg)
      bus.attachPorts(FwCfgPort.DMA_HIGH, 8, this.fwCfg)
    }
    if (options.hpet) this.hpet = makeHpet(options, wiring)
  }

  snapshot(): FirmwareDevicesState {
    return {
      vga: this.vga?.snapshot() ?? null,
      ide: this.ide?.snapshot() ?? null,
      floppy: this.floppy && this.dma ? { controller: this.floppy.snapshot(), dma: this.dma.snapshot() } : null,
      fwCfg: this.fwCfg?.snapshot() ?? null,
      hpet: this.hpet?.snapshot() ?? null,
    }
  }

  restore(state: FirmwareDevicesState): void {
    if (state.vga) this.vga?.restore(state.vga)
    if (state.ide) this.ide?.restore(state.ide)
    if (state.floppy) {
      this.dma?.restore(state.floppy.dma)
      this.floppy?.restore(state.floppy.controller)
    }
    if (state.fwCfg) this.fwCfg?.restore(state.fwCfg)
    if (state.hpet) this.hpet?.restore(state.hpet)
  }

  reset(): void {
    this.vga?.reset()
    this.ide?.reset()
    this.dma?.reset()
    this.floppy?.reset()
    this.fwCfg?.reset()
    this.hpet?.reset()
  }
}

function makeHpet({ shortestEdgeNs }: FirmwareDeviceOptions, wiring: FirmwareDeviceWiring): Hpet {
  const legacy = new Map([0, 8].map((irq) => [irq, wiring.irq(irq)]))
  const hpet = new Hpet({
    timers: wiring.timers,
    interrupt: (target, level) => {
      if ('isa' in target) legacy.get(target.isa)?.(level)
      else wiring.pin(target.pin, level)
    },
    onLegacy: wiring.onLegacyTimers,
    ...(shortestEdgeNs === undefined ? {} : { shortestEdgeNs }),
  })
  wiring.bus.attachMmio(PC_ADDRESSES.hpet, HPET_BYTES, hpet)
  return hpet
}
