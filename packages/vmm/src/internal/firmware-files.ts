import type { BootDevice } from '../types.ts'
import type { Drives } from './media.ts'

/** Open Firmware names of the places where drives are, as QEMU's file `bootorder` has them. */
const floppyPath = (unit: number): string => `/pci@i0cf8/isa@1/fdc@03f0/floppy@${unit}`
const idePath = (place: number): string => `/pci@i0cf8/ide@1,1/drive@${place >> 1}/disk@${place & 1}`

/** The files of fw_cfg that tell firmware what there is. */
export function firmwareFiles(drives: Drives): Record<string, Uint8Array | string> {
  const order = drives.bootOrder.flatMap((device) => pathsOf(device, drives))
  return { ...(order.length > 0 && { bootorder: `${order.join('\n')}\0` }) }
}

function pathsOf(device: BootDevice, { kinds, floppies }: Drives): string[] {
  if (device === 'floppy') return (floppies ?? []).map((_, unit) => floppyPath(unit))
  return kinds.flatMap((kind, place) => (kind === device ? [idePath(place)] : []))
}
