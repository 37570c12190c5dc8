import { STRIDE } from './byte-strings.ts'
import type { StringSource } from './comparison.ts'

const PREFIXES: readonly (readonly number[])[] = [[], [0x66], [0xf3], [0xf2]]
const MAPS: readonly (readonly number[])[] = [[], [0x0f], [0x0f, 0x38], [0x0f, 0x3a]]
/** What follows the ModRM byte: a SIB byte with no base, displacements and immediates that differ in every byte. */
const TAIL: readonly number[] = [0x25, 0xf1, 0x82, 0x73, 0x64, 0x95, 0xa6, 0xb7, 0x08, 0x19]

/** Every legacy opcode with every ModRM byte, each mandatory prefix, and in 64-bit mode REX.W. */
function* legacy(bitness: number): Generator<readonly number[]> {
  for (const prefix of PREFIXES) {
    for (const rex of bitness === 64 ? [[], [0x48]] : [[]]) {
      for (const map of MAPS) {
        for (let opcode = 0; opcode < 256; opcode++) {
          for (let modrm = 0; modrm < 256; modrm++) yield [...prefix, ...rex, ...map, opcode, modrm]
        }
      }
    }
  }
}

/** ModRM bytes that show mod, every reg and, in register forms, every rm. */
function* modrms(): Generator<number> {
  for (let reg = 0; reg < 8; reg++) yield* [0x00 | (reg << 3), 0x04 | (reg << 3), 0x44 | (reg << 3), 0xc1 | (reg << 3)]
  for (let rm = 0; rm < 8; rm++) yield 0xc0 | rm
}

/** Every VEX and XOP opcode with every pp, W and L, with and without vvvv. */
function* vex(): Generator<readonly number[]> {
  for (const [lead, maps] of [[0xc4, [1, 2, 3]] as const, [0x8f, [8, 9, 10]] as const]) {
    for (const map of maps) {
      for (let last = 0; last < 16; last++) {
        const byte = ((last & 8) << 4) | (last & 7)
        for (let opcode = 0; opcode < 256; opcode++) {
          for (const modrm of modrms()) {
            yield [lead, 0xe0 | map, byte | 0x78, opcode, modrm]
            yield [lead, 0xe0 | map, byte | 0x70, opcode, modrm]
          }
        }
      }
    }
  }
}

/** z and aaa: no mask, merging, zeroing. */
const MASKS: readonly number[] = [0x00, 0x02, 0x83]

/** Every EVEX opcode with every pp, W, L'L, b and kind of masking, with and without vvvv. */
function* evex(): Generator<readonly number[]> {
  for (const map of [1, 2, 3, 5, 6]) {
    for (let second = 0; second < 8; second++) {
      for (let length = 0; length < 8; length++) {
        for (const mask of MASKS) {
          for (let opcode = 0; opcode < 256; opcode++) {
            for (const modrm of modrms()) {
              const byte = ((second & 4) << 5) | 4 | (second & 3) | (modrm & 8 ? 0x78 : 0x70)
              yield [0x62, 0xf0 | map, byte, (length << 4) | 8 | mask, opcode, modrm]
            }
          }
        }
      }
    }
  }
}

/** Every EVEX opcode with every combination of R, X, B, R' and V'. */
function* evexExtensions(): Generator<readonly number[]> {
  for (const map of [1, 2, 3, 5, 6]) {
    for (let second = 0; second < 8; second++) {
      for (let extension = 0; extension < 32; extension++) {
        const last = (extension & 16) >> 1
        for (let opcode = 0; opcode < 256; opcode++) {
          for (const length of [0, 0x20, 0x40]) {
            for (const modrm of [0x0c, 0xca]) {
              const byte = ((second & 4) << 5) | 4 | (second & 3) | (opcode & 1 ? 0x78 : 0x30)
              yield [0x62, ((extension & 15) << 4) | map, byte, length | last | (modrm & 1), opcode, modrm]
              yield [0x62, ((extension & 15) << 4) | map, byte ^ 0x48, length | last | 1, opcode, modrm]
            }
          }
        }
      }
    }
  }
}

/** Every VEX opcode with every combination of R, X and B, and some vvvv. */
function* vexExtensions(): Generator<readonly number[]> {
  for (const map of [1, 2, 3]) {
    for (let extension = 0; extension < 8; extension++) {
      for (let last = 0; last < 16; last++) {
        for (let opcode = 0; opcode < 256; opcode++) {
          for (const vvvv of [0x78, 0x38, 0x40]) {
            for (const modrm of [0x0c, 0xca])
              yield [0xc4, (extension << 5) | map, ((last & 8) << 4) | (last & 7) | vvvv, opcode, modrm]
          }
        }
      }
    }
  }
}

/** Every 3DNow! suffix. */
function* threeDNow(): Generator<readonly number[]> {
  for (let suffix = 0; suffix < 256; suffix++) {
    yield [0x0f, 0x0f, 0xc1, suffix]
    yield [0x0f, 0x0f, 0x00, suffix]
  }
}

/** Groups 18 and 19 (EVEX 0F 38 C6 and C7): masked, with a vector index, by every reg. */
function* sparsePrefetches(): Generator<readonly number[]> {
  for (const opcode of [0xc6, 0xc7]) {
    for (const second of [0x7d, 0xfd]) {
      for (let reg = 0; reg < 8; reg++) yield [0x62, 0xf2, second, 0x4a, opcode, 0x04 | (reg << 3)]
    }
  }
}

function* strings(bitness: number): Generator<readonly number[]> {
  yield* legacy(bitness)
  yield* vex()
  yield* evex()
  yield* vexExtensions()
  yield* evexExtensions()
  yield* threeDNow()
  yield* sparsePrefetches()
}

/** All strings of the sweep, or every `step`th of them. */
export function sweepSource(bitness: number, step = 1): StringSource {
  const all = strings(bitness)
  return (bytes, at) => {
    for (let skipped = 1; skipped < step; skipped++) all.next()
    const { value, done } = all.next()
    if (done === true) return false
    bytes.set(value, at)
    const rest = STRIDE - value.length
    for (let i = 0; i < rest; i++) bytes[at + value.length + i] = TAIL[i % TAIL.length]!
    return true
  }
}
