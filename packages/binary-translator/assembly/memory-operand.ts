// Conversion of memory operands to the 80-bit format; always exact (SDM vol. 1, section 8.2).
import { BIAS, DE, INTEGER_BIT, SIGN } from './layout'
import { MemoryOperand } from './classify'

/** Real formats differ in widths only; `fraction` is aligned to bit 62 of the significand. */
function takeReal(sign: u32, exponent: u32, limit: u32, fraction: u64): void {
  MemoryOperand.denormal = 0
  if (exponent == limit) {
    MemoryOperand.signExponent = sign | 0x7fff
    MemoryOperand.significand = INTEGER_BIT | fraction
  } else if (exponent != 0) {
    MemoryOperand.signExponent = sign | (exponent + BIAS - (limit >> 1))
    MemoryOperand.significand = INTEGER_BIT | fraction
  } else if (fraction == 0) {
    MemoryOperand.signExponent = sign
    MemoryOperand.significand = 0
  } else {
    const shift = <u32>clz(fraction)
    MemoryOperand.denormal = DE
    MemoryOperand.signExponent = sign | (1 + BIAS - (limit >> 1) - shift)
    MemoryOperand.significand = fraction << shift
  }
}

export function takeF32(bits: u32): void {
  takeReal((bits >> 16) & SIGN, (bits >> 23) & 0xff, 0xff, <u64>(bits & 0x7fffff) << 40)
}

export function takeF64(bits: u64): void {
  takeReal(<u32>(bits >> 48) & SIGN, <u32>(bits >> 52) & 0x7ff, 0x7ff, (bits & 0xfffffffffffff) << 11)
}

export function takeInteger(value: i64): void {
  MemoryOperand.denormal = 0
  if (value == 0) {
    MemoryOperand.signExponent = 0
    MemoryOperand.significand = 0
    return
  }
  const magnitude: u64 = value < 0 ? 0 - <u64>value : <u64>value
  const shift = <u32>clz(magnitude)
  MemoryOperand.signExponent = (value < 0 ? SIGN : 0) | (BIAS + 63 - shift)
  MemoryOperand.significand = magnitude << shift
}

/** Register operands: no memory operand takes part. */
export function takeNone(): void {
  MemoryOperand.denormal = 0
}
