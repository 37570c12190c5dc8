import { Operation } from '@mica-vm/x86-decoder'
import { Callout } from '../../system/callouts.ts'
import { Vector } from '../../system/guest-fault.ts'
import { VectorBlock } from '../../system/vector-state.ts'
import { Layout } from '../../state/layout.ts'
import type { Local } from '../../wasm/function-writer.ts'
import { Op } from '../../wasm/opcodes.ts'
import type { Emitter } from '../emitter.ts'
import { constant } from '../value.ts'
import { signatureOf, x87Slot } from '../x87-calls.ts'
import { jump, next, type Family } from './family.ts'
import { requireVector } from './vector-common.ts'
import { pushScratch } from './x87-common.ts'
import { copyFromGuest, copyToGuest } from './x87-state.ts'

const areaBytes = 576
const header = 512
/** What XSAVE itself writes of the header: XSTATE_BV; XSAVEC writes XCOMP_BV, too. */
const present = 8
const presentAndCompaction = 16
const [plain, optimized, compacting] = [0, 1, 2]

/** Parts of the area by the bit of `xsave`'s answer: x87, XMM registers, MXCSR; from, to. */
const parts: readonly (readonly [bit: number, from: number, to: number])[] = [
  [1, 0, 24],
  [1, 32, 160],
  [2, 160, 288],
  [4, 24, 32],
]

/** Linear address of the area: a multiple of 64. SDM vol. 1, section 13.4. */
function area(e: Emitter, write: boolean): Local {
  requireVector(e, VectorBlock.unextended | VectorBlock.switched)
  e.flags.settle()
  const linear = e.push(e.memoryOperand(areaBytes, write)).pop()
  e.push(linear).i32(63).op(Op.i32_and)
  e.rarely(() => e.callout(Callout.Raise, constant(Vector.GP), constant(0)))
  return linear
}

const at = (e: Emitter, linear: Local, offset: number): Local => e.push(linear).i32(offset).op(Op.i32_add).pop()

/** Pushes the components that EDX:EAX asks for, of those that XCR0 enables; there are none beyond bit 31. */
const pushRequested = (e: Emitter): void => void e.push(e.gpr(0, 4)).cell(Layout.xcr0).op(Op.i32_and)

const save = (kind: number): Family =>
  next((e) => {
    const linear = area(e, true)
    copyFromGuest(e, at(e, linear, header), Layout.scratch + header, present, 4)
    e.vectors.flushAll()
    e.w.get(e.cpu)
    pushScratch(e)
    pushRequested(e)
    e.i32(kind)
    e.callTable(x87Slot('xsave'), signatureOf('iiii>i'))
    const written = e.pop()
    for (const [bit, from, to] of parts) {
      e.push(written).i32(bit).op(Op.i32_and)
      e.when(() => copyToGuest(e, at(e, linear, from), Layout.scratch + from, to - from, 4))
    }
    const headerBytes = kind === compacting ? presentAndCompaction : present
    copyToGuest(e, at(e, linear, header), Layout.scratch + header, headerBytes, 4)
  })

const restore: Family = next((e) => {
  const linear = area(e, false)
  copyFromGuest(e, linear, Layout.scratch, 288, 4)
  copyFromGuest(e, at(e, linear, header), Layout.scratch + header, areaBytes - header, 4)
  e.w.get(e.cpu)
  pushScratch(e)
  pushRequested(e)
  e.cell(Layout.xcr0).cell(Layout.compaction)
  // It may leave some of the registers as they are.
  e.vectors.flushAll()
  e.callTable(x87Slot('xrstor'), signatureOf('iiiii>i'))
  e.vectors.reloadAll()
  e.rarely(() => e.callout(Callout.Raise, constant(Vector.GP), constant(0)))
})

const zero = constant(0)
const xgetbv: Family = jump((e) => e.callout(Callout.Xgetbv, zero, zero))
const xsetbv: Family = jump((e) => e.callout(Callout.Xsetbv, zero, zero))

export const extendedStates: readonly (readonly [number, Family])[] = [
  [Operation.Xsave, save(plain)],
  [Operation.Xsaveopt, save(optimized)],
  [Operation.Xsavec, save(compacting)],
  [Operation.Xrstor, restore],
  [Operation.Xgetbv, xgetbv],
  [Operation.Xsetbv, xsetbv],
]
