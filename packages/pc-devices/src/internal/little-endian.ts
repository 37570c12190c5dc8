import type { AccessSize } from '../types.ts'

/** Reads `size` bytes, low byte first, as an unsigned number. Bytes past the end read as zero. */
export function readLittleEndian(bytes: Uint8Array, offset: number, size: AccessSize): number {
  let value = 0
  for (let i = 0; i < size; i++) value |= (bytes[offset + i] ?? 0) << (8 * i)
  return value >>> 0
}

/** Writes `size` bytes, low byte first. Bytes past the end are dropped. */
export function writeLittleEndian(bytes: Uint8Array, offset: number, size: AccessSize, value: number): void {
  for (let i = 0; i < size && offset + i < bytes.length; i++) bytes[offset + i] = (value >>> (8 * i)) & 0xff
}
