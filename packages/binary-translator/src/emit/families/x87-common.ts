import { OperandKind } from '@mica-vm/x86-decoder'
import type { X87Function } from '../../generated/x87.ts'
import { Callout } from '../../system/callouts.ts'
import { Vector, noErrorCode } from '../../system/guest-fault.ts'
import { Layout, Segment } from '../../state/layout.ts'
import { Op } from '../../wasm/opcodes.ts'
import type { Emitter } from '../emitter.ts'
import { constant, type Value } from '../value.ts'
import { signatureOf, x87Slot } from '../x87-calls.ts'
import { next, type Family } from './family.ts'

/** CR0 bits that make x87 instructions raise #NM (EM, TS) and WAIT (MP and TS). */
const emulateOrSwitched = 0xc
/** CR0.NE: errors raise #MF. The status word's ES: an error waits. */
const numericError = 0x20
const errorSummary = 0x80
/** In `Emitter.checked`, beside the bits of `VectorBlock`: the x87 may be used. */
const x87Checked = 1 << 30

export const raiseIf = (e: Emitter, vector: number): void =>
  e.rarely(() => e.callout(Callout.Raise, constant(vector), constant(noErrorCode)))

/** Raises #NM where the x87 is not to be used. SDM vol. 3, table 2-2. */
export function requireX87(e: Emitter): void {
  e.cell(Layout.cr0).i32(emulateOrSwitched).op(Op.i32_and)
  raiseIf(e, Vector.NM)
}

/** Reports an error that an earlier instruction left: by #MF, or with CR0.NE clear to the chip set, unless that ignores it. */
export function raisePending(e: Emitter): void {
  e.cell(Layout.x87Status).i32(errorSummary).op(Op.i32_and)
  e.when(() => {
    e.cell(Layout.cr0).i32(numericError).op(Op.i32_and).cell(Layout.ignoreNumericError).op(Op.i32_eqz).op(Op.i32_or)
    e.rarely(() => e.callout(Callout.NumericError, constant(0), constant(0)))
  })
}

/** After the status word was set or cleared the chip set's leave to ignore an error has ended. SDM vol. 1, appendix D.2. */
export const endIgnoring = (e: Emitter): void => void e.setCell(Layout.ignoreNumericError, constant(0))

/** Calls an x87 function; its arguments after cpu are pushed by `push`. */
export function callX87(e: Emitter, name: X87Function, letters: string, push?: () => void): void {
  e.w.get(e.cpu)
  push?.()
  e.callTable(x87Slot(name), signatureOf(letters))
}

/** Remembers where the instruction and its memory operand are, for FNSTENV. SDM vol. 1, section 8.1.8. */
export function recordPointers(e: Emitter, data: Value | null): void {
  e.setCell(Layout.x87InstructionOffset, e.eipOf(e.ownOffset()))
  e.setCell(Layout.x87InstructionSelector, e.selectorOf(constant(Segment.CS)))
  if (data === null) return
  e.setCell(Layout.x87DataOffset, data)
  e.setCell(Layout.x87DataSelector, e.selectorOf(e.segment()))
}

/** An instruction that computes: waits for earlier errors and records its pointers. */
export function numeric(emit: (e: Emitter) => void): Family {
  return next((e) => {
    // Both at once, since seldom there is anything; CR0 but once in a unit.
    e.cell(Layout.x87Status).i32(errorSummary).op(Op.i32_and)
    if ((e.checked & x87Checked) === 0) e.cell(Layout.cr0).i32(emulateOrSwitched).op(Op.i32_and).op(Op.i32_or)
    e.when(() => {
      requireX87(e)
      raisePending(e)
    })
    e.noteChecked(x87Checked)
    emit(e)
    recordPointers(e, e.shape.kinds.includes(OperandKind.Memory) ? e.offset() : null)
  })
}

/** An instruction of the control group, which neither waits nor records. */
export function control(emit: (e: Emitter) => void): Family {
  return next((e) => {
    requireX87(e)
    emit(e)
  })
}

/** Stack position of register operand `i`. */
export const position = (e: Emitter, i: number): void => void e.push(e.registerNumber(i))

/** Pushes the address of the state block's scratch area. */
export const pushScratch = (e: Emitter): void => void e.w.get(e.cpu).i32(Layout.scratch).op(Op.i32_add)
