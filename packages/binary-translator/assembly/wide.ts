// 128-bit helpers on pairs of u64. A function that gives two words returns the high one and leaves the low one in Wide.low.

export class Wide {
  static low: u64 = 0
  static remainder: u64 = 0
}

/** The high word of a full product; the low one is a * b. */
export function multiplyHigh(a: u64, b: u64): u64 {
  const aLow = a & 0xffffffff
  const aHigh = a >> 32
  const bLow = b & 0xffffffff
  const bHigh = b >> 32
  const middle = aHigh * bLow + ((aLow * bLow) >> 32) // at most (2^32-1)^2 + 2^32-1: no carry out
  const cross = aLow * bHigh + (middle & 0xffffffff)
  return aHigh * bHigh + (middle >> 32) + (cross >> 32)
}

/** The full product; high word returned. */
export function multiplyWide(a: u64, b: u64): u64 {
  Wide.low = a * b
  return multiplyHigh(a, b)
}

/** high:low shifted right; bits that fall out stay visible as a one in the last place ("sticky"). */
export function shiftRightSticky(high: u64, low: u64, count: u32): u64 {
  if (count == 0) {
    Wide.low = low
    return high
  }
  if (count < 64) {
    Wide.low = (high << (64 - count)) | (low >> count) | u64(low << (64 - count) != 0)
    return high >> count
  }
  if (count == 64) {
    Wide.low = high | u64(low != 0)
  } else if (count < 128) {
    Wide.low = (high >> (count - 64)) | u64(((high << (128 - count)) | low) != 0)
  } else {
    Wide.low = u64((high | low) != 0)
  }
  return 0
}

/** high:low divided by a normalized divisor (bit 63 set, high < divisor): the quotient; the rest in Wide.remainder. */
export function divideWide(high: u64, low: u64, divisor: u64): u64 {
  const upper = quotientDigit(high, low >> 32, divisor)
  const lower = quotientDigit(Wide.remainder, low & 0xffffffff, divisor)
  return (upper << 32) | lower
}

/** One base-2^32 digit of (rest * 2^32 + digit) / divisor by trial and at most two corrections. */
function quotientDigit(rest: u64, digit: u64, divisor: u64): u64 {
  const divisorHigh = divisor >> 32
  const divisorLow = divisor & 0xffffffff
  let quotient = rest / divisorHigh
  let partial = rest - quotient * divisorHigh
  while (quotient > 0xffffffff || quotient * divisorLow > ((partial << 32) | digit)) {
    quotient--
    partial += divisorHigh
    if (partial > 0xffffffff) break
  }
  // The true remainder is below the divisor, so wrapping arithmetic gives it.
  Wide.remainder = ((rest << 32) | digit) - quotient * divisor
  return quotient
}

/** The upper 128 bits of a 256-bit product, a few units in the last place short at most. */
export function multiplyUpper(aHigh: u64, aLow: u64, bHigh: u64, bLow: u64): u64 {
  const first = multiplyWide(aHigh, bLow)
  const second = multiplyWide(aLow, bHigh)
  let high = multiplyWide(aHigh, bHigh)
  let low = Wide.low + first
  high += u64(low < first)
  low += second
  high += u64(low < second)
  Wide.low = low
  return high
}

/** high:low / divisor for a divisor below 2^32. */
export function divideSmall(high: u64, low: u64, divisor: u64): u64 {
  // Remainders by multiplication: a wasm remainder is a second division.
  const first = high / divisor
  const middle = ((high - first * divisor) << 32) | (low >> 32)
  const second = middle / divisor
  const last = ((middle - second * divisor) << 32) | (low & 0xffffffff)
  Wide.low = (second << 32) | (last / divisor)
  return first
}

/** What `quotientWord` leaves over. */
export class Rest {
  static high: u64 = 0
  static low: u64 = 0
}

/** floor(n * 2^64 / d) of 128-bit n < d, d normalized: an estimate by d's upper half, corrected at most twice. */
export function quotientWord(nHigh: u64, nLow: u64, dHigh: u64, dLow: u64): u64 {
  let quotient: u64 = nHigh >= dHigh ? 0xffffffffffffffff : divideWide(nHigh, nLow, dHigh)
  const productHigh = multiplyWide(quotient, dLow)
  const productLow = Wide.low
  let upper = multiplyWide(quotient, dHigh)
  const middle = Wide.low + productHigh
  upper += u64(middle < productHigh)
  // rest = n * 2^64 - quotient * d, of which the top word is 0, -1 or -2
  let low = 0 - productLow
  const borrow = u64(productLow != 0)
  let high = nLow - middle - borrow
  let top = <i64>(nHigh - upper - u64(nLow < middle || (nLow == middle && borrow != 0)))
  while (top < 0) {
    quotient--
    low += dLow
    const carry = u64(low < dLow)
    const sum = high + dHigh
    high = sum + carry
    top += <i64>(u64(sum < dHigh) + u64(high < carry))
  }
  Rest.high = high
  Rest.low = low
  return quotient
}
