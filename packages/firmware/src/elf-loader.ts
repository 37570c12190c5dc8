import type { ElfImage } from './elf.ts'
import { FirmwareError, hex } from './errors.ts'
import type { GuestWriter } from './memory/guest-writer.ts'
import type { MemoryPlan } from './memory/memory-plan.ts'

/** Takes the memory of every segment, or says which one has none. */
export function reserveSegments(plan: MemoryPlan, image: ElfImage, name: string): void {
  for (const { physical, memoryBytes } of image.segments) {
    if (!plan.take(physical, memoryBytes)) {
      throw new FirmwareError({
        kind: 'does-not-fit',
        what: `a segment of ${name}`,
        bytes: memoryBytes,
        where: `the free memory at ${hex(physical)}`,
      })
    }
  }
}

/** Copies what the file has of every segment and clears the rest. */
export function writeSegments(writer: GuestWriter, file: Uint8Array, image: ElfImage): void {
  for (const { offset, fileBytes, memoryBytes, physical } of image.segments) {
    writer.write(physical, file.subarray(offset, offset + fileBytes))
    writer.clear(physical + fileBytes, memoryBytes - fileBytes)
  }
}
