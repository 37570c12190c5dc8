import { LittleEndian } from '../little-endian.ts'

/** Every table but RSDP and FACS begins with this (ACPI 5.2.6). */
export const HEADER_BYTES = 36
const LENGTH = 4
const REVISION = 8
const CHECKSUM = 9
const OEM_ID = 10
const OEM_TABLE_ID = 16
const OEM_REVISION = 24
const CREATOR_ID = 28
const CREATOR_REVISION = 32

export const OEM = 'MICA'

/** A table with its header and checksum; `fill` writes what follows at absolute offsets. */
export function table(
  signature: string,
  revision: number,
  length: number,
  fill: (block: LittleEndian) => void,
): Uint8Array {
  const block = new LittleEndian(length)
  block.text(0, signature)
  block.u32(LENGTH, length)
  block.u8(REVISION, revision)
  block.text(OEM_ID, OEM.padEnd(6))
  block.text(OEM_TABLE_ID, `${OEM}${signature}`)
  block.u32(OEM_REVISION, 1)
  block.text(CREATOR_ID, OEM)
  block.u32(CREATOR_REVISION, 1)
  fill(block)
  block.u8(CHECKSUM, checksum(block.bytes))
  return block.bytes
}

/** The byte that makes all bytes sum up to zero, where its own place holds zero. */
export function checksum(bytes: Uint8Array): number {
  return -bytes.reduce((sum, byte) => sum + byte, 0) & 0xff
}
