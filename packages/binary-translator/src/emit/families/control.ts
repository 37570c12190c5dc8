import { OperandKind } from '@mica-vm/x86-decoder'
import { Op } from '../../wasm/opcodes.ts'
import { Callout } from '../../system/callouts.ts'
import type { Emitter } from '../emitter.ts'
import { constant, type Value } from '../value.ts'
import { jump, type Family } from './family.ts'
import { pushValue, release, topOfStack } from './stack.ts'

const isRelative = (e: Emitter): boolean => e.shape.kinds[0] === OperandKind.Relative

export const jmp: Family = jump((e) => {
  if (isRelative(e)) return e.jump()
  const target = e.copy(e.read(0))
  e.checkCodeLimit(target)
  e.jumpTo(target)
})

export const jcc: Family = jump((e) => {
  e.flags.pushCondition(e.shape.variant)
  e.branch()
})

/** CALL near: pushes the return address. */
export const call: Family = jump((e) => {
  const returnAddress = e.nextEip()
  if (isRelative(e)) {
    e.checkDirectTarget()
    pushValue(e, returnAddress, e.size)
    return e.jump()
  }
  const target = e.copy(e.read(0))
  e.checkCodeLimit(target)
  pushValue(e, returnAddress, e.size)
  e.jumpTo(target)
})

/** RET near, with the bytes to release in the immediate. */
export const ret: Family = jump((e) => {
  const target = topOfStack(e, e.size)
  e.checkCodeLimit(target)
  release(e, e.size)
  if (e.shape.kinds.length > 0) releaseImmediate(e)
  e.jumpTo(target)
})

function releaseImmediate(e: Emitter): void {
  const bytes = e.push(e.immediate()).i32(0xffff).op(Op.i32_and).pop()
  const size = e.shape.stack32 ? 4 : 2
  e.setGpr(4, size, e.push(e.gpr(4, size)).push(bytes).op(Op.i32_add).mask(size).pop())
}

/** LOOP, LOOPE, LOOPNE: decrement the count register without touching flags. `zf` is the ZF that goes on, or null. */
function loop(zf: 0 | 1 | null): Family {
  return jump((e) => {
    e.checkDirectTarget()
    const size = e.shape.addressSize
    const left = e.push(e.gpr(1, size)).i32(1).op(Op.i32_sub).mask(size).pop()
    if (zf !== null) e.flags.settle()
    e.setGpr(1, size, left)
    e.push(left).i32(0).op(Op.i32_ne)
    if (zf !== null) {
      e.flags.pushCondition(zf === 1 ? 4 : 5)
      e.op(Op.i32_and)
    }
    e.branch()
  })
}

export const loopFamily: Family = loop(null)
export const loope: Family = loop(1)
export const loopne: Family = loop(0)

export const jcxz: Family = jump((e) => {
  e.push(e.gpr(1, e.shape.addressSize)).op(Op.i32_eqz)
  e.branch()
})

/** A far pointer operand: immediate, or read from memory (offset, then selector). */
function farPointer(e: Emitter): { offset: Value; selector: Value } {
  const size = e.size
  if (!e.isMemory(0)) return { offset: e.immediate(), selector: e.immediate2() }
  return readFarPointer(e, e.copy(e.memoryOperand(size + 2, false)), size)
}

/** Reads offset and selector at a linear address. */
export function readFarPointer(e: Emitter, linear: Value, size: number): { offset: Value; selector: Value } {
  const offset = e.load(linear, size)
  const selector = e.load(e.push(linear).i32(size).op(Op.i32_add).pop(), 2)
  return { offset, selector }
}

function far(callout: number): Family {
  return jump((e) => {
    const { offset, selector } = farPointer(e)
    const y = e
      .push(selector)
      .i32(0xffff)
      .op(Op.i32_and)
      .i32(e.size << 16)
      .op(Op.i32_or)
      .pop()
    e.callout(callout, offset, y)
  })
}

export const jmpFar: Family = far(Callout.FarJump)
export const callFar: Family = far(Callout.FarCall)

export const retf: Family = jump((e) => {
  const bytes = e.shape.kinds.length > 0 ? e.push(e.immediate()).i32(0xffff).op(Op.i32_and).pop() : constant(0)
  e.callout(Callout.FarReturn, bytes, constant(e.size))
})

export const iret: Family = jump((e) => e.callout(Callout.Iret, constant(e.size), constant(0)))
export const int: Family = jump((e) =>
  e.callout(Callout.Int, e.push(e.immediate()).i32(0xff).op(Op.i32_and).pop(), constant(0)),
)
export const int3: Family = jump((e) => e.callout(Callout.Int, constant(3), constant(1)))
export const int1: Family = jump((e) => e.callout(Callout.Int, constant(1), constant(3)))

/** INTO traps only with OF set. */
export const into: Family = jump((e) => {
  e.flags.pushCondition(0)
  e.rarely(() => e.callout(Callout.Int, constant(4), constant(2)))
  e.goNext()
})
