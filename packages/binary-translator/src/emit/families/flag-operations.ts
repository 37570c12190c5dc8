import { Op } from '../../wasm/opcodes.ts'
import { Callout } from '../../system/callouts.ts'
import { Flag, Layout } from '../../state/layout.ts'
import type { Emitter } from '../emitter.ts'
import { constant } from '../value.ts'
import { next, shadow, type Family } from './family.ts'

export const clc: Family = next((e) => e.flags.carryOnly(constant(0)))
export const stc: Family = next((e) => e.flags.carryOnly(constant(1)))
export const cmc: Family = next((e) => {
  e.flags.pushCarry()
  e.flags.carryOnly(e.i32(1).op(Op.i32_xor).pop())
})

const setSystemFlag = (e: Emitter, flag: number): void => {
  e.setCell(Layout.eflags, e.cell(Layout.eflags).i32(flag).op(Op.i32_or).pop())
}
const clearSystemFlag = (e: Emitter, flag: number): void => {
  e.setCell(Layout.eflags, e.cell(Layout.eflags).i32(~flag).op(Op.i32_and).pop())
}

export const cld: Family = next((e) => clearSystemFlag(e, Flag.DF))
export const std: Family = next((e) => setSystemFlag(e, Flag.DF))

/** Calls out unless CPL is 0, where IF may simply be changed. */
function unlessKernel(e: Emitter, callout: number): void {
  if (e.shape.user) return e.callout(callout, constant(0), constant(0))
  e.cell(Layout.cpl)
  e.rarely(() => e.callout(callout, constant(0), constant(0)))
}

/** CLI at CPL 0 is one AND on the flags. */
export const cli: Family = next((e) => {
  unlessKernel(e, Callout.Cli)
  clearSystemFlag(e, Flag.IF)
})

/** STI: interrupts are held off until after the next instruction, which is why the unit ends there. */
export const sti: Family = shadow((e) => {
  unlessKernel(e, Callout.Sti)
  setSystemFlag(e, Flag.IF)
  e.noticeInterrupts()
})

/** LAHF and SAHF: SF, ZF, AF, PF and CF through AH. */
export const lahf: Family = next((e) => {
  e.flags.pushImage()
  e.i32(0xd5).op(Op.i32_and).i32(2).op(Op.i32_or).i32(8).op(Op.i32_shl)
  e.push(e.gpr(0, 1)).op(Op.i32_or)
  e.setGpr(0, 2, e.pop())
})

export const sahf: Family = next((e) => {
  e.flags.pushImage()
  e.i32(Flag.OF).op(Op.i32_and).push(e.gpr(0, 2)).i32(8).op(Op.i32_shr_u).i32(0xd5).op(Op.i32_and).op(Op.i32_or)
  e.flags.load(e.pop())
})
