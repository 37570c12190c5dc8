import type { MemoryRange } from '@mica-vm/machine-memory'
import type { RamRange } from '@mica-vm/firmware'
import { VmmError } from '../errors.ts'
import { TEXT_MEMORY } from '../text-screen.ts'

const kib = 1024
const mib = kib * kib
const addressSpace = 2 ** 32
/** Between them lie a PC's video memory and option ROMs' place; the part from C0000h on is RAM here, for tables. */
const videoStart = 640 * kib
const videoEnd = 768 * kib
/** PCI devices begin here. */
const largest = 3584 * mib
const granularity = 64 * kib

/** Refuses sizes that no machine here has. */
export function requireGuestMemory(bytes: number): void {
  if (Number.isInteger(bytes) && bytes >= mib && bytes <= largest && bytes % granularity === 0) return
  throw new VmmError('bad-option', `memory is ${bytes} bytes; give a guest 1 MiB to 3584 MiB, in steps of 64 KiB`)
}

/** What is memory in the guest's physical address space, besides RAM. */
export interface MemoryLayout {
  /** Of RAM. */
  readonly bytes: number
  readonly hasTextPage: boolean
  /** Of the ROM at the top of the address space; 0: none. */
  readonly biosBytes: number
}

/** What is memory in the guest's physical address space. */
export function memoryRanges({ bytes, hasTextPage, biosBytes }: MemoryLayout): MemoryRange[] {
  const ranges: MemoryRange[] = [
    { start: 0, length: videoStart, kind: 'ram' },
    { start: videoEnd, length: bytes - videoEnd, kind: 'ram' },
  ]
  if (hasTextPage) ranges.push({ ...TEXT_MEMORY, kind: 'ram' })
  if (biosBytes > 0) ranges.push({ start: addressSpace - biosBytes, length: biosBytes, kind: 'rom' })
  return ranges
}

/** What the guest is told of; the loaders know that nothing between 640 KiB and 1 MiB is to be used. */
export function ramRanges(bytes: number): RamRange[] {
  return [{ start: 0, length: bytes }]
}
