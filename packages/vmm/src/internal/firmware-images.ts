import { VmmError } from '../errors.ts'
import type { FirmwareImages } from '../types.ts'

const kib = 1024
const granularity = 64 * kib
const largestBios = 16 * 1024 * kib
const largestVgaBios = 64 * kib

/** Refuses images that no ROM socket takes. */
export function requireFirmwareImages({ bios, vgaBios }: FirmwareImages): void {
  if (bios.length === 0 || bios.length % granularity !== 0 || bios.length > largestBios) {
    const rule = 'must be a multiple of 64 KiB, at most 16 MiB'
    throw new VmmError('bad-option', `the BIOS image has ${bios.length} bytes; ${rule}`)
  }
  if (vgaBios === undefined) return
  if (vgaBios.length > largestVgaBios) {
    throw new VmmError('bad-option', `the VGA BIOS image has ${vgaBios.length} bytes; must be at most 64 KiB`)
  }
  // PCI Firmware Specification 3.0, section 5.1: an option ROM begins with 55h AAh.
  if (vgaBios[0] !== 0x55 || vgaBios[1] !== 0xaa) {
    throw new VmmError('bad-option', 'the VGA BIOS image is no option ROM: it does not begin with 55h AAh')
  }
}
