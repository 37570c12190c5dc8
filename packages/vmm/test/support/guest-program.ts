/** Tiny guests, assembled by hand: Multiboot images of a few instructions in flat 32-bit protected mode, interrupts off. */

const loadAddress = 0x10_0000
const headerBytes = 32

/** Machine code in pieces. */
export type Code = readonly (number | Code)[]

function u32(value: number): number[] {
  return [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24]
}

/** MOV DX, port. */
const movDx = (port: number): Code => [0x66, 0xba, port & 0xff, port >> 8]

/** OUT of a byte, word or double word. */
export const out8 = (port: number, value: number): Code => [movDx(port), 0xb0, value, 0xee]
export const out16 = (port: number, value: number): Code => [
  movDx(port),
  0x66,
  0xb8,
  value & 0xff,
  value >> 8,
  0x66,
  0xef,
]
export const out32 = (port: number, value: number): Code => [movDx(port), 0xb8, u32(value), 0xef]

/** Sends each character of `text` to a port, by default COM1. */
export const print = (text: string, port = 0x3f8): Code =>
  [...text].map((character) => out8(port, character.charCodeAt(0)))

/** MOV EAX, value. */
export const movEax = (value: number): Code => [0xb8, u32(value)]

/** MOV [address], EAX. */
export const storeEax = (address: number): Code => [0xa3, u32(address)]

/** MOV EAX, [address]. */
export const loadEax = (address: number): Code => [0xa1, u32(address)]

/** OUT port, EAX. */
export const outEax = (port: number): Code => [movDx(port), 0xef]

/** IN AL, port. */
export const in8 = (port: number): Code => [movDx(port), 0xec]

/** ACPI soft-off through the PM1a control register. */
export const powerOff: Code = out16(0x604, 0x2000)
export const debugExit = (value: number): Code => out32(0xf4, value)
/** Hard reset through the reset control register. */
export const resetMachine: Code = out8(0xcf9, 0x06)
/** UD2 with no interrupt table: a triple fault. */
export const tripleFault: Code = [0x0f, 0x0b]
export const haltForever: Code = [0xf4, 0xeb, 0xfd]
export const loopForever: Code = [0xeb, 0xfe]

/** Polls COM1 and sends back what arrives, until that is `last`, which then runs. */
export function echoUntil(last: string): Code {
  const receive = flatten([
    movDx(0x3fd),
    0xec,
    0xa8,
    0x01,
    0x74,
    0xf7,
    movDx(0x3f8),
    0xec,
    0xee,
    0x3c,
    last.charCodeAt(0),
  ])
  return [receive, 0x75, 0x100 - (receive.length + 2)]
}

/** Writes a word to each page from `start` on, for ever. */
export const touchPages = (start: number): Code => [0xbf, u32(start), 0x89, 0x07, 0x81, 0xc7, u32(4096), 0xeb, 0xf6]

function flatten(code: Code): number[] {
  return code.flatMap((piece) => (typeof piece === 'number' ? [piece] : flatten(piece)))
}

/** The Multiboot image of a program that runs off its end into HLT. */
export function guestImage(...code: Code): Uint8Array<ArrayBuffer> {
  const bytes = flatten([...code, haltForever])
  const flags = 0x1_0000
  const magic = 0x1bad_b002
  const end = loadAddress + headerBytes + bytes.length
  const header = [magic, flags, -(magic + flags), loadAddress, loadAddress, end, end, loadAddress + headerBytes]
  return Uint8Array.from([...header.flatMap(u32), ...bytes])
}
