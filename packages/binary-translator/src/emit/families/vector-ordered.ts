import type { Local } from '../../wasm/function-writer.ts'
import { Simd, ValueType } from '../../wasm/opcodes.ts'
import type { Emitter } from '../emitter.ts'
import { type Place, pushZeroExtended, setVector } from './vector-common.ts'
import { doubles, pushDenormal, singles } from './vector-fast.ts'

/*
 * The short way of comparisons, minima and maxima: between numbers that are no denormals they are exact and raise nothing, whatever MXCSR says.
 */

/** `slow` unless all elements are such numbers; `push` gets destination and source, and leaves the result. */
export function ordered(
  e: Emitter,
  { size, count }: { readonly size: 4 | 8; readonly count: number },
  to: Place,
  from: Place,
  push: (a: Local, b: Local) => void,
  slow: () => void,
): void {
  const bytes = size * count === 16 ? 16 : size
  const p = size === 4 ? singles : doubles
  const equal = size === 4 ? Simd.f32x4_eq : Simd.f64x2_eq
  const [a, b] = [e.typed(ValueType.v128), e.typed(ValueType.v128)]
  pushZeroExtended(e, from, bytes)
  e.w.set(b)
  pushZeroExtended(e, to, bytes)
  e.w.set(a)
  e.w.get(a).get(a).simd(equal).get(b).get(b).simd(equal).simd(Simd.v128_and)
  for (const value of [a, b]) {
    pushDenormal(e, p, value)
    e.w.simd(Simd.v128_andnot)
  }
  e.w.simd(p.allTrue).mostly().if()
  setVector(e, to, bytes, () => push(a, b))
  e.w.else()
  slow()
  e.w.end()
}

/** MIN and MAX give the source where neither operand is less: zeros of either sign. */
export const extreme =
  (e: Emitter, opcode: Simd) =>
  (a: Local, b: Local): void =>
    void e.w.get(b).get(a).simd(opcode)

const { f32x4_eq, f32x4_ne, f32x4_lt, f32x4_gt, f32x4_le, f32x4_ge } = Simd
const { f64x2_eq, f64x2_ne, f64x2_lt, f64x2_gt, f64x2_le, f64x2_ge } = Simd
/** By predicate; null: never, or (7) always, between numbers. SDM vol. 2, table 3-1 of CMPPD. */
const predicates: Readonly<Record<4 | 8, readonly (Simd | null)[]>> = {
  4: [f32x4_eq, f32x4_lt, f32x4_le, null, f32x4_ne, f32x4_ge, f32x4_gt, null],
  8: [f64x2_eq, f64x2_lt, f64x2_le, null, f64x2_ne, f64x2_ge, f64x2_gt, null],
}

/** CMPPS and its like with a predicate known now. */
export const compared =
  (e: Emitter, size: 4 | 8, predicate: number) =>
  (a: Local, b: Local): void => {
    const opcode = predicates[size][predicate]!
    if (opcode !== null) return void e.w.get(a).get(b).simd(opcode)
    const byte = predicate === 7 ? 0xff : 0
    e.w.simdBytes(
      Simd.v128_const,
      Array.from({ length: 16 }, () => byte),
    )
  }
