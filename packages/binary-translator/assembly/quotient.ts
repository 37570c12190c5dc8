// Quotients and square roots of integers, by doubles.
import { INTEGER_BIT } from './layout'

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
  const divisor = <f64>(<i64>(d >> 1))
  const scale = 4294967296.0 / divisor
  let first = <u64>(<i64>(<f64>(<i64>(n >> 1)) * 4294967296.0 / divisor))
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

/** What the last root's fraction is, as far as rounding needs it: none, below or above half. */
export class Below {
  static root: u64 = 0
}

/**
 * floor(sqrt(high:low)) for high >= 2^62. From the upper half S of it, which a double gives, the rest of the root is (high:low - S^2) / (S + root), where
 * a double's root is precise enough; 2^-15 at most are in doubt. So half units h are known but where the root is next to a
 * whole or half one: there the square of that tells, of which a word is enough.
 */
// @ts-ignore: decorator
@inline
export function integerRoot(high: u64, low: u64): u64 {
  const estimate = Math.sqrt(<f64>(<i64>(high >> 1)) * 2.0)
  const upper = <u64>(<i64>estimate)
  const rest = (<i64>(high - upper * upper) << 29) | <i64>(low >> 35)
  const halves = <f64>rest * 16.0 / (<f64>(<i64>upper) + estimate)
  const h = <i64>(halves + (halves < 0 ? -0.5 : 0.5))
  const distance = halves - <f64>h
  const twice = (upper << 33) + <u64>h
  let sign: i64 = distance < 0 ? -1 : 1
  if (abs(distance) < 1.0 / 32768.0) sign = <i64>((low << 2) - twice * twice)
  // The root is twice / 2, and a little more, or less, by `sign`.
  const odd = (h & 1) != 0
  const root = (upper << 32) + <u64>(h >> 1)
  if (sign < 0) {
    Below.root = odd ? 1 : INTEGER_BIT | 1
    return odd ? root : root - 1
  }
  Below.root = odd ? INTEGER_BIT | 1 : u64(sign != 0)
  return root
}
