/** Odd, so that each step is a bijection of the sum: two contents that differ in one word never have the same sums. */
const MULTIPLIERS = [0x9e3779b1, 0x85ebca77] as const
/** Spreads high bits, where products differ most, over all. */
const FINISH = 0x2c1b3c6d

/**
 * 64 bits over contents, as two sums of 32, that tell whether a store gave back what it was given. `seed` makes the same contents differ in
 * different slots. Nobody is to be kept from making two contents with equal sums: a guest that did could fool only itself.
 */
export function checksumInto(sums: Uint32Array, index: number, bytes: Uint8Array, seed: number): void {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice()
  const words = new Int32Array(aligned.buffer, aligned.byteOffset, aligned.length >>> 2)
  let first = seed | 0
  let second = ~seed
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!
    first = Math.imul(first ^ word, MULTIPLIERS[0])
    first = (first << 13) | (first >>> 19)
    second = Math.imul(second ^ word, MULTIPLIERS[1])
    second = (second << 17) | (second >>> 15)
  }
  sums[index] = Math.imul(first ^ (first >>> 15), FINISH)
  sums[index + 1] = Math.imul(second ^ (second >>> 15), FINISH)
}
