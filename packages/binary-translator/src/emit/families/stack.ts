import { OperandKind, RegisterClass } from '@mica-vm/x86-decoder'
import { Op } from '../../wasm/opcodes.ts'
import { Callout } from '../../system/callouts.ts'
import { Flag, Layout, Segment, arithmeticFlags } from '../../state/layout.ts'
import type { Emitter } from '../emitter.ts'
import { constant, type Value } from '../value.ts'
import { next, stop, type Family } from './family.ts'

const ESP = 4
const EBP = 5

/** Bytes of the stack pointer: SS.B chooses ESP or SP. */
const stackSize = (e: Emitter): number => (e.shape.stack32 ? 4 : 2)

/** Stack pointer `pointer` moved by `delta` and truncated to the stack size. */
export const moved = (e: Emitter, pointer: Value, delta: number): Value =>
  e.push(pointer).i32(delta).op(Op.i32_add).mask(stackSize(e)).pop()

const stackPointer = (e: Emitter): Value => e.gpr(ESP, stackSize(e))

/** Pushes one value; the stack pointer changes after the store. Of its slot, `written` bytes are accessed. */
export function pushValue(e: Emitter, value: Value, size: number, written: number = size): void {
  const sp = moved(e, stackPointer(e), -size)
  e.store(e.linearIn(Segment.SS, sp, written, true), written, value)
  e.setGpr(ESP, stackSize(e), sp)
}

/** Selectors are accessed with 16 bits, whatever room they take: the rest of a slot stays. SDM vol. 2, PUSH and POP. */
const selectorBytes = 2

/** Reads the value on top of the stack without removing it. */
export const topOfStack = (e: Emitter, size: number): Value =>
  e.load(e.linearIn(Segment.SS, stackPointer(e), size, false), size)

/** Releases `bytes` from the stack. */
export const release = (e: Emitter, bytes: number): void =>
  e.setGpr(ESP, stackSize(e), moved(e, stackPointer(e), bytes))

const isSegment = (e: Emitter, i: number): boolean => e.shape.classes[i] === RegisterClass.Segment

/** PUSH. */
export const push: Family = next((e) => {
  const size = e.size
  if (isSegment(e, 0)) return pushValue(e, e.selectorOf(e.registerNumber(0)), size, selectorBytes)
  const kind = e.shape.kinds[0]
  pushValue(e, kind === OperandKind.Immediate ? e.immediate() : e.copy(e.read(0)), size)
})

/** POP to a register or memory. An address that uses ESP sees the incremented one: see `normalize`. */
export const pop: Family = next((e) => {
  if (isSegment(e, 0)) return popSegment(e)
  const value = topOfStack(e, e.size)
  if (e.isMemory(0)) {
    e.write(0, value)
    release(e, e.size)
  } else {
    release(e, e.size)
    e.write(0, value)
  }
})

/** POP of a segment register is a callout, which also releases the stack. */
function popSegment(e: Emitter): void {
  const value = topOfStack(e, selectorBytes)
  e.callout(
    Callout.PopSegment,
    e
      .push(e.registerNumber(0))
      .i32(e.size << 8)
      .op(Op.i32_or)
      .pop(),
    value,
  )
}

/** PUSHA and PUSHAD: the pushed (E)SP is the one before. */
export const pusha: Family = next((e) => {
  const size = e.size
  const sp = e.copy(stackPointer(e))
  for (let n = 0; n < 8; n++) {
    const offset = moved(e, sp, -size * (n + 1))
    e.store(e.linearIn(Segment.SS, offset, size, true), size, e.gpr(n, size))
  }
  release(e, -8 * size)
})

/** POPA and POPAD skip the stored (E)SP. */
export const popa: Family = next((e) => {
  const size = e.size
  const sp = e.copy(stackPointer(e))
  const values: Value[] = []
  for (let n = 0; n < 8; n++) {
    const offset = moved(e, sp, size * n)
    values.push(e.load(e.linearIn(Segment.SS, offset, size, false), size))
  }
  release(e, 8 * size)
  values.forEach((value, n) => {
    if (7 - n !== ESP) e.setGpr(7 - n, size, value)
  })
})

/** LEAVE. */
export const leave: Family = next((e) => {
  const size = e.size
  const frame = e.copy(e.gpr(EBP, stackSize(e)))
  const value = e.load(e.linearIn(Segment.SS, frame, size, false), size)
  e.setGpr(ESP, stackSize(e), moved(e, frame, size))
  e.setGpr(EBP, size, value)
})

/** What ENTER makes of EBP: on a 16-bit stack too, processors take the whole of ESP. */
function framePointer(e: Emitter, sp: number): Value {
  if (stackSize(e) === 4 || e.size === 2) return e.copy(sp)
  return e.push(e.gpr(ESP, 4)).i32(~0xffff).op(Op.i32_and).push(sp).op(Op.i32_or).pop()
}

/** ENTER: allocates a frame; levels above zero copy that many frame pointers (SDM vol. 2, ENTER). */
export const enter: Family = next((e) => {
  const size = e.size
  e.flags.settle()
  const level = e.push(e.immediate2()).i32(31).op(Op.i32_and).pop()
  const sp = e.push(moved(e, stackPointer(e), -size)).pop()
  e.store(e.linearIn(Segment.SS, sp, size, true), size, e.gpr(EBP, size))
  const frame = framePointer(e, sp)
  e.push(level)
  e.when(() => copyDisplay(e, level, sp, frame))
  e.push(sp).push(e.immediate()).i32(0xffff).op(Op.i32_and).op(Op.i32_sub)
  e.setGpr(ESP, stackSize(e), e.mask(stackSize(e)).pop())
  e.setGpr(EBP, size, frame)
})

function copyDisplay(e: Emitter, level: Value, sp: number, frame: Value): void {
  const size = e.size
  const base = e.push(e.gpr(EBP, stackSize(e))).pop()
  const left = e.push(level).pop()
  const top = e.w.loop()
  e.push(left).i32(1).op(Op.i32_sub).w.tee(left)
  e.when(() => {
    e.push(moved(e, base, -size)).w.set(base)
    e.push(moved(e, sp, -size)).w.set(sp)
    const value = e.load(e.linearIn(Segment.SS, base, size, false), size)
    e.store(e.linearIn(Segment.SS, sp, size, true), size, value)
    e.w.br(top)
  })
  e.w.end()
  e.push(moved(e, sp, -size)).w.set(sp)
  e.store(e.linearIn(Segment.SS, sp, size, true), size, frame)
}

/** PUSHF; virtual-8086 mode has rules of its own. */
export const pushf: Family = next((e) => {
  e.cell(Layout.eflags).i32(Flag.VM).op(Op.i32_and)
  e.rarely(() => e.callout(Callout.Pushf, constant(e.size), constant(0)))
  e.flags.pushImage()
  e.cell(Layout.eflags)
    .i32(~(Flag.RF | Flag.VM))
    .op(Op.i32_and)
    .op(Op.i32_or)
  pushValue(e, e.pop(), e.size)
})

/** Flags that POPF at CPL 0 and at CPL 3 (IOPL below 3) may change; TF is only cleared here. */
const kernelFlags = arithmeticFlags | Flag.TF | Flag.IF | Flag.DF | Flag.IOPL | Flag.NT | Flag.AC | Flag.ID
const userFlags = arithmeticFlags | Flag.TF | Flag.DF | Flag.NT | Flag.AC | Flag.ID

/** POPF: the common cases change the flags here; single-stepping, alignment, IOPL games and virtual-8086 mode call out. */
export const popf: Family = stop((e) => {
  const value = topOfStack(e, e.size)
  const special = e.shape.user ? Flag.VM | Flag.IOPL : Flag.VM
  e.cell(Layout.eflags).i32(special).op(Op.i32_and).push(value).i32(Flag.TF).op(Op.i32_and).op(Op.i32_or)
  // AC changes which accesses are allowed.
  if (e.size === 4) e.cell(Layout.eflags).push(value).op(Op.i32_xor).i32(Flag.AC).op(Op.i32_and).op(Op.i32_or)
  if (!e.shape.user) e.cell(Layout.cpl).op(Op.i32_or)
  e.rarely(() => e.callout(Callout.Popf, constant(e.size), constant(0)))
  const mask = (e.shape.user ? userFlags : kernelFlags) & (e.size === 2 ? 0xffff : -1)
  e.cell(Layout.eflags)
    .i32(~(mask | Flag.RF))
    .op(Op.i32_and)
  e.push(value)
    .i32(mask & ~arithmeticFlags)
    .op(Op.i32_and)
    .op(Op.i32_or)
  e.setCell(Layout.eflags, e.pop())
  e.flags.load(value)
  release(e, e.size)
  e.noticeInterrupts()
})
