import type { RandomSource } from '@mica-vm/binary-translator'

/** Numbers that are the same in each run: SplitMix, of which any 2^32 in a row are different. */
function repeatable(): RandomSource {
  let state = 0
  return {
    next: () => {
      state = (state + 0x9e37_79b9) >>> 0
      let value = Math.imul(state ^ (state >>> 16), 0x21f0_aaad)
      value = Math.imul(value ^ (value >>> 15), 0x735a_2d97)
      return (value ^ (value >>> 15)) >>> 0
    },
  }
}

const words = 64

/** The runtime's cryptographic source, a few words at a time. */
function unpredictable(): RandomSource {
  const buffer = new Uint32Array(words)
  let left = 0
  return {
    next: () => {
      if (left === 0) {
        globalThis.crypto.getRandomValues(buffer)
        left = words
      }
      return buffer[--left]!
    },
  }
}

/** Where RDRAND gets its numbers: a run by the instructions clock (`isRepeatable`) is a function of its inputs. */
export const randomSource = (isRepeatable: boolean): RandomSource => (isRepeatable ? repeatable() : unpredictable())
