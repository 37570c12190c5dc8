// Operand distributions that reach every class of 80-bit value (SDM vol. 1, table 8-3) and the edges between them.
import type { Random } from './random.ts'

export interface Extended {
  signExponent: number
  significand: bigint
}

const INTEGER = 1n << 63n
const ALL = (1n << 64n) - 1n

const EDGES: readonly Extended[] = [
  [0x0000, 0n],
  [0x3fff, INTEGER],
  [0x4000, INTEGER],
  [0x3ffe, INTEGER],
  [0x3fff, 0xc000000000000000n],
  [0x7fff, INTEGER],
  [0x7fff, 0xc000000000000000n],
  [0x7fff, 0x8000000000000001n],
  [0x7fff, 0xa000000000000000n],
  [0x7fff, 0xe000000000000001n],
  [0x7fff, ALL],
  [0x7fff, 0n],
  [0x7fff, 0x4000000000000000n],
  [0x7fff, 1n],
  [0x0001, INTEGER],
  [0x0001, ALL],
  [0x0000, 1n],
  [0x0000, 0x7fffffffffffffffn],
  [0x0000, INTEGER],
  [0x0000, 0xc000000000000001n],
  [0x0001, 0n],
  [0x3fff, 0x4000000000000000n],
  [0x7ffe, ALL],
  [0x7ffe, INTEGER],
  [0x7ffe, 0xfffffffffffff800n],
  [0x7ffe, 0xffffff0000000000n],
  [0x403e, INTEGER],
  [0x403d, ALL],
  [0x403e, ALL],
  [0x401e, INTEGER],
  [0x401d, 0xffffffff00000000n],
  [0x400e, INTEGER],
  [0x400d, 0xfffe000000000000n],
  [0x403a, 0xde0b6b3a763ffff0n],
  [0x403a, 0xde0b6b3a76400000n],
  [0x3ffe, ALL],
  [0x3fff, ALL],
  [0x4000, 0xc90fdaa22168c235n],
].map(([signExponent, significand]) => ({ signExponent: signExponent as number, significand: significand as bigint }))

/** A significand with the integer bit set: random, or with long runs that sit on rounding boundaries. */
function normalSignificand(random: Random): bigint {
  const bits = random.u64() | INTEGER
  switch (random.below(6)) {
    case 0:
      return (bits & ~((1n << BigInt(random.below(64))) - 1n)) | INTEGER
    case 1:
      return bits | ((1n << BigInt(random.below(64))) - 1n)
    case 2:
      return (bits & ~0x7ffn) | random.pick([0n, 0x3ffn, 0x400n, 0x401n, 0x7ffn])
    case 3:
      return (bits & ~0xffffffffffn) | random.pick([0n, 0x7fffffffffn, 0x8000000000n, 0x8000000001n])
    default:
      return bits
  }
}

function exponent(random: Random): number {
  switch (random.below(9)) {
    case 0:
      return random.below(0x8000)
    case 1:
      return 1 + random.below(80)
    case 2:
      return 0x7ffe - random.below(80)
    case 3:
      return 0x3fff - 126 - 30 + random.below(40) // about the single format's smallest numbers
    case 4:
      return 0x3fff + random.pick([127, 128, 1023, 1024, -1022, -1023, -1060, -1074, -1075, -1076])
    case 5:
      return 0x1fff + random.below(0x40) // products of two such underflow
    default:
      return 0x3fff - 40 + random.below(110)
  }
}

export function extended(random: Random): Extended {
  const sign = random.u32() & 0x8000
  const kind = random.below(16)
  if (kind < 4) {
    const edge = random.pick(EDGES)
    return { signExponent: edge.signExponent | sign, significand: edge.significand }
  }
  if (kind === 4) return { signExponent: sign, significand: random.u64() >> BigInt(1 + random.below(63)) } // denormal
  if (kind === 5) {
    const shift = BigInt(random.below(64))
    return { signExponent: sign | (0x403e - Number(shift)), significand: ((random.u64() >> shift) << shift) | INTEGER } // integer
  }
  if (kind === 6 && random.below(3) === 0)
    return { signExponent: sign | random.below(0x8000), significand: random.u64() >> 1n } // unsupported
  if (kind === 7 && random.below(2) === 0) return { signExponent: sign | 0x7fff, significand: random.u64() | INTEGER }
  return { signExponent: sign | exponent(random), significand: normalSignificand(random) }
}

/** A second operand that is often close to the first, so that sums cancel and quotients are near one. */
export function partner(random: Random, first: Extended): Extended {
  const kind = random.below(8)
  if (kind > 1) return extended(random)
  const near = (first.signExponent & 0x7fff) + (kind === 0 ? 0 : random.below(140) - 70)
  const clamped = Math.min(Math.max(near, 0), 0x7fff)
  const significand =
    random.below(3) === 0 ? first.significand ^ (random.u64() >> BigInt(random.below(64))) : normalSignificand(random)
  return {
    signExponent: (random.u32() & 0x8000) | clamped,
    significand: clamped === 0 ? significand : significand | INTEGER,
  }
}

/** Bits for a memory operand: mostly random, often an edge of the single, double or integer formats. */
export function memoryBits(random: Random): bigint {
  const sign = random.u64() & INTEGER
  switch (random.below(8)) {
    case 0:
      return (
        sign |
        random.pick([
          0n,
          0x3ff0000000000000n,
          0x7ff0000000000000n,
          0x7ff8000000000000n,
          0x7ff0000000000001n,
          1n,
          0x000fffffffffffffn,
        ])
      )
    case 1:
      return random.pick([
        0n,
        0x3f800000n,
        0x7f800000n,
        0xff800001n,
        0xffc00000n,
        0x80000000n,
        1n,
        0x807fffffn,
        0x7fffffn,
        0x8000n,
        0x7fffn,
      ])
    case 2:
      return sign | (random.u64() >> BigInt(12 + random.below(52))) // denormal double, small integer
    case 3:
      return (random.u64() & 0x807fffffn) | (BigInt(random.below(256)) << 23n)
    case 4:
      return ((1n << 64n) - (random.u64() >> BigInt(random.below(64)))) & ALL
    case 5:
      return sign | (BigInt(0x3ff - 40 + random.below(80)) << 52n) | (random.u64() >> 12n)
    default:
      return random.u64()
  }
}
