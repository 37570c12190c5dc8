// 128-bit helpers on pairs of u64. A function that gives two words returns the high one and leaves the low one in Wide.low.

export class Wide {
  static low: u64 = 0
  static remainder: u64 = 0
}

/** The high word of a full product; the low one is a * b. */
// @ts-ignore: decorator
@inline
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

/** Adds the upper word of a * c, cut short by some 2^33 at most, to the low word of another product; it may carry. */
// @ts-ignore: decorator
@inline
export function addLowProduct(low: u64, a: u64, c: u64): u64 {
  return low + (a >> 32) * (c >> 32)
}
