import { PciDevice } from '../pci/device.ts'
import type { PciHost } from '../pci/host.ts'
import { Config, Command } from '../pci/registers.ts'
import type { AccessSize } from '../types.ts'
import { PC_ADDRESSES } from './addresses.ts'

/** The part of the PCI host that firmware's enumeration needs. */
export type PciEnumeration = Pick<PciHost, 'functions'>

/**
 * What firmware does at power-on: gives every BAR an address, every INTx pin its interrupt line, and turns decoding on.
 * Functions that are not `PciDevice`s are left to the guest. BARs that find no room stay unassigned.
 */
export function assignPciResources(host: PciEnumeration): void {
  const windows = { io: { ...PC_ADDRESSES.pciPorts } as Window, memory: { ...PC_ADDRESSES.pciMmio } as Window }
  for (const { slot, device } of host.functions) {
    if (!(device instanceof PciDevice)) continue
    let command = device.readConfig(Config.COMMAND, 2)
    for (const bar of device.bars) {
      const base = take(windows[bar.kind], bar.sizeBytes)
      if (base < 0) continue
      const register = Config.BAR0 + 4 * bar.index
      device.writeConfig(register, 4, base)
      if (bar.wide) device.writeConfig(register + 4, 4, 0)
      command |= bar.kind === 'io' ? Command.IO : Command.MEMORY
    }
    device.writeConfig(Config.COMMAND, 2, command)
    const pin = device.interruptPin
    if (pin > 0 && device.readConfig(Config.INTERRUPT_LINE, 1) === 0) {
      device.writeConfig(Config.INTERRUPT_LINE, 1 satisfies AccessSize, PC_ADDRESSES.pirqIrqs[(slot + pin + 2) & 3]!)
    }
  }
}

interface Window {
  start: number
  end: number
}

function take(window: Window, sizeBytes: number): number {
  const base = Math.ceil(window.start / sizeBytes) * sizeBytes
  if (base + sizeBytes > window.end) return -1
  window.start = base + sizeBytes
  return base
}
