import { Cmos } from './registers.ts'

const KIB = 1024
const MIB = KIB * KIB
const GIB4 = 2 ** 32

export interface MemorySize {
  /** RAM from address 0 up to the hole below 4 GiB. */
  belowFourGiBBytes: number
  /** RAM from 4 GiB on. */
  aboveFourGiBBytes?: number
}

/** Fills in the PC's configuration bytes that tell firmware and old systems how much memory there is. */
export function writeMemorySize(ram: number[], { belowFourGiBBytes, aboveFourGiBBytes = 0 }: MemorySize): void {
  if (!(belowFourGiBBytes >= 0 && belowFourGiBBytes <= GIB4)) {
    throw new RangeError(`memory below 4 GiB must lie in 0..2^32 bytes, got ${belowFourGiBBytes}`)
  }
  if (!(aboveFourGiBBytes >= 0 && aboveFourGiBBytes < 2 ** 40)) {
    throw new RangeError(`memory above 4 GiB must be less than 2^40 bytes, got ${aboveFourGiBBytes}`)
  }
  const units = (bytes: number, unit: number): number => Math.min(0xffff, Math.max(0, Math.floor(bytes / unit)))
  word(ram, Cmos.BaseMemoryLow, Math.min(640, units(belowFourGiBBytes, KIB)))
  const extended = units(belowFourGiBBytes - MIB, KIB)
  word(ram, Cmos.ExtendedMemoryLow, extended)
  word(ram, Cmos.ExtendedMemoryLow2, extended)
  word(ram, Cmos.Above16MLow, units(belowFourGiBBytes - 16 * MIB, 64 * KIB))
  const high = Math.floor(aboveFourGiBBytes / (64 * KIB))
  word(ram, Cmos.Above4GLow, high & 0xffff)
  ram[Cmos.Above4GLow + 2] = (high >> 16) & 0xff
}

function word(ram: number[], index: number, value: number): void {
  ram[index] = value & 0xff
  ram[index + 1] = value >> 8
}
