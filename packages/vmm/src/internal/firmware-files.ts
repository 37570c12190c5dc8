import { buildAcpiLoaderFiles, buildSmbiosFiles, PIIX_HARDWARE, PIIX_HPET, type AcpiHardware } from '@mica-vm/firmware'
import type { FwCfgFile } from '@mica-vm/pc-devices'
import type { BootDevice } from '../types.ts'
import type { Drives } from './media.ts'

/** Open Firmware names of the places where drives are, as QEMU's file `bootorder` has them. */
const floppyPath = (unit: number): string => `/pci@i0cf8/isa@1/fdc@03f0/floppy@${unit}`
const idePath = (place: number): string => `/pci@i0cf8/ide@1,1/drive@${place >> 1}/disk@${place & 1}`

/** SeaBIOS looks for option ROMs of no device under this name. */
const kernelRomFile = 'genroms/linux.rom'

/** SLP_TYP of suspend to memory. */
export const SUSPEND_TYPE = 1

/** Offsets of the ACPI registers in the power management block. */
const controlOffset = 4
const timerOffset = 8
const gpeOffset = 12

export interface FirmwareFilesParts {
  readonly drives: Drives
  readonly ramBytes: number
  readonly hasVga: boolean
  /** Where firmware has put the power management block, now. */
  readonly pmBase: () => number
  /** Boots a kernel, before any medium. */
  readonly kernelRom: Uint8Array | null
}

/** The files of fw_cfg that tell firmware what there is. */
export function firmwareFiles({
  drives,
  ramBytes,
  hasVga,
  pmBase,
  kernelRom,
}: FirmwareFilesParts): Record<string, FwCfgFile> {
  const media = drives.bootOrder.flatMap((device) => pathsOf(device, drives))
  const order = kernelRom ? [`/rom@${kernelRomFile}`, ...media] : media
  const hardware = (base: number): AcpiHardware => ({
    ...PIIX_HARDWARE,
    hpet: PIIX_HPET,
    vga: hasVga,
    s3SleepType: SUSPEND_TYPE,
    pm1aEvent: base,
    pm1aControl: base + controlOffset,
    pmTimer: base + timerOffset,
    gpe0: base + gpeOffset,
  })
  const { files, tablesFor } = buildAcpiLoaderFiles(hardware(PIIX_HARDWARE.pm1aEvent))
  return {
    ...files,
    ...buildSmbiosFiles({ ramBytes }),
    'etc/acpi/tables': () => tablesFor(hardware(pmBase())),
    // A card that lost its power while the machine slept is set up again.
    'etc/s3-resume-vga-init': Uint8Array.of(1),
    ...(kernelRom && { [kernelRomFile]: kernelRom }),
    ...(order.length > 0 && { bootorder: `${order.join('\n')}\0` }),
  }
}

function pathsOf(device: BootDevice, { floppies, disks, cdroms }: Drives): string[] {
  if (device === 'floppy') return floppies.map((_, unit) => floppyPath(unit))
  const drives = device === 'disk' ? disks : cdroms
  return drives
    .map(({ place }) => place)
    .sort()
    .map(idePath)
}
