import { buildFirmwareKernel, type FirmwareKernel } from '@mica-vm/firmware'
import { bootProtocolOf } from '../boot-source.ts'
import { VmmError } from '../errors.ts'
import type { FirmwareImages, MachineOptions } from '../types.ts'

/** ELF's magic number, little-endian. */
const elf = [0x7f, 0x45, 0x4c, 0x46]

/** A kernel that firmware of another starts, in the parts that it fetches; null where there is none. @throws VmmError, FirmwareError */
export function firmwareKernelOf(
  { boot, memory }: Pick<MachineOptions, 'boot' | 'memory'>,
  firmware: FirmwareImages | 'mica' | null,
): FirmwareKernel | null {
  if (boot === undefined || firmware === null || firmware === 'mica') return null
  const { kernel, initrd, commandLine } = boot
  const isElf = elf.every((byte, index) => kernel[index] === byte)
  if (isElf || bootProtocolOf(kernel) !== 'linux') {
    throw new VmmError(
      'bad-option',
      'firmware starts a kernel by its 16-bit boot protocol: give it a bzImage (vmlinuz)',
    )
  }
  return buildFirmwareKernel({
    kernel,
    ramBytes: memory,
    ...(initrd && { initrd }),
    ...(commandLine !== undefined && { commandLine }),
  })
}
