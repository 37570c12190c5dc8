// Arithmetic of singles and doubles. x: operation, elements << 8, double << 16, immediate << 24.
import {
  Context, DE, IE, Parts, Result, ZE, begin, element, end, endStage, indefinite, infinity, invalid, isDenormal, isNan, operand, pack, propagate, putElement, quietBit, roundingMode, signBit, significandOf, value, writeResult,
} from './sse-number'
import { Below, integerRoot } from './quotient'
import { Wide, divideWide, multiplyHigh, shiftRightSticky } from './wide'

const ADD: i32 = 0
const SUB: i32 = 1
const MUL: i32 = 2
const DIV: i32 = 3
const SQRT: i32 = 4
const MIN: i32 = 5
const MAX: i32 = 6
/** Neighbours' sums and differences, and differences and sums by turns. */
const HADD: i32 = 7
const HSUB: i32 = 8
const ADDSUB: i32 = 9

/** ADDPS, SUBSD, SQRTPD, MINSS, HADDPS ...: 1 if an unmasked exception kept it from writing. */
export function arithmetic(cpu: usize, to: usize, from: usize, x: i32): i32 {
  begin(cpu)
  Result.low = 0
  Result.high = 0
  const wide = (x >>> 16) & 1
  const count: u32 = (x >>> 8) & 15
  const operation = x & 0xff
  for (let i: u32 = 0; i < count; i++) putElement(wide, i, one(wide, operation, to, from, i, count))
  if (end(cpu)) return 1
  writeResult(to, count == 1 ? 4 << wide : 16)
  return 0
}

function one(wide: i32, operation: i32, to: usize, from: usize, i: u32, count: u32): u64 {
  if (operation == HADD || operation == HSUB) {
    const half = count >> 1
    const at = i < half ? to : from
    const k = 2 * (i < half ? i : i - half)
    return calculate(wide, operation == HADD ? ADD : SUB, element(wide, at, k), element(wide, at, k + 1))
  }
  if (operation == ADDSUB) operation = i & 1 ? ADD : SUB
  const b = element(wide, from, i)
  return calculate(wide, operation, operation == SQRT ? b : element(wide, to, i), b)
}

function calculate(wide: i32, operation: i32, a: u64, b: u64): u64 {
  if (operation <= SQRT && !isDenormal(wide, a) && !isDenormal(wide, b)) {
    // A finite result well above the denormal range comes from numbers, and can raise PE only: that is set, or not to be.
    const result = wide ? quickDouble(operation, a, b) : quickSingle(operation, a, b)
    const exponent = <u32>(wide ? (result >> 52) & 0x7ff : (result >> 23) & 0xff)
    if (exponent - 2 < <u32>(wide ? 0x7fd : 0xfd)) {
      if (Context.quick) return result
      if (wide ? isExactDouble(operation, a, b, result) : isExactSingle(operation, a, b, result)) return result
    }
  }
  a = operand(wide, a)
  b = operand(wide, b)
  if (operation >= MIN) return extremum(wide, operation, a, b)
  if (isNan(wide, a) || isNan(wide, b)) return propagate(wide, a, b)
  if (operation == SQRT) return squareRoot(wide, b)
  if (operation == MUL) return multiply(wide, a, b)
  if (operation == DIV) return divide(wide, a, b)
  return add(wide, a, operation == SUB ? b ^ signBit(wide) : b)
}

function quickDouble(operation: i32, a: u64, b: u64): u64 {
  const p = reinterpret<f64>(a)
  const q = reinterpret<f64>(b)
  if (operation == ADD) return reinterpret<u64>(p + q)
  if (operation == SUB) return reinterpret<u64>(p - q)
  if (operation == MUL) return reinterpret<u64>(p * q)
  if (operation == DIV) return reinterpret<u64>(p / q)
  return reinterpret<u64>(sqrt<f64>(q))
}

function quickSingle(operation: i32, a: u64, b: u64): u64 {
  const p = reinterpret<f32>(<u32>a)
  const q = reinterpret<f32>(<u32>b)
  if (operation == ADD) return <u64>reinterpret<u32>(p + q)
  if (operation == SUB) return <u64>reinterpret<u32>(p - q)
  if (operation == MUL) return <u64>reinterpret<u32>(p * q)
  if (operation == DIV) return <u64>reinterpret<u32>(p / q)
  return <u64>reinterpret<u32>(sqrt<f32>(q))
}

/** Bits from the first to the last one of a double's significand. */
// @ts-ignore: decorator
@inline
function length(a: u64): u64 {
  return 53 - ctz(a | 0x0010000000000000)
}

/** Whether a result is known to be exact, whatever the rounding mode: the error term of a sum, or few enough digits. */
function isExactDouble(operation: i32, a: u64, b: u64, result: u64): bool {
  const p = reinterpret<f64>(a)
  const q = operation == SUB ? -reinterpret<f64>(b) : reinterpret<f64>(b)
  const r = reinterpret<f64>(result)
  if (operation <= SUB) {
    const part = r - p
    return p - (r - part) + (q - part) == 0
  }
  if (operation == MUL) return length(a) + length(b) <= 53
  if (operation == DIV) return length(result) + length(b) <= 53 && r * q == p
  return length(result) << 1 <= 53 && r * r == q
}

/** The same of a single, whose products are exact as doubles. */
function isExactSingle(operation: i32, a: u64, b: u64, result: u64): bool {
  const p = reinterpret<f32>(<u32>a)
  const q = operation == SUB ? -reinterpret<f32>(<u32>b) : reinterpret<f32>(<u32>b)
  const r = reinterpret<f32>(<u32>result)
  if (operation <= SUB) {
    const part = r - p
    return p - (r - part) + (q - part) == 0
  }
  if (operation == MUL) return <f64>p * <f64>q == <f64>r
  if (operation == DIV) return <f64>r * <f64>q == <f64>p
  return <f64>r * <f64>r == <f64>q
}

/** MIN and MAX give the source wherever the comparison does not decide: a NaN, or two zeros. */
function extremum(wide: i32, operation: i32, a: u64, b: u64): u64 {
  if (isNan(wide, a) || isNan(wide, b)) {
    Context.raised |= IE
    return b
  }
  noteDenormals(wide, a, b)
  const p = value(wide, a)
  const q = value(wide, b)
  return (operation == MIN ? p < q : p > q) ? a : b
}

function noteDenormals(wide: i32, a: u64, b: u64): void {
  if (isDenormal(wide, a) || isDenormal(wide, b)) Context.raised |= DE
}

/** A sum of two numbers that are no NaNs. */
function add(wide: i32, a: u64, b: u64): u64 {
  const sign = signBit(wide)
  const magnitudes = sign - 1
  const infinite = infinity(wide)
  const aIs = (a & magnitudes) == infinite
  const bIs = (b & magnitudes) == infinite
  if (aIs && bIs && a != b) return invalid(wide)
  noteDenormals(wide, a, b)
  if (aIs) return a
  if (bIs) return b
  if ((b & magnitudes) == 0) return (a & magnitudes) == 0 ? addZeros(wide, a, b) : whole(wide, a)
  if ((a & magnitudes) == 0) return whole(wide, b)
  if ((a & magnitudes) >= (b & magnitudes)) return combine(wide, a, b)
  return combine(wide, b, a)
}

function addZeros(wide: i32, a: u64, b: u64): u64 {
  return a == b ? a : exactZero(wide)
}

/** The sign of an exact difference of equals. */
function exactZero(wide: i32): u64 {
  return roundingMode() == 1 ? signBit(wide) : 0
}

/** A number that is its own result, but for underflow. */
function whole(wide: i32, a: u64): u64 {
  const significand = significandOf(wide, a)
  return pack(wide, (a & signBit(wide)) != 0, Parts.exponent, significand, false)
}

/** The sum of two numbers, neither zero, the larger in magnitude first. */
function combine(wide: i32, a: u64, b: u64): u64 {
  const sign = (a & signBit(wide)) != 0
  const larger = significandOf(wide, a)
  let exponent = Parts.exponent
  const smaller = significandOf(wide, b)
  let high = shiftRightSticky(smaller, 0, exponent - Parts.exponent)
  let low = Wide.low
  if ((a ^ b) & signBit(wide)) {
    high = larger - high - u64(low != 0)
    low = 0 - low
    if ((high | low) == 0) return exactZero(wide)
    if (high == 0) {
      high = low
      low = 0
      exponent -= 64
    }
    const shift = clz(high)
    if (shift) {
      high = (high << shift) | (low >> (64 - shift))
      low <<= shift
      exponent -= <i32>shift
    }
  } else {
    high += larger
    if (high < larger) {
      low |= high & 1
      high = (high >> 1) | 0x8000000000000000
      exponent++
    }
  }
  return pack(wide, sign, exponent, high, low != 0)
}

function multiply(wide: i32, a: u64, b: u64): u64 {
  const sign = signBit(wide)
  const magnitudes = sign - 1
  const negative = ((a ^ b) & sign) != 0
  const signed: u64 = negative ? sign : 0
  const infinite = (a & magnitudes) == infinity(wide) || (b & magnitudes) == infinity(wide)
  const zero = (a & magnitudes) == 0 || (b & magnitudes) == 0
  if (infinite && zero) return invalid(wide)
  noteDenormals(wide, a, b)
  if (infinite) return signed | infinity(wide)
  if (zero) return signed
  const first = significandOf(wide, a)
  let exponent = Parts.exponent
  const second = significandOf(wide, b)
  exponent += Parts.exponent + 1
  let high = multiplyHigh(first, second)
  let low = first * second
  if (<i64>high >= 0) {
    high = (high << 1) | (low >> 63)
    low <<= 1
    exponent--
  }
  return pack(wide, negative, exponent, high, low != 0)
}

function divide(wide: i32, a: u64, b: u64): u64 {
  const sign = signBit(wide)
  const magnitudes = sign - 1
  const negative = ((a ^ b) & sign) != 0
  const signed: u64 = negative ? sign : 0
  const aInfinite = (a & magnitudes) == infinity(wide)
  const bInfinite = (b & magnitudes) == infinity(wide)
  const aZero = (a & magnitudes) == 0
  const bZero = (b & magnitudes) == 0
  if ((aInfinite && bInfinite) || (aZero && bZero)) return invalid(wide)
  if (bZero && !aInfinite) {
    Context.raised |= ZE
    return signed | infinity(wide)
  }
  noteDenormals(wide, a, b)
  if (aInfinite) return signed | infinity(wide)
  if (aZero || bInfinite) return signed
  const dividend = significandOf(wide, a)
  let exponent = Parts.exponent
  const divisor = significandOf(wide, b)
  exponent -= Parts.exponent
  const halve = dividend >= divisor
  const quotient = halve ? divideWide(dividend >> 1, dividend << 63, divisor) : divideWide(dividend, 0, divisor)
  return pack(wide, negative, halve ? exponent : exponent - 1, quotient, Wide.remainder != 0)
}

function squareRoot(wide: i32, a: u64): u64 {
  const sign = signBit(wide)
  if ((a & (sign - 1)) == 0) return a
  if (a & sign) return invalid(wide)
  noteDenormals(wide, a, a)
  if (a == infinity(wide)) return a
  const significand = significandOf(wide, a)
  const exponent = Parts.exponent
  // The radicand, as high * 2^-62, lies in [1, 4). Its root to 64 bits: enough for 53 and a sticky bit.
  const odd = exponent & 1
  const high = odd ? significand : significand >> 1
  const low: u64 = odd ? 0 : significand << 63
  const root = integerRoot(high, low)
  return pack(wide, false, exponent >> 1, root, Below.root != 0)
}

/** DPPS and DPPD: products by the immediate's high half, their sum to the elements that its low half names. */
export function dot(cpu: usize, to: usize, from: usize, x: i32): i32 {
  begin(cpu)
  Result.low = 0
  Result.high = 0
  const wide = (x >>> 16) & 1
  const count: u32 = wide ? 2 : 4
  const immediate: u32 = x >>> 24
  const product0 = product(wide, to, from, 0, immediate)
  const product1 = product(wide, to, from, 1, immediate)
  const product2: u64 = wide ? 0 : product(wide, to, from, 2, immediate)
  const product3: u64 = wide ? 0 : product(wide, to, from, 3, immediate)
  let sum: u64 = 0
  if (!endStage()) {
    sum = calculate(wide, ADD, product0, product1)
    if (!wide) {
      const other = calculate(wide, ADD, product2, product3)
      if (!endStage()) sum = calculate(wide, ADD, sum, other)
    }
  }
  if (end(cpu)) return 1
  const isNumber = !isNan(wide, sum)
  for (let i: u32 = 0; i < count; i++) {
    if (!((immediate >>> i) & 1)) continue
    if (isNumber) putElement(wide, i, sum)
    else if (wide) putElement(1, i, i ? calculate(1, ADD, product1, product0) : sum)
    else putElement(0, i, i < 2 ? nanOf(i, product0, product1, product2, product3) : nanOf(i, product2, product3, product0, product1))
  }
  writeResult(to, 16)
  return 0
}

/** Element i of a sum of singles that is no number: which NaN it is depends on the order in which the recorded CPU adds. */
function nanOf(i: u32, even: u64, odd: u64, otherEven: u64, otherOdd: u64): u64 {
  if (i & 1) return calculate(0, ADD, calculate(0, ADD, even, odd), calculate(0, ADD, otherEven, otherOdd))
  return calculate(0, ADD, calculate(0, ADD, odd, even), calculate(0, ADD, otherOdd, otherEven))
}

function product(wide: i32, to: usize, from: usize, i: u32, immediate: u32): u64 {
  return (immediate >>> (4 + i)) & 1 ? calculate(wide, MUL, element(wide, to, i), element(wide, from, i)) : 0
}

/** RCPPS and RSQRTPS (x: 1 for the root, elements << 8): no flags; closer than the CPUs' tables, which differ. */
export function approximate(cpu: usize, to: usize, from: usize, x: i32): i32 {
  Result.low = 0
  Result.high = 0
  const count: u32 = (x >>> 8) & 15
  for (let i: u32 = 0; i < count; i++) putElement(0, i, approximation(element(0, from, i), x & 1))
  writeResult(to, count == 1 ? 4 : 16)
  return 0
}

function approximation(a: u64, root: i32): u64 {
  if (isNan(0, a)) return a | quietBit(0)
  const sign = a & signBit(0)
  if (isDenormal(0, a) || a == sign) return sign | infinity(0)
  if (root && sign) return indefinite(0)
  const p = <f64>reinterpret<f32>(<u32>a)
  const result = <u64>reinterpret<u32>(<f32>(1.0 / (root ? Math.sqrt(p) : p)))
  return isDenormal(0, result) ? sign : result
}
