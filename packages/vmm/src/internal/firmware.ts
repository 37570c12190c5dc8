import type { PhysicalMap } from '@mica-vm/machine-memory'
import { VmmError } from '../errors.ts'
import type { FirmwareImages, VmOptions } from '../types.ts'
import { requireFirmwareImages } from './firmware-images.ts'

const addressSpace = 2 ** 32
/** The images that the machine's ROMs hold; null: it has none, a boot protocol starts its kernel. */
export function firmwareOf({ firmware, boot }: Pick<VmOptions, 'firmware' | 'boot'>): FirmwareImages | null {
  const choice = firmware ?? (boot === undefined ? 'mica' : null)
  if (choice === null) return null
  if (choice === 'mica') {
    throw new VmmError(
      'bad-option',
      'this machine has nothing to start from: give it boot, or firmware with a BIOS image',
    )
  }
  requireFirmwareImages(choice)
  return choice
}

/** Puts a BIOS to the top of the address space. */
export function installBios(pages: PhysicalMap, bios: Uint8Array): void {
  pages.load(addressSpace - bios.length, bios)
}
