/** Tiny firmware, assembled by hand: 16-bit code that runs from the reset vector on, at F000:0000. */

/** Machine code in pieces. */
export type Code16 = readonly (number | Code16)[]

const u16 = (value: number): number[] => [value & 0xff, (value >> 8) & 0xff]

/** OUT of a byte, word or double word through DX. */
export const out8 = (port: number, value: number): Code16 => [0xba, u16(port), 0xb0, value, 0xee]
export const out16 = (port: number, value: number): Code16 => [0xba, u16(port), 0xb8, u16(value), 0xef]
export const out32 = (port: number, value: number): Code16 => [
  ...[0xba, u16(port), 0x66, 0xb8, u16(value), u16(value >>> 16)],
  ...[0x66, 0xef],
]
/** IN AL, port. */
export const in8 = (port: number): Code16 => [0xba, u16(port), 0xec]
/** MOV DS, segment. */
export const setDs = (segment: number): Code16 => [0xb8, u16(segment), 0x8e, 0xd8]
/** MOV byte [address], value. */
export const store8 = (address: number, value: number): Code16 => [0xc6, 0x06, u16(address), value]
/** MOV AL, [address]. */
export const loadAl = (address: number): Code16 => [0xa0, u16(address)]
/** OUT debug exit port, EAX. */
export const exitWithEax: Code16 = [0xba, u16(0xf4), 0x66, 0xef]
export const debugExit = (value: number): Code16 => out32(0xf4, value)
export const cmosWrite = (index: number, value: number): Code16 => [out8(0x70, index), out8(0x71, value)]
/** AL becomes a byte of CMOS. */
export const cmosRead = (index: number): Code16 => [out8(0x70, index), in8(0x71)]
/** Runs `code` if AL is `value`. */
export const ifAl = (value: number, code: Code16): Code16 => {
  const body = flatten(code)
  return [0x3c, value, 0x0f, 0x85, u16(body.length), body]
}
/** Writes a register of PCI configuration space, bus 0. */
export const pciWrite8 = (slot: number, register: number, value: number): Code16 => [
  out32(0xcf8, (0x8000_0000 + slot * 0x800 + (register & 0xfc)) >>> 0),
  out8(0xcfc + (register & 3), value),
]
/** Copies the 64 KiB of a segment to where they are. */
export const copyToItself = (segment: number): Code16 => [
  ...[setDs(segment), 0x8e, 0xc0, 0x31, 0xf6, 0x31, 0xff],
  ...[0xb9, 0x00, 0x80, 0xfc, 0xf3, 0xa5],
]
/** XOR EAX, EAX. */
export const clearEax: Code16 = [0x66, 0x31, 0xc0]
export const halt: Code16 = [0xf4, 0xeb, 0xfd]

function flatten(code: Code16): number[] {
  return code.flatMap((piece) => (typeof piece === 'number' ? [piece] : flatten(piece)))
}

/** A BIOS image of 64 KiB whose reset vector jumps to `code`, which runs off its end into HLT. */
export function biosImage(...code: Code16): Uint8Array<ArrayBuffer> {
  const image = new Uint8Array(0x1_0000)
  image.set(flatten([...code, halt]))
  image.set([0xea, 0x00, 0x00, 0x00, 0xf0], 0xfff0)
  return image
}
