import { Op } from '../wasm/opcodes.ts'
import type { CodeEmitter } from './code-emitter.ts'
import type { BinaryProducer, StepProducer } from './producers.ts'
import type { Value } from './value.ts'

/** Bits of aux that hold CF and CF xor OF. */
export const auxFlags: number = 0xc000_0000 | 0

/** Pushes an aux of CF and OF, each 0 or 1. */
export function pushCarryOverflow(e: CodeEmitter, cf: Value, of: Value): void {
  e.push(cf).i32(31).op(Op.i32_shl)
  e.push(cf).push(of).op(Op.i32_xor).i32(30).op(Op.i32_shl).op(Op.i32_or)
}

/** Pushes the aux of an addition: (a & b) | ((a | b) & ~r) are its carries; of a subtraction: (~a & b) | (~(a ^ b) & r) are its borrows. */
export function pushCarryVector(e: CodeEmitter, { kind, a, b, r, size }: BinaryProducer): void {
  if (kind === 'add') {
    e.push(a).push(b).op(Op.i32_and).push(a).push(b).op(Op.i32_or)
    e.push(r).i32(-1).op(Op.i32_xor).op(Op.i32_and).op(Op.i32_or)
  } else {
    e.push(a).i32(-1).op(Op.i32_xor).push(b).op(Op.i32_and)
    e.push(a).push(b).op(Op.i32_xor).i32(-1).op(Op.i32_xor).push(r).op(Op.i32_and).op(Op.i32_or)
  }
  if (size === 4) {
    e.i32(auxFlags | 8).op(Op.i32_and)
    return
  }
  const vector = e.pop()
  e.push(vector)
    .i32(32 - 8 * size)
    .op(Op.i32_shl)
    .i32(auxFlags)
    .op(Op.i32_and)
  e.push(vector).i32(8).op(Op.i32_and).op(Op.i32_or)
}

/** Pushes the aux of INC or DEC: CF as before, OF when the result is the most negative (positive) value, AF on a low-digit wrap. */
export function pushStepAux(e: CodeEmitter, { kind, size, r }: Omit<StepProducer, 'carry'>, cf: Value): void {
  const inc = kind === 'inc'
  const extreme = inc ? 1 << (8 * size - 1) : (1 << (8 * size - 1)) - 1
  e.push(r).mask(size).i32(extreme).op(Op.i32_eq)
  const of = e.pop()
  pushCarryOverflow(e, cf, of)
  e.push(r)
    .i32(15)
    .op(Op.i32_and)
    .i32(inc ? 0 : 15)
    .op(Op.i32_eq)
    .i32(3)
    .op(Op.i32_shl)
    .op(Op.i32_or)
}
