import { ValueType, Op } from '../../wasm/opcodes.ts'
import type { Emitter, Place } from '../emitter.ts'
import { constant, type Value } from '../value.ts'
import { next, type Family } from './family.ts'

/**
 * Shifts and rotates. The count is masked to five bits; a masked count of zero changes no flag (the destination is
 * still written). SDM vol. 2, SAL/SAR/SHL/SHR and RCL/RCR/ROL/ROR.
 */
type Shift = (e: Emitter, a: Value, count: Value, size: number) => { r: Value; cf: Value; of: Value }

const bits = (size: number): number => size * 8

/** Pushes bit `n` (a value) of `a`. */
const pushBit = (e: Emitter, a: Value, n: () => void): Emitter => {
  e.push(a)
  n()
  return e.op(Op.i32_shr_u).i32(1).op(Op.i32_and)
}

const signBit = (e: Emitter, r: Value, size: number): Emitter =>
  e
    .push(r)
    .i32(bits(size) - 1)
    .op(Op.i32_shr_u)
    .i32(1)
    .op(Op.i32_and)

/** SHL: for narrow operands the carry may come from beyond the operand, so the value is shifted in 64 bits. */
const shl: Shift = (e, a, count, size) => {
  e.push(a).op(Op.i64_extend_i32_u).push(count).op(Op.i64_extend_i32_u).op(Op.i64_shl)
  const wide = e.w.local(ValueType.i64)
  e.w.set(wide).get(wide).op(Op.i32_wrap_i64)
  const r = e.pop()
  e.w.get(wide).i64(bits(size)).op(Op.i64_shr_u).op(Op.i32_wrap_i64)
  const cf = e.i32(1).op(Op.i32_and).pop()
  const of = signBit(e, r, size).push(cf).op(Op.i32_xor).pop()
  return { r, cf, of }
}

const shr: Shift = (e, a, count, size) => {
  const r = e.push(a).push(count).op(Op.i32_shr_u).pop()
  const cf = pushBit(e, a, () => e.push(count).i32(1).op(Op.i32_sub)).pop()
  return { r, cf, of: signBit(e, a, size).pop() }
}

const sar: Shift = (e, a, count, size) => {
  const signed = e.pushSigned(a, size).pop()
  const r = e.push(signed).push(count).op(Op.i32_shr_s).pop()
  e.push(signed).push(count).i32(1).op(Op.i32_sub).op(Op.i32_shr_s)
  return { r, cf: e.i32(1).op(Op.i32_and).pop(), of: constant(0) }
}

/** ROL and ROR within `size` bytes, by a count already reduced modulo the operand's bits. */
function rotated(e: Emitter, a: Value, count: Value, size: number, left: boolean): Value {
  if (size === 4)
    return e
      .push(a)
      .push(count)
      .op(left ? Op.i32_rotl : Op.i32_rotr)
      .pop()
  const n = e
    .push(count)
    .i32(bits(size) - 1)
    .op(Op.i32_and)
    .pop()
  const opposite = (): void => {
    e.i32(bits(size)).push(n).op(Op.i32_sub)
  }
  e.push(a)
  left ? e.push(n) : opposite()
  e.op(Op.i32_shl).push(a)
  left ? opposite() : e.push(n)
  return e.op(Op.i32_shr_u).op(Op.i32_or).mask(size).pop()
}

const rol: Shift = (e, a, count, size) => {
  const r = rotated(e, a, count, size, true)
  const cf = e.push(r).i32(1).op(Op.i32_and).pop()
  return { r, cf, of: signBit(e, r, size).push(cf).op(Op.i32_xor).pop() }
}

const ror: Shift = (e, a, count, size) => {
  const r = rotated(e, a, count, size, false)
  const cf = signBit(e, r, size).pop()
  e.push(r)
    .i32(bits(size) - 2)
    .op(Op.i32_shr_u)
    .i32(1)
    .op(Op.i32_and)
  return { r, cf, of: e.push(cf).op(Op.i32_xor).pop() }
}

/** RCL and RCR: rotates of the operand with CF on top, of bits + 1 positions, done in 64 bits. */
function throughCarry(left: boolean): Shift {
  return (e, a, count, size) => {
    const width = bits(size) + 1
    const n = size === 4 ? count : e.push(count).i32(width).op(Op.i32_rem_u).pop()
    const wide = e.w.local(ValueType.i64)
    e.flags.pushCarry()
    e.op(Op.i64_extend_i32_u).w.i64(bits(size)).op(Op.i64_shl)
    e.push(a).op(Op.i64_extend_i32_u).op(Op.i64_or).w.set(wide)
    const by = (opposite: boolean): void => {
      if (opposite) e.i32(width).push(n).op(Op.i32_sub)
      else e.push(n)
      e.op(Op.i64_extend_i32_u)
    }
    e.w.get(wide)
    by(!left)
    e.op(Op.i64_shl).w.get(wide)
    by(left)
    e.op(Op.i64_shr_u).op(Op.i64_or).w.tee(wide).op(Op.i32_wrap_i64)
    const r = e.mask(size).pop()
    e.w.get(wide).i64(bits(size)).op(Op.i64_shr_u).op(Op.i32_wrap_i64)
    const cf = e.i32(1).op(Op.i32_and).pop()
    signBit(e, r, size)
    if (left) e.push(cf)
    else
      e.push(r)
        .i32(bits(size) - 2)
        .op(Op.i32_shr_u)
        .i32(1)
        .op(Op.i32_and)
    return { r, cf, of: e.op(Op.i32_xor).pop() }
  }
}

/** Emits one shift: `rotate` changes CF and OF only. */
function shift(compute: Shift, rotate: boolean): Family {
  return next((e) => {
    const place = e.open(0)
    const raw = e.read(1)
    if (typeof raw !== 'number') return shiftBy(e, place, constant(raw.constant & 31), compute, rotate)
    const count = e.push(raw).i32(31).op(Op.i32_and).pop()
    shiftVariable(e, place, count, compute, rotate)
  })
}

function shiftBy(e: Emitter, place: Place, count: Value & { constant: number }, compute: Shift, rotate: boolean): void {
  if (count.constant === 0) return e.close(place, place.value)
  const { r, cf, of } = compute(e, place.value, count, e.size)
  if (rotate) e.flags.carryOverflow(cf, of)
  else e.flags.explicit(e.size, r, cf, of)
  e.close(place, r)
}

function shiftVariable(e: Emitter, place: Place, count: Value, compute: Shift, rotate: boolean): void {
  e.flags.settle()
  const result = e.copy(e.push(place.value).pop()) as number
  e.push(count)
  e.when(() => {
    const { r, cf, of } = compute(e, place.value, count, e.size)
    if (rotate) e.flags.carryOverflow(cf, of)
    else e.flags.explicit(e.size, r, cf, of)
    e.push(r).w.set(result)
  })
  e.close(place, result)
}

export const shlFamily: Family = shift(shl, false)
export const shrFamily: Family = shift(shr, false)
export const sarFamily: Family = shift(sar, false)
export const rolFamily: Family = shift(rol, true)
export const rorFamily: Family = shift(ror, true)
export const rclFamily: Family = shift(throughCarry(true), true)
export const rcrFamily: Family = shift(throughCarry(false), true)

/**
 * SHLD and SHRD. A 16-bit operand shifted by more than 16 is undefined by the manual; processors shift the
 * 48-bit pattern destination:source:destination, and so does this.
 */
function double(left: boolean): Family {
  return next((e) => {
    const place = e.open(0)
    const source = e.read(1)
    const count = e.push(e.read(2)).i32(31).op(Op.i32_and).pop()
    const old = e.copy(place.value)
    const result = e.push(old).pop()
    e.flags.settle()
    e.push(count)
    e.when(() => doubleShift(e, { old, source, count, result, left }))
    e.close(place, result)
  })
}

interface DoubleShift {
  old: Value
  source: Value
  count: Value
  result: number
  left: boolean
}

function doubleShift(e: Emitter, { old, source, count, result, left }: DoubleShift): void {
  const size = e.size
  const n = bits(size)
  const wide = e.w.local(ValueType.i64)
  const extend = (value: Value): Emitter => e.push(value).op(Op.i64_extend_i32_u)
  const at = (shift: number): void => {
    e.w.i64(shift).op(Op.i64_shl).op(Op.i64_or)
  }
  // left: old:source(:old) with the result in the top; right: (old:)source:old with the result in the bottom
  extend(left ? (size === 2 ? old : source) : old)
  if (size === 2) {
    extend(source)
    at(16)
    extend(old)
    at(32)
  } else {
    extend(left ? old : source)
    at(32)
  }
  e.w.set(wide).get(wide)
  extend(count).op(left ? Op.i64_shl : Op.i64_shr_u)
  if (left) e.w.i64(32).op(Op.i64_shr_u)
  e.op(Op.i32_wrap_i64).mask(size).w.set(result)
  e.w.get(wide)
  if (left) {
    e.w.i64(size === 2 ? 48 : 64)
    extend(count).op(Op.i64_sub)
  } else {
    extend(count).w.i64(1).op(Op.i64_sub)
  }
  const cf = e.op(Op.i64_shr_u).op(Op.i32_wrap_i64).i32(1).op(Op.i32_and).pop()
  e.push(result)
    .push(old)
    .op(Op.i32_xor)
    .i32(n - 1)
    .op(Op.i32_shr_u)
    .i32(1)
    .op(Op.i32_and)
  e.flags.explicit(size, result, cf, e.pop())
}

export const shld: Family = double(true)
export const shrd: Family = double(false)
