import { MULTIPLE_SECTORS } from './registers.ts'

/** Puts text into words, first character in the high byte, padded with blanks. */
function putText(words: Uint16Array, first: number, count: number, text: string): void {
  const padded = text.padEnd(2 * count).slice(0, 2 * count)
  for (let i = 0; i < count; i++) words[first + i] = (padded.charCodeAt(2 * i) << 8) | padded.charCodeAt(2 * i + 1)
}

/** The mode in use has its bit in the high byte; the supported ones in the low. `transferMode` as SET FEATURES takes it. */
function putModes(words: Uint16Array, transferMode: number): void {
  const [kind, number] = [transferMode >> 3, transferMode & 7]
  words[53] = 0x0006
  words[63] = 0x0007 | (kind === 4 ? 0x100 << number : 0)
  words[64] = 0x0003
  words[65] = words[66] = words[67] = words[68] = 120
  words[88] = 0x003f | (kind === 8 ? 0x100 << number : 0)
}

export interface DiskIdentity {
  sectors: number
  heads: number
  sectorsPerTrack: number
  multiple: number
  transferMode: number
  writeCache: boolean
  serial: string
  model: string
}

export const DEFAULT_HEADS = 16
export const DEFAULT_SECTORS_PER_TRACK = 63

export function defaultCylinders(sectors: number): number {
  return Math.min(16_383, Math.floor(sectors / (DEFAULT_HEADS * DEFAULT_SECTORS_PER_TRACK)))
}

/** The answer to IDENTIFY DEVICE (ATA/ATAPI-6, 8.15). */
export function identifyDisk(disk: DiskIdentity): Uint8Array {
  const words = new Uint16Array(256)
  const { sectors, heads, sectorsPerTrack } = disk
  const cylinders = Math.min(65_535, Math.floor(Math.min(sectors, 16_514_064) / (heads * sectorsPerTrack)))
  words[0] = 0x0040
  words[1] = defaultCylinders(sectors)
  words[3] = DEFAULT_HEADS
  words[6] = DEFAULT_SECTORS_PER_TRACK
  putText(words, 10, 10, disk.serial)
  putText(words, 23, 4, '1.0')
  putText(words, 27, 20, disk.model)
  words[47] = 0x8000 | MULTIPLE_SECTORS
  words[49] = 0x0f00
  putModes(words, disk.transferMode)
  words[53]! |= 1
  words[54] = cylinders
  words[55] = heads
  words[56] = sectorsPerTrack
  const chs = cylinders * heads * sectorsPerTrack
  words[57] = chs & 0xffff
  words[58] = chs >>> 16
  words[59] = disk.multiple ? 0x100 | disk.multiple : 0
  const lba28 = Math.min(sectors, 0x0fff_ffff)
  words[60] = lba28 & 0xffff
  words[61] = lba28 >>> 16
  words[80] = 0x007e
  // Write cache, look-ahead, NOP; 48-bit addresses, FLUSH CACHE and its EXT form.
  words[82] = 0x4060
  words[83] = 0x7400
  words[84] = 0x4000
  words[85] = 0x4040 | (disk.writeCache ? 0x20 : 0)
  words[86] = 0x3400
  words[87] = 0x4000
  words[93] = 0x4001
  for (let i = 0; i < 4; i++) words[100 + i] = Math.floor(sectors / 2 ** (16 * i)) & 0xffff
  return new Uint8Array(words.buffer)
}

/** The answer to IDENTIFY PACKET DEVICE: a removable CD-ROM, packets of 12 bytes. */
export function identifyCd(serial: string, model: string, transferMode: number): Uint8Array {
  const words = new Uint16Array(256)
  words[0] = 0x85c0
  putText(words, 10, 10, serial)
  putText(words, 23, 4, '1.0')
  putText(words, 27, 20, model)
  words[49] = 0x0f00
  putModes(words, transferMode)
  words[80] = 0x007e
  words[82] = 0x4210
  words[83] = 0x4000
  words[84] = 0x4000
  words[85] = 0x4210
  words[87] = 0x4000
  words[93] = 0x4001
  return new Uint8Array(words.buffer)
}
