import { Vector } from '../../system/guest-fault.ts'
import type { X87Function } from '../../generated/x87.ts'
import { Layout } from '../../state/layout.ts'
import { Op } from '../../wasm/opcodes.ts'
import type { Emitter } from '../emitter.ts'
import { next, type Family } from './family.ts'
import { callX87, control, endIgnoring, pushScratch, raiseIf, raisePending, requireX87 } from './x87-common.ts'
import { copyFromGuest, copyToGuest } from './x87-state.ts'

/** Pushes FNSTENV's format: bit 0 protected mode (not virtual-8086), bit 1 a 32-bit operand size. */
function pushFormat(e: Emitter, wide: boolean): void {
  e.cell(Layout.cr0).i32(1).op(Op.i32_and)
  e.cell(Layout.eflags).i32(17).op(Op.i32_shr_u).i32(1).op(Op.i32_and).op(Op.i32_eqz).op(Op.i32_and)
  if (wide) e.i32(2).op(Op.i32_or)
}

interface Environment {
  readonly wide: boolean
  readonly bytes: number
}

/** Size and format by the memory operand's own size: 14 and 94 are the 16-bit forms. */
function environmentOf(e: Emitter): Environment {
  const bytes = e.shape.sizes[0]!
  return { bytes, wide: bytes === 28 || bytes === 108 }
}

export function saveEnvironment(name: 'fnstenv' | 'fnsave', after: X87Function): Family {
  return control((e) => {
    const { wide, bytes } = environmentOf(e)
    e.flags.settle()
    const linear = e.copy(e.memoryOperand(bytes, true))
    callX87(e, name, 'iii>', () => {
      pushScratch(e)
      pushFormat(e, wide)
    })
    copyToGuest(e, linear, Layout.scratch, bytes, wide ? 4 : 2)
    callX87(e, after, 'i>')
    endIgnoring(e)
  })
}

export function loadEnvironment(name: 'fldenv' | 'frstor'): Family {
  return next((e) => {
    requireX87(e)
    raisePending(e)
    const { wide, bytes } = environmentOf(e)
    e.flags.settle()
    const linear = e.copy(e.memoryOperand(bytes, false))
    copyFromGuest(e, linear, Layout.scratch, bytes, wide ? 4 : 2)
    callX87(e, name, 'iii>', () => {
      pushScratch(e)
      pushFormat(e, wide)
    })
    endIgnoring(e)
  })
}

/** FNCLEX and FNINIT. */
export const clearing = (name: 'fnclex' | 'fninit'): Family =>
  control((e) => {
    callX87(e, name, 'i>')
    endIgnoring(e)
  })

export const fnstcw: Family = control((e) => {
  callX87(e, 'fnstcw', 'i>i')
  e.write(0, e.pop())
})

export const fnstsw: Family = control((e) => {
  callX87(e, 'fnstsw', 'i>i')
  e.write(0, e.pop())
})

export const fldcw: Family = next((e) => {
  requireX87(e)
  raisePending(e)
  const value = e.read(0)
  callX87(e, 'fldcw', 'ii>', () => void e.push(value))
})

/** CR0.MP and CR0.TS. */
const monitorAndSwitched = 0xa

/** WAIT: only looks for errors; CR0.MP decides whether a switched task matters. */
export const wait: Family = next((e) => {
  e.cell(Layout.cr0).i32(monitorAndSwitched).op(Op.i32_and).i32(monitorAndSwitched).op(Op.i32_eq)
  raiseIf(e, Vector.NM)
  raisePending(e)
})
