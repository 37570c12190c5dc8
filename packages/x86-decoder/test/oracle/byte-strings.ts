import type { Random } from './random.ts'

const PREFIXES: readonly number[] = [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x66, 0x66, 0x67, 0xf0, 0xf2, 0xf3, 0xf2, 0xf3]
/** Bytes of ModRM and SIB that stand for a special case somewhere. */
const CORNERS: readonly number[] = [0x04, 0x05, 0x06, 0x44, 0x45, 0x84, 0x85, 0x25, 0xc0, 0xff, 0x24, 0x64, 0xe4, 0x2c]

/** Bytes between two strings in the buffer: one string never sees the next. */
export const STRIDE = 16

/** Fills `bytes` from `at` on with one string of `STRIDE` bytes, random or shaped to be hard. */
export function fillString(random: Random, bytes: Uint8Array, at: number): void {
  for (let i = 0; i < STRIDE; i++) bytes[at + i] = random.next() >>> 9
  const shape = random.below(10)
  if (shape === 0) return
  let position = at
  const prefixes = shape === 1 ? random.below(16) : shape < 4 ? random.below(5) : random.below(3)
  for (let i = 0; i < prefixes; i++) bytes[position++] = random.pick(PREFIXES)
  if (random.below(3) === 0 && position < at + 15) bytes[position++] = 0x40 | random.below(16)
  position = fillOpcode(random, bytes, position, at + STRIDE, shape)
  if (random.below(3) === 0) {
    if (position < at + STRIDE) bytes[position++] = random.pick(CORNERS)
    if (position < at + STRIDE) bytes[position] = random.pick(CORNERS)
  }
}

function fillOpcode(random: Random, bytes: Uint8Array, at: number, end: number, shape: number): number {
  let position = at
  const put = (...values: number[]): void => {
    for (const value of values) if (position < end) bytes[position++] = value
  }
  const any = random.below(256)
  if (shape < 5) put(any)
  else if (shape < 7) put(0x0f, any)
  else if (shape === 7) put(0x0f, random.below(2) ? 0x38 : 0x3a, any)
  else if (shape === 8) fillVector(random, put)
  else put(random.pick([0xd8, 0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0xde, 0xdf, 0x0f]), any)
  return position
}

function fillVector(random: Random, put: (...values: number[]) => void): void {
  const any = (): number => random.below(256)
  switch (random.below(4)) {
    case 0:
      return put(0xc5, any(), any())
    case 1:
      return put(0xc4, (any() & 0xe0) | (1 + random.below(3)), any(), any())
    case 2:
      return put(0x62, (any() & 0xf0) | random.pick([1, 2, 3, 5, 6]), any() | 4, any(), any())
    default:
      return put(0x8f, (any() & 0xe0) | (8 + random.below(3)), any(), any())
  }
}
