/**
 * Size letters of operands (SDM vol. 2, appendix A.2.2, and some of our own), each with its bytes for an effective
 * operand size of 16, 32 and 64 bits, and then the same three in 64-bit mode where that differs.
 */
const SIZES: readonly (readonly [letter: string, ...bytes: number[]])[] = [
  ['n', 0, 0, 0],
  ['b', 1, 1, 1],
  ['w', 2, 2, 2],
  ['d', 4, 4, 4],
  ['q', 8, 8, 8],
  ['t', 10, 10, 10],
  ['x', 16, 16, 16],
  ['h', 32, 32, 32],
  ['v', 2, 4, 8],
  ['z', 2, 4, 4],
  ['y', 4, 4, 8],
  ['p', 4, 6, 10],
  ['a', 4, 8, 8],
  ['r', 4, 4, 4, 8, 8, 8],
  ['s', 6, 6, 6, 10, 10, 10],
  ['e', 14, 28, 28],
  ['g', 94, 108, 108],
  ['f', 512, 512, 512],
  ['o', 64, 64, 64],
  ['k', 48, 48, 48],
]

/** Fractions of the vector length: whole, half, quarter, eighth; each at 128, 256 and 512 bits. */
const VECTOR_SIZES: readonly (readonly [letter: string, ...bytes: number[]])[] = [
  ['l', 16, 32, 64],
  ['m', 8, 16, 32],
  ['c', 4, 8, 16],
  ['u', 2, 4, 8],
]

/** Size codes from here on depend on the vector length. */
export const FIRST_VECTOR_SIZE = 32

/** The code of each size letter: an index into `operandSizes` by eights, or into `vectorSizes` by fours. */
export const sizeCodes: ReadonlyMap<string, number> = new Map([
  ...SIZES.map(([letter], code): [string, number] => [letter, code]),
  ...VECTOR_SIZES.map(([letter], code): [string, number] => [letter, FIRST_VECTOR_SIZE + code]),
])

/** Bytes at `(code - FIRST_VECTOR_SIZE) << 2 | vector length`. */
export const vectorSizes: Uint16Array = Uint16Array.from(VECTOR_SIZES.flatMap(([, ...bytes]) => [...bytes, 0]))

/** Bytes at `code << 3 | operand size (0..2) | 4 in 64-bit mode`. */
export const operandSizes: Uint16Array = buildSizes()

function buildSizes(): Uint16Array {
  const table = new Uint16Array(SIZES.length * 8)
  SIZES.forEach(([, ...bytes], code) => {
    const long = bytes.length > 3 ? bytes.slice(3) : bytes
    table.set(bytes.slice(0, 3), code * 8)
    table.set(long, code * 8 + 4)
  })
  return table
}
