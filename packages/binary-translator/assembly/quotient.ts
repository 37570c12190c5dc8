// Quotients of 64 bits, by doubles.

/** What the last quotient left over. */
export class Left {
  static rest: u64 = 0
}

/** Divisors from here on are so near 2^64 that a wrong digit's remainder could not be told from a right one's. */
export const LARGEST_DIVISOR: u64 = 0xffffe00000000000

/**
 * floor(n * 2^64 / d) of n < d, d normalized and below LARGEST_DIVISOR, by two digits of 32 bits. A double's quotient is so exact that a digit
 * is hardly ever wrong, and then by one: its remainder is a little below zero, or the divisor and a little more.
 */
// @ts-ignore: decorator
@inline
export function quotientOf(n: u64, d: u64): u64 {
  // Halves convert as signed numbers, which is faster; the bit that is lost counts for nothing.
  const scale = 4294967296.0 / <f64>(<i64>(d >> 1))
  let first = <u64>(<i64>(<f64>(<i64>(n >> 1)) * scale))
  let rest = (n << 32) - first * d
  if (rest >= d) {
    const below = rest >= LARGEST_DIVISOR
    first = below ? first - 1 : first + 1
    rest = below ? rest + d : rest - d
  }
  let second = <u64>(<i64>(<f64>(<i64>(rest >> 1)) * scale))
  rest = (rest << 32) - second * d
  if (rest >= d) {
    const below = rest >= LARGEST_DIVISOR
    second = below ? second - 1 : second + 1
    rest = below ? rest + d : rest - d
  }
  Left.rest = rest
  return (first << 32) + second
}
