import { Callout } from '../../system/callouts.ts'
import { Vector } from '../../system/guest-fault.ts'
import { Layout } from '../../state/layout.ts'
import { Op } from '../../wasm/opcodes.ts'
import type { Emitter } from '../emitter.ts'
import { constant, type Value } from '../value.ts'
import { next, type Family } from './family.ts'
import { callX87, pushScratch, requireX87 } from './x87-common.ts'

/** Copies `bytes` from the state block at `offset` to a linear address, `step` (2 or 4) at a time. */
export function copyToGuest(e: Emitter, linear: Value, offset: number, bytes: number, step: 2 | 4): void {
  copy(e, bytes, step, (at) => {
    e.w
      .get(e.cpu)
      .get(at)
      .op(Op.i32_add)
      .memory(step === 4 ? Op.i32_load : Op.i32_load16_u, offset)
    const value = e.pop()
    e.store(e.push(linear).push(at).op(Op.i32_add).pop(), step, value)
  })
}

/** Copies `bytes` from a linear address to the state block at `offset`. */
export function copyFromGuest(e: Emitter, linear: Value, offset: number, bytes: number, step: 2 | 4): void {
  copy(e, bytes, step, (at) => {
    const value = e.load(e.push(linear).push(at).op(Op.i32_add).pop(), step)
    e.w
      .get(e.cpu)
      .get(at)
      .op(Op.i32_add)
      .get(value)
      .memory(step === 4 ? Op.i32_store : Op.i32_store16, offset)
  })
}

function copy(e: Emitter, bytes: number, step: number, body: (at: number) => void): void {
  const at = e.i32(0).pop()
  const loop = e.w.loop()
  body(at)
  e.push(at).i32(step).op(Op.i32_add).w.tee(at)
  e.i32(bytes).op(Op.i32_lt_u).w.brIf(loop).end()
}

const bytes = 512
/** Bytes of the image that this processor defines; the rest of FXSAVE's area is left alone. */
const usedBytes = 288

/** FXSAVE and FXRSTOR: the operand lies at a multiple of 16. */
function operand(e: Emitter, write: boolean): Value {
  requireX87(e)
  e.flags.settle()
  const linear = e.copy(e.memoryOperand(bytes, write))
  e.push(linear).i32(15).op(Op.i32_and)
  e.rarely(() => e.callout(Callout.Raise, constant(Vector.GP), constant(0)))
  return linear
}

export const fxsave: Family = next((e) => {
  const linear = operand(e, true)
  callX87(e, 'fxsave', 'iii>', () => {
    pushScratch(e)
    e.i32(0)
  })
  e.setCell(Layout.scratch + 24, e.cell(Layout.mxcsr).pop())
  e.setCell(Layout.scratch + 28, constant(0xffff))
  e.vectors.flushAll()
  vectors(e, 'save')
  copyToGuest(e, linear, Layout.scratch, usedBytes, 4)
})

export const fxrstor: Family = next((e) => {
  const linear = operand(e, false)
  copyFromGuest(e, linear, Layout.scratch, usedBytes, 4)
  e.cell(Layout.scratch + 24)
    .i32(0xffff_0000 | 0)
    .op(Op.i32_and)
  e.rarely(() => e.callout(Callout.Raise, constant(Vector.GP), constant(0)))
  callX87(e, 'fxrstor', 'iii>', () => {
    pushScratch(e)
    e.i32(0)
  })
  e.setCell(Layout.mxcsr, e.cell(Layout.scratch + 24).pop())
  vectors(e, 'restore')
  e.vectors.reloadAll()
})

/** The eight XMM registers of a 32-bit processor lie at byte 160 of the image. */
function vectors(e: Emitter, direction: 'save' | 'restore'): void {
  for (let i = 0; i < 8; i++) {
    for (let half = 0; half < 16; half += 8) {
      const register = Layout.vector + 32 * i + half
      const image = Layout.scratch + 160 + 16 * i + half
      const [to, from] = direction === 'save' ? [image, register] : [register, image]
      e.w.get(e.cpu).get(e.cpu).memory(Op.i64_load, from).memory(Op.i64_store, to)
    }
  }
}
