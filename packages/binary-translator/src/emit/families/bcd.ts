import { Callout } from '../../system/callouts.ts'
import { Vector, noErrorCode } from '../../system/guest-fault.ts'
import { Op } from '../../wasm/opcodes.ts'
import type { Emitter } from '../emitter.ts'
import { constant, type Value } from '../value.ts'
import { next, type Family } from './family.ts'

/** Pushes AF as 0 or 1. */
function pushAdjust(e: Emitter): Emitter {
  e.flags.pushImage()
  return e.i32(4).op(Op.i32_shr_u).i32(1).op(Op.i32_and)
}

/** Pushes 1 if the low digit of `al` is over nine or AF is set. */
function lowDigitWrong(e: Emitter, al: Value): Value {
  e.push(al).i32(15).op(Op.i32_and).i32(9).op(Op.i32_gt_u)
  return pushAdjust(e).op(Op.i32_or).pop()
}

/** Sets SF, ZF, PF from `al`, then CF and AF; OF is undefined and cleared. */
function decimalFlags(e: Emitter, al: Value, cf: Value, af: Value): void {
  e.flags.explicit(1, al, cf, constant(0))
  e.flags.pushImage()
  e.push(af).i32(4).op(Op.i32_shl).op(Op.i32_or)
  e.flags.load(e.pop())
}

/** DAA and DAS. */
function decimalAdjust(opcode: typeof Op.i32_add | typeof Op.i32_sub): Family {
  return next((e) => {
    const al = e.copy(e.gpr(0, 1))
    const low = lowDigitWrong(e, al)
    e.push(al).i32(0x99).op(Op.i32_gt_u)
    e.flags.pushCarry()
    const high = e.op(Op.i32_or).pop()
    const carry = opcode === Op.i32_sub ? subtractCarry(e, al, low, high) : high
    e.push(al).push(low).i32(6).op(Op.i32_mul).op(opcode)
    const r = e.push(high).i32(0x60).op(Op.i32_mul).op(opcode).mask(1).pop()
    decimalFlags(e, r, carry, low)
    e.setGpr(0, 1, r)
  })
}

/** DAS also carries when taking six from the low digit borrows. */
function subtractCarry(e: Emitter, al: Value, low: Value, high: Value): Value {
  e.push(al).i32(6).op(Op.i32_lt_u).push(low).op(Op.i32_and)
  return e.push(high).op(Op.i32_or).pop()
}

export const daa: Family = decimalAdjust(Op.i32_add)
export const das: Family = decimalAdjust(Op.i32_sub)

/** AAA and AAS: AX is adjusted by 106h when the low digit is wrong. */
function asciiAdjust(opcode: typeof Op.i32_add | typeof Op.i32_sub): Family {
  return next((e) => {
    const ax = e.copy(e.gpr(0, 2))
    const wrong = lowDigitWrong(e, ax)
    e.push(ax).push(wrong).i32(0x106).op(Op.i32_mul).op(opcode)
    const r = e.i32(0xff0f).op(Op.i32_and).pop()
    decimalFlags(e, e.push(r).mask(1).pop(), wrong, wrong)
    e.setGpr(0, 2, r)
  })
}

export const aaa: Family = asciiAdjust(Op.i32_add)
export const aas: Family = asciiAdjust(Op.i32_sub)

export const aam: Family = next((e) => {
  const base = e.read(0)
  e.push(base).op(Op.i32_eqz)
  e.rarely(() => e.callout(Callout.Raise, constant(Vector.DE), constant(noErrorCode)))
  const al = e.copy(e.gpr(0, 1))
  const digit = e.push(al).push(base).op(Op.i32_rem_u).pop()
  e.push(al).push(base).op(Op.i32_div_u).i32(8).op(Op.i32_shl)
  const r = e.push(digit).op(Op.i32_or).pop()
  e.flags.logic(1, digit)
  e.setGpr(0, 2, r)
})

export const aad: Family = next((e) => {
  const ax = e.copy(e.gpr(0, 2))
  e.push(ax).i32(8).op(Op.i32_shr_u).push(e.read(0)).op(Op.i32_mul)
  const r = e.push(ax).op(Op.i32_add).mask(1).pop()
  e.flags.logic(1, r)
  e.setGpr(0, 2, r)
})

/** SALC (undocumented in most manuals): AL := CF ? FFh : 0. */
export const salc: Family = next((e) => {
  e.i32(0)
  e.flags.pushCarry()
  e.setGpr(0, 1, e.op(Op.i32_sub).mask(1).pop())
})
