import { Flag, Layout, Segment } from '../state/layout.ts'
import type { SystemContext } from './context.ts'
import {
  type Descriptor,
  SystemType,
  fetchDescriptor,
  isCode,
  isConforming,
  isNull,
  markAccessed,
  raiseSelector,
  readDescriptor,
} from './descriptors.ts'
import { Vector, noErrorCode, raise } from './guest-fault.ts'
import { refreshMode } from './mode.ts'
import { withinLimit } from './segment-check.ts'
import { setCode, setFromDescriptor, setNull, setReal } from './segments.ts'
import { type Stack, currentStack, innerStackOf } from './stack.ts'
import { switchByInterrupt } from './task-switch.ts'
import { innerStack } from './task-state.ts'
import { Privilege } from './types.ts'

/** An interrupt or exception on its way to a handler. */
export interface InterruptEvent {
  readonly vector: number
  /** `noErrorCode` for events that push none. */
  readonly errorCode: number
  /** INT n, INT3 and INTO, for which the gate's DPL counts. */
  readonly software: boolean
  /** The instruction that the handler returns to. */
  readonly returnEip: number
  /** The EFLAGS image to save. */
  readonly flags: number
}

/** Flags that entering a handler clears in protected mode, besides IF through an interrupt gate. */
const clearedByEntry = Flag.TF | Flag.NT | Flag.RF | Flag.VM

/** The IDT's part of an error code: vector, IDT bit, EXT bit. SDM vol. 3, figure 6-7. */
const gateError = (system: SystemContext, vector: number): number => (vector << 3) | 2 | system.external

/** Real mode: the vector table holds far pointers. SDM vol. 3, section 20.1.4. */
function enterReal(system: SystemContext, event: InterruptEvent): void {
  const { state, memory } = system
  const entry = event.vector * 4
  if (entry + 3 > state.get(Layout.idtrLimit)) raise(Vector.GP)
  const target = memory.read((state.get(Layout.idtrBase) + entry) >>> 0, 4, Privilege.Implicit)
  const stack = currentStack(system)
  stack.push(event.flags, 2)
  stack.push(state.selector(Segment.CS), 2)
  stack.push(event.returnEip, 2)
  stack.commit()
  state.set(Layout.eflags, state.systemFlags & ~(Flag.IF | Flag.TF | Flag.AC | Flag.RF))
  setReal(state, Segment.CS, target >>> 16)
  state.eip = target & 0xffff
  refreshMode(system)
}

/** Reads and checks the gate of an event. SDM vol. 3, section 6.12.1. */
function fetchGate(system: SystemContext, event: InterruptEvent): Descriptor {
  const { state } = system
  const offset = event.vector * 8
  const error = gateError(system, event.vector)
  if (offset + 7 > state.get(Layout.idtrLimit)) raise(Vector.GP, error)
  const gate = readDescriptor(system, (state.get(Layout.idtrBase) + offset) >>> 0)
  const type = gate.systemType
  const known =
    type === SystemType.InterruptGate32 ||
    type === SystemType.TrapGate32 ||
    type === SystemType.InterruptGate16 ||
    type === SystemType.TrapGate16 ||
    type === SystemType.TaskGate
  if (!known || (event.software && gate.dpl < state.cpl)) raise(Vector.GP, error)
  if (!gate.present) raise(Vector.NP, error)
  return gate
}

/** Reads and checks the handler's code segment. */
function fetchHandler(system: SystemContext, selector: number): Descriptor {
  const { state } = system
  if (isNull(selector)) raise(Vector.GP, system.external)
  const code = fetchDescriptor(system, selector)
  if (!isCode(code.rights) || code.dpl > state.cpl) raiseSelector(system, Vector.GP, selector)
  if (!code.present) raiseSelector(system, Vector.NP, selector)
  const staysInVirtual8086 = isConforming(code.rights) || code.dpl !== 0
  if (state.virtual8086 && staysInVirtual8086) raiseSelector(system, Vector.GP, selector)
  return code
}

/** What virtual-8086 mode saves first: its data segments, which mean nothing to the handler. */
function pushDataSegments(system: SystemContext, stack: Stack, size: 2 | 4): void {
  const { state } = system
  stack.push(state.selector(Segment.GS), size)
  stack.push(state.selector(Segment.FS), size)
  stack.push(state.selector(Segment.DS), size)
  stack.push(state.selector(Segment.ES), size)
}

function pushFrame(system: SystemContext, stack: Stack, event: InterruptEvent, size: 2 | 4): void {
  stack.push(event.flags, size)
  stack.push(system.state.selector(Segment.CS), size)
  stack.push(event.returnEip, size)
  if (event.errorCode !== noErrorCode) stack.push(event.errorCode, size)
}

/** Everything a handler's entry changes besides CS, EIP and the stack. */
function clearFlags(system: SystemContext, gateType: number): void {
  const { state } = system
  const interruptGate = (gateType & 1) === 0
  state.set(Layout.eflags, state.systemFlags & ~(interruptGate ? clearedByEntry | Flag.IF : clearedByEntry))
}

/** To a handler of an inner privilege level, on that level's stack. */
function enterInner(system: SystemContext, event: InterruptEvent, gateType: number, code: Descriptor): Stack {
  const { state } = system
  const size = gateType & 8 ? 4 : 2
  const inner = innerStack(system, code.dpl)
  const error = (inner.selector & 0xfffc) | system.external
  const stack = innerStackOf(system, inner.descriptor, inner.pointer, error)
  const virtual8086 = state.virtual8086
  if (virtual8086) pushDataSegments(system, stack, size)
  stack.push(state.selector(Segment.SS), size)
  stack.push(state.gpr(4), size)
  pushFrame(system, stack, event, size)
  clearFlags(system, gateType)
  setFromDescriptor(state, Segment.SS, inner.selector, inner.descriptor)
  if (virtual8086) {
    for (const segment of [Segment.ES, Segment.DS, Segment.FS, Segment.GS]) setNull(state, segment, 0)
  }
  return stack
}

function enterProtected(system: SystemContext, event: InterruptEvent): void {
  const { state } = system
  const gate = fetchGate(system, event)
  const gateType = gate.systemType
  if (gateType === SystemType.TaskGate) {
    switchByInterrupt(system, gate.gateSelector, event)
    return
  }
  const selector = gate.gateSelector
  const code = fetchHandler(system, selector)
  const target = gateType & 8 ? gate.gateOffset : gate.gateOffset & 0xffff
  if (!withinLimit(code.rights, code.limit, target, 1)) raise(Vector.GP, system.external)
  markAccessed(system, code)
  const cpl = isConforming(code.rights) ? state.cpl : code.dpl
  let stack: Stack
  if (cpl < state.cpl) {
    stack = enterInner(system, event, gateType, code)
  } else {
    stack = currentStack(system)
    pushFrame(system, stack, event, gateType & 8 ? 4 : 2)
    clearFlags(system, gateType)
  }
  setCode(system, selector, code, cpl)
  stack.commit()
  state.eip = target
  refreshMode(system)
}

/** Enters the handler of an event, or raises the fault that this meets with no effect visible. */
export function enterHandler(system: SystemContext, event: InterruptEvent): void {
  if (system.state.protectedMode) enterProtected(system, event)
  else enterReal(system, event)
  system.state.set(Layout.interruptShadow, 0)
  system.state.set(Layout.repeating, 0)
}
