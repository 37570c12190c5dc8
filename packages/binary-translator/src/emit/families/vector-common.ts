import { RegisterClass } from '@mica-vm/x86-decoder'
import type { SseFunction } from '../../generated/sse.ts'
import { Callout } from '../../system/callouts.ts'
import { Vector } from '../../system/guest-fault.ts'
import { VectorBlock } from '../../system/vector-state.ts'
import { Layout } from '../../state/layout.ts'
import type { Local } from '../../wasm/function-writer.ts'
import { Op, Simd } from '../../wasm/opcodes.ts'
import type { Emitter } from '../emitter.ts'
import { sseSlot } from '../sse-calls.ts'
import { constant, type Value } from '../value.ts'
import { signatureOf } from '../x87-calls.ts'
import { next, type Family } from './family.ts'
import { raisePending } from './x87-common.ts'

/** Raises #UD or #NM if one of the `VectorBlock` bits in `relevant` is set. */
export function requireVector(e: Emitter, relevant: number): void {
  // Within a unit nothing changes the state: what writes CR0 or CR4 ends it.
  if ((relevant & ~e.checked) === 0) return
  e.cell(Layout.vectorState).i32(relevant).op(Op.i32_and)
  e.rarely(() => e.callout(Callout.VectorBlocked, constant(relevant), constant(0)))
  e.noteChecked(relevant)
}

const notMmx = (c: number): boolean => c !== RegisterClass.Mmx

/** Whether the instruction being emitted has an operand in an MMX register. */
export const usesMmx = (e: Emitter): boolean => !e.shape.classes.every(notMmx)
const usesXmm = (e: Emitter): boolean => e.shape.classes.includes(RegisterClass.Xmm)

/** A vector instruction: whether it may run now is checked before all else. */
export function vector(emit: (e: Emitter) => void): Family {
  return next((e) => {
    const mmx = usesMmx(e)
    const unsaved = mmx && !usesXmm(e) ? 0 : VectorBlock.unsaved
    requireVector(e, VectorBlock.emulated | VectorBlock.switched | unsaved)
    if (mmx) raisePending(e)
    emit(e)
  })
}

/**
 * Where an operand of any kind lies: an address in a local plus an offset known now. An XMM register of translated code lives in a local of its
 * own; then this is its place in the state block, which holds it only between `throughState` and what that calls.
 */
export interface Place {
  readonly base: Local
  readonly offset: number
  /** Number of the XMM register in a local. */
  readonly register?: number
}

/** The number of the first element of `size` bytes at a place in an XMM register. */
export const laneOf = ({ offset }: Place, size: number): number => ((offset - Layout.vector) & 31) / size

/** Raises #GP(0) unless `linear` is a multiple of 16. */
function requireAligned(e: Emitter, linear: Value): void {
  e.push(linear).i32(15).op(Op.i32_and)
  e.rarely(() => e.callout(Callout.Raise, constant(Vector.GP), constant(0)))
}

/** Place of vector register operand `i`. */
export function registerPlace(e: Emitter, i: number): Place {
  const mmx = e.shape.classes[i] === RegisterClass.Mmx
  const number = e.registerNumber(i)
  const [start, shift] = mmx ? [Layout.x87, 4] : [Layout.vector, 5]
  if (typeof number !== 'number') {
    const place = { base: e.cpu, offset: start + (number.constant << shift) }
    return mmx || !e.vectors.inLocals ? place : { ...place, register: number.constant }
  }
  e.push(number).i32(shift).op(Op.i32_shl).push(e.cpu).op(Op.i32_add)
  return { base: e.pop(), offset: start }
}

/** Place of operand `i` to read `size` bytes from; memory of 16 bytes is to be aligned unless `unaligned`. */
export function source(e: Emitter, i: number, size: number, unaligned = false): Place {
  if (!e.isMemory(i)) return registerPlace(e, i)
  const linear = e.copy(e.memoryOperand(size, false))
  if (size === 16 && !unaligned) requireAligned(e, linear)
  e.readable(linear, size)
  return { base: e.pop(), offset: 0 }
}

/** Bytes of a vector register operand: 8 or 16. */
export const widthOf = (e: Emitter, i = 0): number => (e.shape.classes[i] === RegisterClass.Mmx ? 8 : 16)

/** Bytes from `at` on of the first vector of a shuffle, and of its second one. */
const bytesFrom = (at: number, count: number): number[] => Array.from({ length: count }, (_, i) => at + i)
const secondVector = 16

/** Pushes `size` bytes at a place as a vector; what is beyond them is undefined. */
export function pushVector(e: Emitter, place: Place, size: number): void {
  const { base, offset, register } = place
  if (register === undefined) {
    const load = size === 16 ? Simd.v128_load : size === 8 ? Simd.v128_load64_zero : Simd.v128_load32_zero
    return void e.w.get(base).simdMemory(load, offset)
  }
  const local = e.vectors.local(register)
  e.w.get(local)
  const at = laneOf(place, 1)
  if (at > 0) e.w.get(local).simdBytes(Simd.i8x16_shuffle, [...bytesFrom(at, 16 - at), ...bytesFrom(0, at)])
}

/** The same, but zero beyond them. */
export function pushZeroExtended(e: Emitter, place: Place, size: number): void {
  pushVector(e, place, size)
  if (place.register === undefined || size === 16) return
  const mask = bytesFrom(0, 16).map((i) => (i < size ? 0xff : 0))
  e.w.simdBytes(Simd.v128_const, mask).simd(Simd.v128_and)
}

/** Writes what `push` leaves on the stack to a place, `size` (4, 8 or 16) bytes of it. */
export function setVector(e: Emitter, place: Place, size: number, push: () => void): void {
  const { base, offset, register } = place
  if (register === undefined) {
    e.w.get(base)
    push()
    if (size === 16) e.w.simdMemory(Simd.v128_store, offset)
    else e.w.simdMemory(size === 8 ? Simd.v128_store64_lane : Simd.v128_store32_lane, offset, 0)
    return
  }
  const local = e.vectors.local(register)
  const at = laneOf(place, 1)
  if (size < 16) e.w.get(local)
  push()
  if (size < 16) {
    const lanes = bytesFrom(0, 16).map((i) => (i >= at && i < at + size ? secondVector + i - at : i))
    e.w.simdBytes(Simd.i8x16_shuffle, lanes)
  }
  e.w.set(local)
  e.vectors.changed(register, at, size)
}

/** Calls code that finds operands in the state block, those of `written` after it, too. */
export function throughState(e: Emitter, places: readonly Place[], written: Place | null, call: () => void): void {
  for (const { register } of places) if (register !== undefined) e.vectors.flush(register)
  call()
  if (written?.register !== undefined) e.vectors.reload(written.register)
}

/** Stores `size` bytes that `push` leaves as a vector to the memory operand: all of them, or none at a fault. */
export function storeVector(e: Emitter, size: number, aligned: boolean, push: () => void): void {
  const linear = e.copy(e.memoryOperand(size, true))
  if (aligned) requireAligned(e, linear)
  e.storeWith(linear, size, (host) => setVector(e, { base: host, offset: 0 }, size, push))
}

/** Top of stack in the x87 status word. */
const top = 0x3800

/** What every MMX instruction does to the x87: TOP zero, and all registers valid, or empty (EMMS). SDM vol. 3, table 12-3. */
export function enterMmx(e: Emitter, tags: 0 | 0xffff = 0): void {
  e.setCell(Layout.x87Tag, constant(tags))
  e.setCell(Layout.x87Top, constant(0))
  e.setCell(Layout.x87Status, e.cell(Layout.x87Status).i32(~top).op(Op.i32_and).pop())
}

/** A written MMX register's exponent and sign are all ones. */
export function markMmx(e: Emitter, { base, offset }: Place): void {
  e.w
    .get(base)
    .i32(0xffff)
    .memory(Op.i32_store16, offset + 8)
}

/** After all that may fault: the x87's part of an MMX instruction that writes `to`, or reads only. */
export function touchMmx(e: Emitter, to?: Place): void {
  if (!usesMmx(e)) return
  enterMmx(e)
  if (to) markMmx(e, to)
}

/** Pushes the 32 (64) bits at a place. */
export function pushBits(e: Emitter, place: Place, size: 4 | 8): void {
  const { base, offset, register } = place
  if (register === undefined) return void e.w.get(base).memory(size === 4 ? Op.i32_load : Op.i64_load, offset)
  e.w.get(e.vectors.local(register))
  e.w.simd(size === 4 ? Simd.i32x4_extract_lane : Simd.i64x2_extract_lane, laneOf(place, size))
}

/** Pushes a place's address. */
export function pushAddress(e: Emitter, { base, offset }: Place): void {
  e.w.get(base)
  if (offset) e.i32(offset).op(Op.i32_add)
}

/** Pushes the immediate's eight bits. */
export const pushImmediate = (e: Emitter): void => void e.push(e.immediate()).i32(0xff).op(Op.i32_and)

/** Calls a helper that writes `to`, as (cpu, to, from, x); those that `answers` leave a word on the stack. */
export function callHelper(
  e: Emitter,
  name: SseFunction,
  to: Place,
  from: Place,
  x: () => void,
  answers = false,
): void {
  throughState(e, [to, from], to, () => pushCall(e, name, to, from, x, answers))
}

/** The call alone, of operands that are in the state block. */
export function pushCall(e: Emitter, name: SseFunction, to: Place, from: Place, x: () => void, answers = true): void {
  e.w.get(e.cpu)
  pushAddress(e, to)
  pushAddress(e, from)
  x()
  e.callTable(sseSlot(name), signatureOf(answers ? 'iiii>i' : 'iiii>'))
}

/** Raises #XM if the top of the stack is not zero. */
export const raiseUnmasked = (e: Emitter): void =>
  e.rarely(() => e.callout(Callout.VectorException, constant(0), constant(0)))
