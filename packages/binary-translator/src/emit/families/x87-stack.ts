import { Layout } from '../../state/layout.ts'
import type { Local } from '../../wasm/function-writer.ts'
import { Op, ValueType } from '../../wasm/opcodes.ts'
import type { Emitter } from '../emitter.ts'
import { constant, type Value } from '../value.ts'

/*
 * The short ways of x87 instructions that move values: what needs no rounding and raises nothing is done in place. Each takes a `slow` way for
 * all else, the function of `assembly/` that does the whole instruction. A register is 16 bytes: significand, sign and exponent.
 */

const { x87: registers, x87Status, x87Tag, x87Top } = Layout
const signExponent = registers + 8
/** TOP where the status word has it is the byte offset of ST(0) among the registers, shifted left by this. */
const topShift = 7
const registerMask = 0x70
/** TOP and C1. */
const topAndC1 = 0x3a00
const c1 = 0x200

/** Pushes the byte offset of ST(`i`) among the registers. */
function pushOffset(e: Emitter, top: Local, i: Value): void {
  e.push(top).i32(topShift).op(Op.i32_shr_u)
  if (typeof i === 'number') e.push(i).i32(4).op(Op.i32_shl).op(Op.i32_add)
  else if (i.constant !== 0) e.i32(16 * i.constant).op(Op.i32_add)
  e.i32(registerMask).op(Op.i32_and)
}

/** Pushes a register's two tag bits: 3 where it is empty. */
const pushTag = (e: Emitter, offset: Local): void =>
  void e.cell(x87Tag).push(offset).i32(3).op(Op.i32_shr_u).op(Op.i32_shr_u).i32(3).op(Op.i32_and)

const pushIsFull = (e: Emitter, offset: Local): void => {
  pushTag(e, offset)
  e.i32(3).op(Op.i32_ne)
}

/** Pushes 3 at the place of a register's tag. */
const pushTagMask = (e: Emitter, offset: Local): void =>
  void e.i32(3).push(offset).i32(3).op(Op.i32_shr_u).op(Op.i32_shl)

/** A register that is known by its address in the state block. */
interface Register {
  readonly offset: Local
  readonly address: Local
}

function register(e: Emitter, top: Local, i: Value): Register {
  pushOffset(e, top, i)
  const offset = e.pop()
  return { offset, address: e.push(offset).push(e.cpu).op(Op.i32_add).pop() }
}

/** TOP by itself: the status word would make the register's address wait for the last result. */
const topOf = (e: Emitter): Local => e.cell(x87Top).pop()

/** Writes TOP, and the status word with it and C1 cleared. */
function setTop(e: Emitter, top: Local): void {
  e.setCell(x87Top, top)
  e.w.get(e.cpu)
  e.cell(x87Status).i32(~topAndC1).op(Op.i32_and).push(top).op(Op.i32_or).w.memory(Op.i32_store, x87Status)
}

/** A value to push on the register stack: how its parts get on the wasm stack, and what has to hold besides. */
export interface Pushed {
  readonly signExponent: () => void
  readonly significand: () => void
  /** Pushes whether the value is one for the short way. */
  readonly holds?: () => void
}

/** Pushes a value on the register stack, whose next register has to be empty. */
export function pushRegister(e: Emitter, value: Pushed, slow: () => void): void {
  const { offset, address } = register(e, topOf(e), constant(7))
  pushTag(e, offset)
  e.i32(3).op(Op.i32_eq)
  if (value.holds) {
    value.holds()
    e.op(Op.i32_and)
  }
  e.w.if()
  e.push(address)
  value.significand()
  e.w.memory(Op.i64_store, registers)
  e.push(address)
  value.signExponent()
  e.w.memory(Op.i32_store16, signExponent)
  e.w.get(e.cpu)
  e.cell(x87Tag)
  pushTagMask(e, offset)
  e.i32(-1).op(Op.i32_xor).op(Op.i32_and).w.memory(Op.i32_store, x87Tag)
  const top = e.push(offset).i32(topShift).op(Op.i32_shl).pop()
  setTop(e, top)
  e.w.else()
  slow()
  e.w.end()
}

/** FLD ST(i). */
export function duplicate(e: Emitter, i: Value, slow: () => void): void {
  const { offset, address } = register(e, topOf(e), i)
  const parts = {
    significand: () => void e.push(address).w.memory(Op.i64_load, registers),
    signExponent: () => void e.push(address).w.memory(Op.i32_load16_u, signExponent),
    holds: () => pushIsFull(e, offset),
  }
  pushRegister(e, parts, slow)
}

/**
 * How a float of `size` bytes, as the bits of a double, becomes a register; zeros, denormals, infinities and NaNs do not.
 * A single's denormal is a double below its normal numbers.
 */
export function floatParts(e: Emitter, bits: Local, size: number): Pushed {
  const [lowest, exponents] = size === 4 ? [0x381, 0xfe] : [1, 0x7fe]
  const pushExponent = (): void => {
    e.w.get(bits).i64(52).op(Op.i64_shr_u).op(Op.i32_wrap_i64)
    e.i32(0x7ff).op(Op.i32_and)
  }
  return {
    significand: () => void e.w.get(bits).i64(11).op(Op.i64_shl).i64(0, -0x8000_0000).op(Op.i64_or),
    signExponent: () => {
      pushExponent()
      e.i32(0x3fff - 0x3ff).op(Op.i32_add)
      e.w.get(bits).i64(48).op(Op.i64_shr_u).op(Op.i32_wrap_i64)
      e.i32(0x8000).op(Op.i32_and).op(Op.i32_or)
    },
    holds: () => {
      pushExponent()
      e.i32(lowest).op(Op.i32_sub).i32(exponents).op(Op.i32_lt_u)
    },
  }
}

/** How an integer other than zero, in an i64 local, becomes a register. */
export function integerParts(e: Emitter, value: Local): Pushed {
  const magnitude = e.typed(ValueType.i64)
  const w = e.w
  w.get(value).get(value).i64(63).op(Op.i64_shr_s).op(Op.i64_xor)
  w.get(value).i64(63).op(Op.i64_shr_s).op(Op.i64_sub).set(magnitude)
  return {
    significand: () => void w.get(magnitude).get(magnitude).op(Op.i64_clz).op(Op.i64_shl),
    signExponent: () => {
      w.get(value).i64(48).op(Op.i64_shr_u).op(Op.i32_wrap_i64)
      e.i32(0x8000)
        .op(Op.i32_and)
        .i32(0x3fff + 63)
      w.get(magnitude).op(Op.i64_clz).op(Op.i32_wrap_i64).op(Op.i32_sub).op(Op.i32_or)
    },
    holds: () => void w.get(value).op(Op.i64_eqz).op(Op.i32_eqz),
  }
}

/** Writes the status word less C1, and pops ST(0), if `pop`, of which TOP and the offset are given. */
function conclude(e: Emitter, top: Local, offset: Local, pop: number): void {
  if (pop === 0) {
    e.w.get(e.cpu)
    return void e.cell(x87Status).i32(~c1).op(Op.i32_and).w.memory(Op.i32_store, x87Status)
  }
  setTop(e, e.push(top).i32(0x800).op(Op.i32_add).i32(0x3800).op(Op.i32_and).pop())
  e.w.get(e.cpu)
  e.cell(x87Tag)
  pushTagMask(e, offset)
  e.op(Op.i32_or).w.memory(Op.i32_store, x87Tag)
}

/** FST and FSTP to ST(i). */
export function copyTop(e: Emitter, i: Value, pop: number, slow: () => void): void {
  const top = topOf(e)
  const from = register(e, top, constant(0))
  const to = register(e, top, i)
  pushIsFull(e, from.offset)
  e.w.if()
  e.push(to.address).push(from.address).w.memory(Op.i64_load, registers).memory(Op.i64_store, registers)
  e.push(to.address).push(from.address).w.memory(Op.i32_load16_u, signExponent).memory(Op.i32_store16, signExponent)
  e.w.get(e.cpu)
  e.cell(x87Tag)
  pushTagMask(e, to.offset)
  e.i32(-1).op(Op.i32_xor).op(Op.i32_and).w.memory(Op.i32_store, x87Tag)
  conclude(e, top, from.offset, pop)
  e.w.else()
  slow()
  e.w.end()
}

/** FXCH. */
export function exchange(e: Emitter, i: Value, slow: () => void): void {
  const top = topOf(e)
  const [a, b] = [register(e, top, constant(0)), register(e, top, i)]
  pushIsFull(e, a.offset)
  pushIsFull(e, b.offset)
  e.op(Op.i32_and).w.if()
  const significand = e.typed(ValueType.i64)
  e.push(a.address).w.memory(Op.i64_load, registers).set(significand)
  const head = (e.push(a.address).w.memory(Op.i32_load16_u, signExponent), e.pop())
  e.push(a.address).push(b.address).w.memory(Op.i64_load, registers).memory(Op.i64_store, registers)
  e.push(a.address).push(b.address).w.memory(Op.i32_load16_u, signExponent).memory(Op.i32_store16, signExponent)
  e.push(b.address).w.get(significand).memory(Op.i64_store, registers)
  e.push(b.address).push(head).w.memory(Op.i32_store16, signExponent)
  conclude(e, top, a.offset, 0)
  e.w.else()
  slow()
  e.w.end()
}

/** FCHS (XOR) and FABS (AND) of ST(0)'s sign. */
export function changeSign(e: Emitter, opcode: Op, mask: number, slow: () => void): void {
  const top = topOf(e)
  const { offset, address } = register(e, top, constant(0))
  pushIsFull(e, offset)
  e.w.if()
  e.push(address).push(address).w.memory(Op.i32_load16_u, signExponent)
  e.i32(mask).op(opcode).w.memory(Op.i32_store16, signExponent)
  conclude(e, top, offset, 0)
  e.w.else()
  slow()
  e.w.end()
}

/** PM and RC in the control word: PE masked, to nearest. */
const storeDecisive = 0xc20
const storeUsual = 0x20

/** A float format in memory. */
interface Format {
  readonly size: 4 | 8
  readonly fraction: number
  readonly bias: number
  /** Exponent of infinity. */
  readonly limit: number
}

const formats: Readonly<Record<4 | 8, Format>> = {
  4: { size: 4, fraction: 23, bias: 0x7f, limit: 0xff },
  8: { size: 8, fraction: 52, bias: 0x3ff, limit: 0x7ff },
}

/** ST(0) on its way to memory: sign and exponent, the exponent in the format, the significand. */
interface Leaving {
  readonly head: Local
  readonly exponent: Local
  readonly bits: Local
}

/** Pushes whether ST(0) is normal in the format too, and rounded as usual. */
function pushStorable(e: Emitter, offset: Local, { limit }: Format, { exponent, bits }: Leaving): void {
  e.w.get(bits).i64(0).op(Op.i64_lt_s)
  pushIsFull(e, offset)
  e.op(Op.i32_and)
  e.push(exponent).i32(1).op(Op.i32_sub)
  e.i32(limit - 2)
    .op(Op.i32_lt_u)
    .op(Op.i32_and)
  e.cell(Layout.x87Control).i32(storeDecisive).op(Op.i32_and).i32(storeUsual).op(Op.i32_eq).op(Op.i32_and)
}

/** Stores the rounded number to the address on the stack. The integer bit adds one to the exponent, as does rounding that carries. */
function storeRounded(e: Emitter, { size, fraction }: Format, { head, exponent, bits }: Leaving, up: Local): void {
  const w = e.w
  w.get(bits)
  e.push(up)
  w.op(Op.i64_extend_i32_u).op(Op.i64_add)
  e.push(exponent).i32(1).op(Op.i32_sub)
  w.op(Op.i64_extend_i32_u).i64(fraction).op(Op.i64_shl).op(Op.i64_add)
  e.push(head).i32(0x8000).op(Op.i32_and)
  w.op(Op.i64_extend_i32_u)
    .i64(size * 8 - 16)
    .op(Op.i64_shl)
    .op(Op.i64_or)
  if (size === 8) w.memory(Op.i64_store, 0)
  else w.op(Op.i32_wrap_i64).memory(Op.i32_store, 0)
}

/**
 * FST and FSTP to a single or double in memory that the TLB knows: ST(0) a normal number, rounded to nearest to one of the format.
 * PE and C1 say how.
 */
export function storeFloat(e: Emitter, linear: Value, size: 4 | 8, pop: number, slow: () => void): void {
  const format = formats[size]
  const { fraction, bias } = format
  const top = topOf(e)
  const { offset, address } = register(e, top, constant(0))
  const [bits, rest] = [e.typed(ValueType.i64), e.typed(ValueType.i64)]
  const w = e.w
  e.push(address).w.memory(Op.i32_load16_u, signExponent)
  const head = e.pop()
  const exponent = e
    .push(head)
    .i32(0x7fff)
    .op(Op.i32_and)
    .i32(0x3fff - bias)
    .op(Op.i32_sub)
    .pop()
  e.push(address).w.memory(Op.i64_load, registers).set(bits)
  const leaving = { head, exponent, bits }
  pushStorable(e, offset, format, leaving)
  const pushAddress = e.direct(linear, size, true)
  e.op(Op.i32_and).w.if()
  // What is rounded off, its first bit highest.
  w.get(bits)
    .i64(fraction + 1)
    .op(Op.i64_shl)
    .set(rest)
  w.get(bits)
    .i64(63 - fraction)
    .op(Op.i64_shr_u)
    .set(bits)
  roundsUp(e, bits, rest)
  const up = e.pop()
  pushAddress()
  storeRounded(e, format, leaving, up)
  conclude(e, top, offset, pop)
  w.get(e.cpu)
  e.cell(x87Status)
  w.get(rest).op(Op.i64_eqz).op(Op.i32_eqz)
  e.i32(5).op(Op.i32_shl).op(Op.i32_or).push(up).i32(9).op(Op.i32_shl).op(Op.i32_or)
  w.memory(Op.i32_store, x87Status).else()
  slow()
  w.end()
}

/** Pushes whether `rest` of a rounded number is more than half a unit, or half of one and `bits` odd. */
function roundsUp(e: Emitter, bits: Local, rest: Local): void {
  const w = e.w
  w.get(rest).i64(0, -0x8000_0000).op(Op.i64_gt_u)
  w.get(rest).i64(0, -0x8000_0000).op(Op.i64_eq).get(bits).op(Op.i32_wrap_i64)
  e.op(Op.i32_and).op(Op.i32_or)
}
