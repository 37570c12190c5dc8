import { Callout } from '../../system/callouts.ts'
import { Vector, noErrorCode } from '../../system/guest-fault.ts'
import { Op, ValueType } from '../../wasm/opcodes.ts'
import type { Emitter } from '../emitter.ts'
import { constant, type Value } from '../value.ts'
import { next, type Family } from './family.ts'

/** Pushes `value` of `size` bytes as an i64. */
function extend(e: Emitter, value: Value, size: number, signed: boolean): void {
  if (signed) e.pushSigned(value, size).op(Op.i64_extend_i32_s)
  else e.push(value).op(Op.i64_extend_i32_u)
}

/** Splits the i64 on the stack into its low `size` bytes and the next `size` bytes. */
function split(e: Emitter, size: number): { low: Value; high: Value; wide: number } {
  const wide = e.w.local(ValueType.i64)
  e.w.tee(wide).op(Op.i32_wrap_i64)
  const low = e.mask(size).pop()
  e.w
    .get(wide)
    .i64(size * 8)
    .op(Op.i64_shr_u)
    .op(Op.i32_wrap_i64)
  const high = e.mask(size).pop()
  return { low, high, wide }
}

/** Sets CF and OF if the product does not fit its low half; the other flags follow the low half. */
function productFlags(e: Emitter, low: Value, wide: number, size: number, signed: boolean): void {
  e.w.get(wide)
  extend(e, low, size, signed)
  const lost = e.op(Op.i64_ne).pop()
  e.flags.explicit(size, low, lost, lost)
}

/** Writes a double-size result: AX for bytes, else (E)DX:(E)AX. */
function writeWide(e: Emitter, low: Value, high: Value, size: number): void {
  if (size === 1) {
    e.push(high).i32(8).op(Op.i32_shl).push(low).op(Op.i32_or)
    return e.setGpr(0, 2, e.pop())
  }
  e.setGpr(0, size, low)
  e.setGpr(2, size, high)
}

/** One-operand MUL and IMUL. */
function wideProduct(signed: boolean): Family {
  return next((e) => {
    const size = e.size
    const source = e.read(0)
    extend(e, e.gpr(0, size), size, signed)
    extend(e, source, size, signed)
    const { low, high, wide } = split((e.op(Op.i64_mul), e), size)
    productFlags(e, low, wide, size, signed)
    writeWide(e, low, high, size)
  })
}

const wideImul = wideProduct(true)
export const mul: Family = wideProduct(false)

/** IMUL in its one-, two- and three-operand forms. */
export const imul: Family = next((e) => {
  const operands = e.shape.kinds.length
  if (operands === 1) return wideImul.emit(e)
  const size = e.size
  const a = operands === 3 ? e.read(1) : e.read(0)
  const b = e.read(operands - 1)
  extend(e, a, size, true)
  extend(e, b, size, true)
  const { low, wide } = split((e.op(Op.i64_mul), e), size)
  productFlags(e, low, wide, size, true)
  e.write(0, low)
})

/** Raises #DE if the condition on the stack holds. */
const divideErrorIf = (e: Emitter): void =>
  e.rarely(() => e.callout(Callout.Raise, constant(Vector.DE), constant(noErrorCode)))

/** Pushes the dividend: AX for byte operands, else (E)DX:(E)AX. */
function pushDividend(e: Emitter, size: number, signed: boolean): void {
  if (size === 1) return extend(e, e.gpr(0, 2), 2, signed)
  if (size === 2) {
    e.push(e.gpr(2, 2)).i32(16).op(Op.i32_shl).push(e.gpr(0, 2)).op(Op.i32_or)
    e.op(signed ? Op.i64_extend_i32_s : Op.i64_extend_i32_u)
    return
  }
  extend(e, e.gpr(2, 4), 4, false)
  e.w.i64(32).op(Op.i64_shl)
  extend(e, e.gpr(0, 4), 4, false)
  e.op(Op.i64_or)
}

/** DIV and IDIV. The one quotient that WebAssembly itself cannot divide, -2^63 / -1, overflows here anyway. */
function divide(signed: boolean): Family {
  return next((e) => {
    const size = e.size
    const source = e.read(0)
    const dividend = e.w.local(ValueType.i64)
    const divisor = e.w.local(ValueType.i64)
    const quotient = e.w.local(ValueType.i64)
    extend(e, source, size, signed)
    e.w.tee(divisor).op(Op.i64_eqz)
    divideErrorIf(e)
    pushDividend(e, size, signed)
    e.w.set(dividend)
    if (signed && size === 4) {
      e.w.get(dividend).i64(0, 0x8000_0000).op(Op.i64_eq)
      divideErrorIf(e)
    }
    e.w
      .get(dividend)
      .get(divisor)
      .op(signed ? Op.i64_div_s : Op.i64_div_u)
      .tee(quotient)
      .op(Op.i32_wrap_i64)
    const low = e.mask(size).pop()
    e.w.get(quotient)
    extend(e, low, size, signed)
    e.op(Op.i64_ne)
    divideErrorIf(e)
    e.w
      .get(dividend)
      .get(divisor)
      .op(signed ? Op.i64_rem_s : Op.i64_rem_u)
      .op(Op.i32_wrap_i64)
    const remainder = e.mask(size).pop()
    writeWide(e, low, remainder, size)
  })
}

export const div: Family = divide(false)
export const idiv: Family = divide(true)
