// Rounding, overflow and underflow (SDM vol. 1, sections 4.8.4, 8.1.5.2, 8.1.5.3, 8.5.4 to 8.5.6).
import { C1, INTEGER_BIT, OE, PE, RC_DOWN, RC_NEAREST, RC_UP, UE } from './layout'
import { Result, give } from './state'
import { Wide, shiftRightSticky } from './wide'

/** An unmasked overflow or underflow wraps the exponent by this much (section 8.5.4). */
export const WRAP: i32 = 24576

export function roundingOf(control: u32): u32 {
  return (control >> 10) & 3
}

/** Significand bits that precision control asks for. */
export function precisionOf(control: u32): u32 {
  const field = (control >> 8) & 3
  if (field == 3) return 64
  if (field == 2) return 53
  return field == 0 ? 24 : 64
}

/** Whether a magnitude with this fraction (half = 2^63) rounds away from zero. */
export function roundsUp(rounding: u32, negative: bool, odd: bool, fraction: u64): bool {
  if (rounding == RC_NEAREST) return fraction > INTEGER_BIT || (fraction == INTEGER_BIT && odd)
  if (rounding == RC_DOWN) return negative && fraction != 0
  if (rounding == RC_UP) return !negative && fraction != 0
  return false
}

/** Rounds a normalized high:low to a register's exponent range and gives it. */
export function roundToRegister(control: u32, precision: u32, sign: u32, exponent: i32, high: u64, low: u64): void {
  round(control, precision, 0x7fff, sign, exponent, high, low)
}

/**
 * Gives sign (0 or 0x8000), a biased exponent below `limit` (the format's all-ones exponent) and a significand
 * with `precision` bits kept at the top.
 */
export function round(control: u32, precision: u32, limit: i32, sign: u32, exponent: i32, high: u64, low: u64): void {
  const unit: u64 = <u64>1 << (64 - precision)
  const fraction = fractionOf(precision, high, low)
  let rounded = high & (0 - unit)
  const up = roundsUp(roundingOf(control), sign != 0, (rounded & unit) != 0, fraction)
  let after = exponent
  if (up) {
    rounded += unit
    if (rounded == 0) {
      rounded = INTEGER_BIT
      after++
    }
  }
  if (<u32>(after - 1) >= <u32>(limit - 1)) return roundAtEdge(control, precision, limit, sign, exponent, high, low)
  if (fraction) Result.raised |= up ? PE | C1 : PE
  give(sign | after, rounded)
}

/** The same where the result is tiny, which is detected after rounding (section 4.9.1.5), or too large. */
function roundAtEdge(control: u32, precision: u32, limit: i32, sign: u32, exponent: i32, high: u64, low: u64): void {
  const unit: u64 = <u64>1 << (64 - precision)
  if (exponent <= 0 && (control & UE) != 0) return denormalize(control, precision, sign, exponent, high, low)
  if (exponent > 0 && (control & OE) != 0) return overflow(control, unit, limit, sign)
  Result.raised |= exponent <= 0 ? UE : OE
  // In a memory format nothing is stored, so nothing is wrapped or rounded.
  if (limit != 0x7fff) return
  exponent += exponent <= 0 ? WRAP : -WRAP
  if (exponent <= 0) return massive(PE, sign, 0)
  if (exponent >= limit) return massive(PE | C1, sign | limit, INTEGER_BIT)
  round(control, precision, limit, sign, exponent, high, low)
}

/** Out of range even after the wrap, as FSCALE can produce (section 8.5.4): zero or infinity, inexact. */
function massive(raised: u32, signExponent: u32, significand: u64): void {
  Result.raised = (Result.raised & ~C1) | raised
  give(signExponent, significand)
}

/** The bits below the last kept place, aligned so that half is 2^63. */
function fractionOf(precision: u32, high: u64, low: u64): u64 {
  return precision == 64 ? low : (high << precision) | u64(low != 0)
}

/** Masked underflow: the result is a denormal, and UE only tells of lost accuracy. */
function denormalize(control: u32, precision: u32, sign: u32, exponent: i32, high: u64, low: u64): void {
  const unit: u64 = <u64>1 << (64 - precision)
  const shifted = shiftRightSticky(high, low, 1 - exponent)
  const fraction = fractionOf(precision, shifted, Wide.low)
  let rounded = shifted & (0 - unit)
  const up = roundsUp(roundingOf(control), sign != 0, (rounded & unit) != 0, fraction)
  if (up) rounded += unit
  if (fraction) Result.raised |= up ? UE | PE | C1 : UE | PE
  give(sign | <u32>(rounded >> 63), rounded)
}

/** Masked overflow: infinity, or the largest finite number where the rounding mode points inward. */
function overflow(control: u32, unit: u64, limit: i32, sign: u32): void {
  const rounding = roundingOf(control)
  Result.raised |= OE | PE
  if (rounding == RC_NEAREST || rounding == (sign ? RC_DOWN : RC_UP)) {
    Result.raised |= C1
    give(sign | limit, INTEGER_BIT)
  } else {
    give(sign | (limit - 1), 0 - unit)
  }
}
