import type { Random } from './random.ts'

const PREFIXES: readonly number[] = [
  0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x66, 0x66, 0x67, 0xf0, 0xf2, 0xf3, 0xf2, 0xf3,
]
/** Bytes of ModRM and SIB that stand for a special case somewhere. */
const CORNERS: readonly number[] = [0x04, 0x05, 0x06, 0x44, 0x45, 0x84, 0x85, 0x25, 0xc0, 0xff, 0x24, 0x64, 0xe4, 0x2c]

/** Bytes between two strings in the buffer: one string never sees the next. */
export const STRIDE = 16

/** Fills `bytes` from `at` on with one string of `STRIDE` bytes, random or shaped to be hard. */
export function fillString(random: Random, bytes: Uint8Array, at: number): void {
  for (let i = 0; i < STRIDE; i++) bytes[at + i] = random.next() >>> 9
  const shape = random.below(12)
  if (shape === 0) return
  let position = at
  const prefixes =
    shape > 8
      ? random.pick([0, 0, 0, 1])
      : shape === 1
        ? random.below(16)
        : shape < 4
          ? random.below(5)
          : random.below(3)
  for (let i = 0; i < prefixes; i++) bytes[position++] = random.pick(PREFIXES)
  if (random.below(shape > 8 ? 20 : 3) === 0 && position < at + 15) bytes[position++] = 0x40 | random.below(16)
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
  else if (shape > 8) fillVector(random, put)
  else put(random.pick([0xd8, 0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0xde, 0xdf, 0x0f]), any)
  return position
}

/** VEX, EVEX and XOP: mostly with the bits right that must be, so that most opcodes are reached. */
function fillVector(random: Random, put: (...values: number[]) => void): void {
  const extensions = (): number => (random.below(2) ? 0xe0 : random.below(256) & 0xe0) | (random.below(4) ? 0xc0 : 0)
  const sources = (): number => (random.below(2) ? 0x78 : random.below(256)) | (random.below(256) & 0x87)
  switch (random.below(4)) {
    case 0:
      return put(0xc5, (sources() & 0x7f) | (random.below(4) ? 0x80 : 0), random.below(256))
    case 1:
      return put(0xc4, extensions() | (1 + random.below(3)), sources(), random.below(256))
    case 2:
      return fillEvex(random, put, extensions())
    default:
      return put(
        0x8f,
        extensions() | (8 + random.below(3)),
        sources() & (random.below(4) ? 0xfc : 0xff),
        random.below(256),
      )
  }
}

function fillEvex(random: Random, put: (...values: number[]) => void, extensions: number): void {
  const payload = extensions | (random.below(4) ? 0x10 : 0) | random.pick([1, 2, 3, 1, 2, 3, 5, 6])
  const sources = (random.below(2) ? 0x7c : random.below(256) | 4) | (random.below(256) & 0x83)
  const last = random.below(256) & (random.below(2) ? 0xff : 0x6f) & (random.below(2) ? 0xff : 0x9f)
  put(0x62, payload, sources, last | (random.below(4) ? 8 : 0), random.below(256))
}
