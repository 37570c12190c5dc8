import type { PhysicalMap } from '@mica-vm/machine-memory'
import { VmmError } from '../errors.ts'
import type { FirmwareImages, VmOptions } from '../types.ts'
import { requireFirmwareImages } from './firmware-images.ts'

const addressSpace = 2 ** 32
/** What the machine starts from: Mica's own BIOS, images of another, or nothing: a boot protocol starts its kernel. */
export function firmwareOf({ firmware, boot }: Pick<VmOptions, 'firmware' | 'boot'>): FirmwareImages | 'mica' | null {
  const choice = firmware ?? (boot === undefined ? 'mica' : null)
  if (choice === 'mica' && boot !== undefined) {
    throw new VmmError('bad-option', 'the firmware mica starts media; give the machine boot without firmware')
  }
  if (choice !== null && choice !== 'mica') requireFirmwareImages(choice)
  return choice
}

/** Puts a BIOS to the top of the address space. */
export function installBios(pages: PhysicalMap, bios: Uint8Array): void {
  pages.load(addressSpace - bios.length, bios)
}
