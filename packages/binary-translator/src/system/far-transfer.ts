import { Segment } from '../state/layout.ts'
import { enterThroughGate } from './call-gate.ts'
import { Flow, type SystemContext } from './context.ts'
import {
  type Descriptor,
  SystemType,
  fetchDescriptor,
  isCode,
  isConforming,
  isNull,
  markAccessed,
  raiseSelector,
} from './descriptors.ts'
import { Vector, raise } from './guest-fault.ts'
import { refreshMode } from './mode.ts'
import { withinLimit } from './segment-check.ts'
import { setCode, setReal, setVirtual8086 } from './segments.ts'
import { currentStack } from './stack.ts'
import { TaskEntry, leavingAfter, switchTask } from './task-switch.ts'

/** A far pointer with its operand size; `call` pushes the way back. */
interface FarPointer {
  readonly selector: number
  readonly offset: number
  readonly size: 2 | 4
  readonly call: boolean
}

function farPointer(x: number, y: number, call: boolean): FarPointer {
  const size = y >>> 16 === 4 ? 4 : 2
  return { selector: y & 0xffff, offset: size === 4 ? x >>> 0 : x & 0xffff, size, call }
}

function pushReturn(system: SystemContext, size: 2 | 4): void {
  const { state } = system
  const stack = currentStack(system)
  stack.push(state.selector(Segment.CS), size)
  stack.push(state.nextEip, size)
  stack.commit()
}

function transferUnprotected(system: SystemContext, pointer: FarPointer): Flow {
  const { state } = system
  if (pointer.offset > state.limit(Segment.CS)) raise(Vector.GP, 0)
  if (pointer.call) pushReturn(system, pointer.size)
  if (state.virtual8086) setVirtual8086(state, Segment.CS, pointer.selector)
  else setReal(state, Segment.CS, pointer.selector)
  state.eip = pointer.offset
  refreshMode(system)
  return Flow.Set
}

/** Straight to a code segment, which never changes CPL. SDM vol. 3, section 5.8.1. */
function transferToCode(system: SystemContext, pointer: FarPointer, code: Descriptor): Flow {
  const { state } = system
  const { selector, offset } = pointer
  const { cpl } = state
  const allowed = isConforming(code.rights) ? code.dpl <= cpl : code.dpl === cpl && (selector & 3) <= cpl
  if (!allowed) raiseSelector(system, Vector.GP, selector)
  if (!code.present) raiseSelector(system, Vector.NP, selector)
  if (!withinLimit(code.rights, code.limit, offset, 1)) raise(Vector.GP, 0)
  markAccessed(system, code)
  if (pointer.call) pushReturn(system, pointer.size)
  setCode(system, selector, code, cpl)
  state.eip = offset
  refreshMode(system)
  return Flow.Set
}

/** Through a gate or to a task. */
function transferToSystem(system: SystemContext, pointer: FarPointer, descriptor: Descriptor): Flow {
  const { selector, call } = pointer
  const { cpl } = system.state
  const type = descriptor.systemType
  const gate = type === SystemType.CallGate16 || type === SystemType.CallGate32 || type === SystemType.TaskGate
  const task = type === SystemType.Tss16 || type === SystemType.Tss32
  const reachable = descriptor.dpl >= cpl && descriptor.dpl >= (selector & 3)
  if (!(gate || task) || !reachable) raiseSelector(system, Vector.GP, selector)
  const entry = call ? TaskEntry.Call : TaskEntry.Jump
  if (task) {
    switchTask(system, selector, entry, leavingAfter(system))
    return Flow.Set
  }
  if (!descriptor.present) raiseSelector(system, Vector.NP, selector)
  if (type === SystemType.TaskGate) switchTask(system, descriptor.gateSelector, entry, leavingAfter(system))
  else enterThroughGate(system, descriptor, call)
  return Flow.Set
}

function transfer(system: SystemContext, pointer: FarPointer): Flow {
  const { state } = system
  if (!state.protectedMode || state.virtual8086) return transferUnprotected(system, pointer)
  if (isNull(pointer.selector)) raise(Vector.GP, 0)
  const descriptor = fetchDescriptor(system, pointer.selector)
  if (isCode(descriptor.rights)) return transferToCode(system, pointer, descriptor)
  return transferToSystem(system, pointer, descriptor)
}

/** JMP far. SDM vol. 2, JMP. */
export function farJump(system: SystemContext, x: number, y: number): Flow {
  return transfer(system, farPointer(x, y, false))
}

/** CALL far. SDM vol. 2, CALL. */
export function farCall(system: SystemContext, x: number, y: number): Flow {
  return transfer(system, farPointer(x, y, true))
}
