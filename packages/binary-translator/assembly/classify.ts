// Classes of 80-bit operands (SDM vol. 1, section 8.2.2, table 8-3) and the NaN rules (section 4.8.3.5, table 4-7).
import { DE, IE, INTEGER_BIT, MAX_EXPONENT, QUIET_BIT, SIGN } from './layout'
import { Result, give, giveInvalid } from './state'

export class MemoryOperand {
  static signExponent: u32 = 0
  static significand: u64 = 0
  /** DE when the operand came from memory as a denormal; its 80-bit form is normal and hides it. */
  static denormal: u32 = 0
}

export function exponentOf(signExponent: u32): u32 {
  return signExponent & MAX_EXPONENT
}

/** A finite normal number: neither zero, denormal, infinity, NaN nor unsupported. */
export function isNormal(signExponent: u32, significand: u64): bool {
  return <u32>(exponentOf(signExponent) - 1) < 0x7ffe && <i64>significand < 0
}

/** Unnormal, pseudo-NaN or pseudo-infinity. */
export function isUnsupported(signExponent: u32, significand: u64): bool {
  return exponentOf(signExponent) != 0 && <i64>significand >= 0
}

export function isNan(signExponent: u32, significand: u64): bool {
  return exponentOf(signExponent) == MAX_EXPONENT && significand << 1 != 0
}

export function isInfinity(signExponent: u32, significand: u64): bool {
  return exponentOf(signExponent) == MAX_EXPONENT && significand == INTEGER_BIT
}

/** Denormal or pseudo-denormal. */
export function isDenormal(signExponent: u32, significand: u64): bool {
  return exponentOf(signExponent) == 0 && significand != 0
}

export function isZero(signExponent: u32, significand: u64): bool {
  return exponentOf(signExponent) == 0 && significand == 0
}

/** The exponent that a finite non-zero number has once its significand is normalized. */
export function normalExponent(signExponent: u32, significand: u64): i32 {
  const exponent = <i32>exponentOf(signExponent)
  return exponent ? exponent : 1 - <i32>clz(significand)
}

export function normalSignificand(significand: u64): u64 {
  return significand << clz(significand)
}

/** Answers a single operand that is unsupported or a NaN; false when it is neither. */
export function answersSpecial(signExponent: u32, significand: u64): bool {
  if (isUnsupported(signExponent, significand)) {
    giveInvalid()
    return true
  }
  if (!isNan(signExponent, significand)) return false
  if (!(significand & QUIET_BIT)) Result.raised |= IE
  give(signExponent, significand | QUIET_BIT)
  return true
}

/** Answers two operands of which one is unsupported or a NaN; false when neither is. */
export function answersSpecials(aSe: u32, a: u64, bSe: u32, b: u64): bool {
  if (isUnsupported(aSe, a) || isUnsupported(bSe, b)) {
    giveInvalid()
    return true
  }
  const aNan = isNan(aSe, a)
  const bNan = isNan(bSe, b)
  if (!(aNan || bNan)) return false
  const aSignaling = aNan && !(a & QUIET_BIT)
  const bSignaling = bNan && !(b & QUIET_BIT)
  if (aSignaling || bSignaling) Result.raised |= IE
  let first = aNan
  if (aNan && bNan) {
    if (aSignaling != bSignaling) first = bSignaling
    else first = a == b ? (aSe & SIGN) <= (bSe & SIGN) : a > b
  }
  if (first) give(aSe, a | QUIET_BIT)
  else give(bSe, b | QUIET_BIT)
  return true
}

/** Raises DE for a denormal operand; true when it is unmasked and ends the operation. */
export function stopsOnDenormal(control: u32, denormal: bool): bool {
  if (denormal || MemoryOperand.denormal) {
    Result.raised |= DE
    return !(control & DE)
  }
  return false
}
