import {
  loadLinux,
  loadMultiboot,
  PIIX_HARDWARE,
  type EntryState,
  type GuestMemory,
  type RamRange,
  type Screen,
} from '@mica-vm/firmware'
import { VmmError } from './errors.ts'
import type { BootSource } from './types.ts'

/** Multiboot Specification 0.6.96, section 3.1: the header lies on a 4-byte boundary in the first 8 KiB. */
const multibootMagic = 0x1badb002
const multibootSearch = 8192
/** Linux boot protocol: "HdrS" in the setup header. */
const linuxMagic = 0x53726448
const linuxMagicOffset = 0x202

export type BootProtocol = 'linux' | 'multiboot'

/** Which protocol starts an image. What is neither is left to the Linux loader, which says what is wrong with it. */
export function bootProtocolOf(kernel: Uint8Array): BootProtocol {
  const view = new DataView(kernel.buffer, kernel.byteOffset, kernel.byteLength)
  const word = (offset: number): number => view.getUint32(offset, true)
  if (kernel.length >= linuxMagicOffset + 4 && word(linuxMagicOffset) === linuxMagic) return 'linux'
  for (let at = 0; at + 12 <= Math.min(kernel.length, multibootSearch); at += 4) {
    if (word(at) === multibootMagic && ((word(at) + word(at + 4) + word(at + 8)) | 0) === 0) return 'multiboot'
  }
  return 'linux'
}

export interface LoadTarget {
  readonly memory: GuestMemory
  readonly ram: readonly RamRange[]
  readonly screen: Screen
}

/**
 * Puts the image into guest memory and answers the state in which its processor begins.
 * @throws FirmwareError when it cannot be booted in this memory; VmmError when the source contradicts itself.
 */
export function loadBootSource(boot: BootSource, { memory, ram, screen }: LoadTarget): EntryState {
  const { kernel, initrd, commandLine = '', modules = [], name } = boot
  const common = { memory, ram, kernel, commandLine, screen, acpi: PIIX_HARDWARE }
  if (bootProtocolOf(kernel) === 'multiboot') {
    if (initrd) throw new VmmError('bad-option', 'a Multiboot kernel takes no initrd: give it modules')
    return loadMultiboot({ ...common, modules, ...(name !== undefined && { name }) })
  }
  if (modules.length > 0) throw new VmmError('bad-option', 'a Linux kernel takes no modules: give it an initrd')
  return loadLinux({ ...common, ...(initrd && { initrd }) })
}
