import { createPcPlatform, PC_ADDRESSES, type FwCfgItems, type PcEvents, type PcPlatform } from '@mica-vm/pc-devices'
import type { FirmwareKernel } from '@mica-vm/firmware'
import type { PhysicalMap } from '@mica-vm/machine-memory'
import type { MachineTime } from '../machine-time.ts'
import type { FirmwareImages, MachineOptions } from '../types.ts'
import { firmwareFiles, SUSPEND_TYPE } from './firmware-files.ts'
import type { Drives } from './media.ts'
import type { SliceTimers } from './slice-timers.ts'

export interface PlatformParts {
  readonly options: MachineOptions
  readonly timers: SliceTimers
  readonly time: MachineTime
  readonly pages: PhysicalMap
  readonly drives: Drives
  readonly hasVga: boolean
  /** Null: a boot protocol starts the kernel, and the platform is as firmware leaves it. */
  readonly firmware: FirmwareImages | null
  /** What that firmware starts instead of media. */
  readonly kernel: FirmwareKernel | null
  readonly events: PcEvents
  /** Tells when the guest's time-stamp counter reaches a value. */
  readonly tsc: { toNs: (counter: number) => number }
}

/** CMOS bytes that firmware reads, besides those of memory. */
const Cmos = { FloppyTypes: 0x10, Equipment: 0x14, BootOrder3: 0x38, BootOrder12: 0x3d } as const
/** Equipment byte: a coprocessor, and a PS/2 mouse. */
const coprocessorAndMouse = 0x06
const hasFloppies = 0x01
const secondFloppy = 0x40
/** ACPI's type of address ranges that are memory. */
const ramType = 1

/** The devices of a machine: those of every PC, and drives, VGA and what firmware asks for as the options say. */
export function createPlatform(parts: PlatformParts): PcPlatform {
  const { options, timers, time, pages, drives, hasVga, firmware, events, tsc } = parts
  const hasIde = firmware !== null || drives.ide.some((drive) => drive !== null)
  let platform: PcPlatform | null = null
  platform = createPcPlatform({
    timers,
    wallClock: time,
    memory: { belowFourGiBBytes: options.memory },
    serial: [],
    events,
    tsc,
    dmaMemory: pages,
    cmos: cmosOf(drives),
    vga: hasVga && { ...(firmware?.vgaBios && { rom: firmware.vgaBios }) },
    shadowAtReset: firmware ? 'pci' : 'memory',
    virtualWire: firmware === null,
    ...(drives.floppies.length > 0 && { floppy: drives.floppies.map(({ medium }) => medium) }),
    ...(hasIde && { ide: { primary: drives.ide.slice(0, 2), secondary: drives.ide.slice(2) } }),
    ...(firmware && {
      hpet: true,
      suspendTypes: [SUSPEND_TYPE],
      fwCfg: fwCfgItems(parts, () => platform?.pmBase ?? PC_ADDRESSES.pm1aEvent),
    }),
  })
  return platform
}

function fwCfgItems(parts: PlatformParts, pmBase: () => number): FwCfgItems {
  const { options, drives, hasVga, kernel } = parts
  return {
    ramBytes: options.memory,
    e820: [{ start: 0, length: options.memory, type: ramType }],
    ...(kernel && { kernel }),
    files: firmwareFiles({ drives, ramBytes: options.memory, hasVga, pmBase, kernelRom: kernel?.optionRom ?? null }),
  }
}

/** SeaBIOS and its kind take the boot order of old from here: a nibble for each try, 1 floppy, 2 disk, 3 CD-ROM. */
function cmosOf({ floppyTypes, floppies, bootOrder }: Drives): [number, number][] {
  const code = { floppy: 1, disk: 2, cdrom: 3 } as const
  const [first = 0, second = 0, third = 0] = bootOrder.map((device) => code[device])
  const floppyBits = floppies.length === 0 ? 0 : hasFloppies | (floppies.length > 1 ? secondFloppy : 0)
  return [
    [Cmos.FloppyTypes, floppyTypes],
    [Cmos.Equipment, coprocessorAndMouse | floppyBits],
    [Cmos.BootOrder12, first | (second << 4)],
    [Cmos.BootOrder3, third << 4],
  ]
}
