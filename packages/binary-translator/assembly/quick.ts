// The short ways of arithmetic (SDM vol. 1, section 8.3.3): rounding to nearest with 64 bits and PE masked, as programs mostly have it, operands and
// result normal. Each does all that the instruction does and returns true, or changes nothing and returns false.
import { BIAS, C1, CONTROL, INTEGER_BIT, PE, REGISTERS, SIGN, SIGN_EXPONENT, STATUS, TAGS, TOP, TOP_ALONE } from './layout'
import { multiplyHigh } from './wide'
import { Below, LARGEST_DIVISOR, Left, integerRoot, quotientOf } from './quotient'

/** PC, RC and PM in the control word, and what they are to be. */
const DECISIVE: u32 = 0xf20
const USUAL: u32 = 0x320

// @ts-ignore: decorator
@inline
function isUsual(cpu: usize): bool {
  return (load<u32>(cpu, CONTROL) & DECISIVE) == USUAL
}

/** Whether functions round to nearest and need not report it; precision control has no say in them. */
// @ts-ignore: decorator
@inline
export function roundsToNearest(cpu: usize): bool {
  return (load<u32>(cpu, CONTROL) & 0xc20) == 0x20
}

// @ts-ignore: decorator
@inline
function areNormal(aExponent: u32, a: u64, bExponent: u32, b: u64): bool {
  return <u32>(aExponent - 1) < 0x7ffe && <u32>(bExponent - 1) < 0x7ffe && <i64>(a & b) < 0
}

/** Rounds a normalized high:low to nearest, writes register and status less `cleared`, and pops. */
// @ts-ignore: decorator
@inline
export function finish(
  cpu: usize, into: u32, sign: u32, exponent: u32, high: u64, low: u64, pop: u32, cleared: u32 = C1,
): bool {
  const up = u64(low > INTEGER_BIT) | (u64(low == INTEGER_BIT) & high & 1)
  let significand = high + up
  if (significand < up) {
    significand = INTEGER_BIT
    exponent++
  }
  if (<u32>(exponent - 1) >= 0x7ffe) return false
  const at = cpu + (into << 4)
  store<u64>(at, significand, REGISTERS)
  store<u16>(at, <u16>(sign | exponent), SIGN_EXPONENT)
  // PE is bit 5, C1 bit 9.
  let status = (load<u32>(cpu, STATUS) & ~cleared) | (u32(low != 0) << 5) | (<u32>up << 9)
  if (pop) {
    const top = load<u32>(cpu, TOP_ALONE)
    const after = (top + 0x800) & TOP
    store<u32>(cpu, load<u32>(cpu, TAGS) | (<u32>3 << (top >> 10)), TAGS)
    store<u32>(cpu, after, TOP_ALONE)
    status = (status & ~TOP) | after
  }
  store<u32>(cpu, status, STATUS)
  return true
}

/** `into` := a + b. */
export function quickAdd(cpu: usize, into: u32, aSe: u32, a: u64, bSe: u32, b: u64, pop: u32): bool {
  let exponent = aSe & 0x7fff
  const other = bSe & 0x7fff
  if (!isUsual(cpu) || !areNormal(exponent, a, other, b)) return false
  let distance = exponent - other
  let sign = aSe & SIGN
  if (<i32>distance < 0 || (distance == 0 && a < b)) {
    const larger = b
    b = a
    a = larger
    exponent = other
    distance = 0 - distance
    sign = bSe & SIGN
  }
  if (distance > 63) return false
  const shifted = b >> distance
  let low = distance ? b << (64 - distance) : 0
  let high: u64
  if ((aSe ^ bSe) & SIGN) {
    high = a - shifted - u64(low != 0)
    low = 0 - low
    // Zero, or not enough bits left.
    if (high == 0) return false
    const shift = clz(high)
    if (shift) {
      high = (high << shift) | (low >> (64 - shift))
      low <<= shift
      exponent -= <u32>shift
    }
  } else {
    high = a + shifted
    if (high < a) {
      low = (high << 63) | (low >> 1) | (low & 1)
      high = (high >> 1) | INTEGER_BIT
      exponent++
    }
  }
  return finish(cpu, into, sign, exponent, high, low, pop)
}

/** `into` := a * b. */
export function quickMultiply(cpu: usize, into: u32, aSe: u32, a: u64, bSe: u32, b: u64, pop: u32): bool {
  const aExponent = aSe & 0x7fff
  const bExponent = bSe & 0x7fff
  if (!isUsual(cpu) || !areNormal(aExponent, a, bExponent, b)) return false
  let exponent = aExponent + bExponent - BIAS + 1
  let high = multiplyHigh(a, b)
  let low = a * b
  if (<i64>high >= 0) {
    high = (high << 1) | (low >> 63)
    low <<= 1
    exponent--
  }
  return finish(cpu, into, (aSe ^ bSe) & SIGN, exponent, high, low, pop)
}

/** `into` := a / b. */
export function quickDivide(cpu: usize, into: u32, aSe: u32, a: u64, bSe: u32, b: u64, pop: u32): bool {
  const aExponent = aSe & 0x7fff
  const bExponent = bSe & 0x7fff
  if (!isUsual(cpu) || !areNormal(aExponent, a, bExponent, b) || b >= LARGEST_DIVISOR) return false
  // A quotient of one or more: what is beyond one, and its last digit is the first that is rounded off.
  const more = u32(a >= b)
  let quotient = quotientOf(more ? a - b : a, b)
  const rest = Left.rest
  const other = b - rest
  let low: u64
  if (more) {
    low = (quotient << 63) | u64(rest != 0)
    quotient = (quotient >> 1) | INTEGER_BIT
  } else {
    // Nothing, less, exactly or more than half.
    low = rest == 0 ? 0 : rest == other ? INTEGER_BIT : rest > other ? INTEGER_BIT | 1 : 1
  }
  return finish(cpu, into, (aSe ^ bSe) & SIGN, aExponent - bExponent + BIAS + more - 1, quotient, low, pop)
}

/** `into` := square root of a. */
export function quickRoot(cpu: usize, into: u32, se: u32, a: u64): bool {
  // Positive and normal, for a sign would make this too large.
  if (!isUsual(cpu) || <u32>(se - 1) >= 0x7ffe || <i64>a >= 0) return false
  const exponent = <i32>se - BIAS
  const even = ~exponent & 1
  const root = integerRoot(a >> even, u64(even) << 63 & (a << 63))
  return finish(cpu, into, 0, (exponent >> 1) + BIAS, root, Below.root, 0)
}
