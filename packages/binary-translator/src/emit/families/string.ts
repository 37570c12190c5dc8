import { Op } from '../../wasm/opcodes.ts'
import { Layout, Segment } from '../../state/layout.ts'
import type { Emitter } from '../emitter.ts'
import type { Local } from '../../wasm/function-writer.ts'
import { BlockKind, blockOperation } from '../../runtime/string-blocks.ts'
import { Helper } from '../access-emitter.ts'
import { constant, type Value } from '../value.ts'
import { Flow, type Family } from './family.ts'

const ECX = 1
const ESI = 6
const EDI = 7

/** What one element's step does, and what decides whether a conditional repetition (REPE, REPNE) goes on. */
interface StringStep {
  readonly source: boolean
  readonly destination: boolean
  readonly emit: (e: Emitter, context: StepContext) => void
  /** Whether ZF ends the repetition: CMPS and SCAS. */
  readonly compares: boolean
  /** What many elements at once are done as; null: they never are. */
  readonly block: number | null
}

interface StepContext {
  readonly size: number
  /** Locals that keep the operands of the last comparison. */
  readonly a: number
  readonly b: number
}

const sourceLinear = (e: Emitter): Value =>
  e.linear(e.segment(), e.gpr(ESI, e.shape.addressSize), e.size, false, e.shape.segmented)

const destinationLinear = (e: Emitter, write: boolean): Value =>
  e.linearIn(Segment.ES, e.gpr(EDI, e.shape.addressSize), e.size, write)

/** Moves an index register by one element in the direction that DF says. */
function advance(e: Emitter, register: number, delta: Value): void {
  const size = e.shape.addressSize
  e.setGpr(register, size, e.push(e.gpr(register, size)).push(delta).op(Op.i32_add).pop())
}

function step(e: Emitter, string: StringStep, context: StepContext, delta: Value): void {
  string.emit(e, context)
  if (string.source) advance(e, ESI, delta)
  if (string.destination) advance(e, EDI, delta)
}

/** Pushes the step of an index register: the element size, negative with DF set. */
function direction(e: Emitter): Value {
  e.i32(e.size).cell(Layout.eflags).i32(10).op(Op.i32_shr_u).i32(1).op(Op.i32_and)
  return e
    .i32(2 * e.size)
    .op(Op.i32_mul)
    .op(Op.i32_sub)
    .pop()
}

function setCompareFlags(e: Emitter, { a, b }: StepContext): void {
  const r = e.push(a).push(b).op(Op.i32_sub).pop()
  e.flags.sub(e.size, a, b, r)
}

/** Fewer elements are faster one by one. */
const worthwhile = 8

/** The parts of a repetition. */
interface Repetition {
  readonly string: StringStep
  readonly context: StepContext
  readonly delta: Value
  /** Elements that this portion has handled. */
  readonly handled: Local
  /** Whether to try a block now: at the start, and in each new page. */
  readonly tries: Local
}

/** Whether elements may be handled many at a time: in flat segments, whose limits need no checks. */
const hasBlocks = (e: Emitter, { block }: StringStep): boolean =>
  block !== null && e.shape.flat && !e.shape.segmented && e.shape.addressSize === 4

/** Handles as many elements as are certain not to be the last one, if many are left and the direction is up. */
function block(e: Emitter, { string, delta, handled }: Repetition): void {
  const index = (register: number, used: boolean): Value => (used ? e.gpr(register, 4) : constant(0))
  e.push(e.gpr(ECX, 4)).i32(worthwhile).op(Op.i32_gt_u).push(delta).i32(0).op(Op.i32_gt_s).op(Op.i32_and)
  e.when(() => {
    e.push(e.gpr(ECX, 4)).i32(1).op(Op.i32_sub)
    const [left, room] = [
      e.pop(),
      e.cell(Layout.stringPortion).i32(1).op(Op.i32_sub).push(handled).op(Op.i32_sub).pop(),
    ]
    e.w.get(e.cpu).i32(blockOperation(string.block!, e.size, e.shape.rep === 3))
    e.push(index(ESI, string.source)).push(index(EDI, string.destination))
    e.push(left).push(room).push(left).push(room).op(Op.i32_lt_s).op(Op.select)
    e.push(e.gpr(0, 4)).w.call(Helper.block)
    const done = e.pop()
    e.push(handled).push(done).op(Op.i32_add).w.set(handled)
    const bytes = e.push(done).i32(e.size).op(Op.i32_mul).pop()
    if (string.source) advance(e, ESI, bytes)
    if (string.destination) advance(e, EDI, bytes)
    e.setGpr(ECX, 4, e.push(e.gpr(ECX, 4)).push(done).op(Op.i32_sub).pop())
  })
}

/** Emits a try at a block before the element that comes next, where there has been none in its pages. */
function tryBlock(e: Emitter, repetition: Repetition): void {
  if (!hasBlocks(e, repetition.string)) return
  e.push(repetition.tries)
  e.when(() => block(e, repetition))
}

/** After an element: the next one may begin a page. */
function noteNewPage(e: Emitter, { string, tries }: Repetition): void {
  if (!hasBlocks(e, string)) return
  const registers = [...(string.source ? [ESI] : []), ...(string.destination ? [EDI] : [])]
  registers.forEach((register, i) => {
    e.push(e.gpr(register, 4)).i32(0xfff).op(Op.i32_and).i32(e.size).op(Op.i32_lt_u)
    if (i > 0) e.op(Op.i32_or)
  })
  e.w.set(tries)
}

/** Emits the repetition; leaves the instruction's own address as the next one when a portion ends early. */
function repeat(e: Emitter, string: StringStep, context: StepContext, delta: Value): void {
  const size = e.shape.addressSize
  const skip = e.w.block()
  e.push(e.gpr(ECX, size)).op(Op.i32_eqz).w.brIf(skip)
  // Up to a multiple of what is left: where a portion that is broken off and made again ends, does not depend on where that was.
  e.push(e.gpr(ECX, size)).i32(1).op(Op.i32_sub).cell(Layout.portion).i32(1).op(Op.i32_sub).op(Op.i32_and)
  e.setCell(Layout.stringPortion, e.i32(1).op(Op.i32_add).pop())
  const handled = e.i32(0).pop()
  const repetition = { string, context, delta, handled, tries: e.i32(1).pop() }
  const done = e.w.block()
  const top = e.w.loop()
  tryBlock(e, repetition)
  step(e, string, context, delta)
  const left = e.push(e.gpr(ECX, size)).i32(1).op(Op.i32_sub).mask(size).pop()
  e.setGpr(ECX, size, left)
  e.push(left).op(Op.i32_eqz).w.brIf(done)
  if (string.compares) {
    e.push(context.a)
      .push(context.b)
      .op(e.shape.rep === 3 ? Op.i32_ne : Op.i32_eq)
      .w.brIf(done)
  }
  noteNewPage(e, repetition)
  e.push(handled).i32(1).op(Op.i32_add).w.tee(handled)
  e.cell(Layout.stringPortion).op(Op.i32_lt_s).w.brIf(top)
  e.setCell(Layout.repeating, constant(1))
  e.again()
  e.w.end()
  e.w.end()
  e.setCell(Layout.repeating, constant(0))
  if (string.compares) {
    setCompareFlags(e, context)
    e.flags.settle()
  }
  e.w.end()
}

/** A string instruction: plain and repeated forms of one step. */
function string(step_: StringStep): Family {
  const emit = (e: Emitter): void => {
    const context = { size: e.size, a: e.temporary(), b: e.temporary() }
    const delta = direction(e)
    if (e.shape.rep === 0) {
      step(e, step_, context, delta)
      if (step_.compares) setCompareFlags(e, context)
      return
    }
    e.flags.settle()
    repeat(e, step_, context, delta)
  }
  return { emit, flow: Flow.Next }
}

export const movs: Family = string({
  source: true,
  destination: true,
  compares: false,
  block: BlockKind.Move,
  emit: (e, { size }) => {
    const value = e.load(sourceLinear(e), size)
    e.store(destinationLinear(e, true), size, value)
  },
})

export const stos: Family = string({
  source: false,
  destination: true,
  compares: false,
  block: BlockKind.Store,
  emit: (e, { size }) => e.store(destinationLinear(e, true), size, e.gpr(0, size)),
})

export const lods: Family = string({
  source: true,
  destination: false,
  compares: false,
  block: null,
  emit: (e, { size }) => e.setGpr(0, size, e.load(sourceLinear(e), size)),
})

export const cmps: Family = string({
  source: true,
  destination: true,
  compares: true,
  block: BlockKind.Compare,
  emit: (e, { size, a, b }) => {
    const left = e.load(sourceLinear(e), size)
    const right = e.load(destinationLinear(e, false), size)
    e.push(left).w.set(a)
    e.push(right).w.set(b)
  },
})

export const scas: Family = string({
  source: false,
  destination: true,
  compares: true,
  block: BlockKind.Scan,
  emit: (e, { size, a, b }) => {
    const right = e.load(destinationLinear(e, false), size)
    e.push(e.gpr(0, size)).w.set(a)
    e.push(right).w.set(b)
  },
})
