import { Segment } from '../state/layout.ts'
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
} from './descriptors.ts'
import { Vector, raise } from './guest-fault.ts'
import { refreshMode } from './mode.ts'
import { withinLimit } from './segment-check.ts'
import { setCode, setFromDescriptor } from './segments.ts'
import { type Stack, currentStack, innerStackOf } from './stack.ts'
import { innerStack } from './task-state.ts'

/** The code segment behind a gate; only a CALL reaches an inner level. SDM vol. 3, table 5-1. */
function fetchGateTarget(system: SystemContext, selector: number, call: boolean): Descriptor {
  const { cpl } = system.state
  if (isNull(selector)) raise(Vector.GP, 0)
  const code = fetchDescriptor(system, selector)
  const inward = call || isConforming(code.rights)
  const allowed = isCode(code.rights) && (inward ? code.dpl <= cpl : code.dpl === cpl)
  if (!allowed) raiseSelector(system, Vector.GP, selector)
  if (!code.present) raiseSelector(system, Vector.NP, selector)
  markAccessed(system, code)
  return code
}

/** Switches to the inner level's stack and copies the parameters there. SDM vol. 3, section 5.8.5. */
function callInner(system: SystemContext, code: Descriptor, size: 2 | 4, parameters: number): Stack {
  const { state } = system
  const inner = innerStack(system, code.dpl)
  const outer = currentStack(system)
  const stack = innerStackOf(system, inner.descriptor, inner.pointer, inner.selector & 0xfffc)
  stack.push(state.selector(Segment.SS), size)
  stack.push(state.gpr(4), size)
  for (let index = parameters - 1; index >= 0; index--) stack.push(outer.peek(index * size, size), size)
  stack.push(state.selector(Segment.CS), size)
  stack.push(state.nextEip, size)
  setFromDescriptor(state, Segment.SS, inner.selector, inner.descriptor)
  return stack
}

/** Enters code through a call gate whose own privilege has been checked. SDM vol. 3, section 5.8.4. */
export function enterThroughGate(system: SystemContext, gate: Descriptor, call: boolean): void {
  const { state } = system
  const size = gate.systemType === SystemType.CallGate32 ? 4 : 2
  const selector = gate.gateSelector
  const target = size === 4 ? gate.gateOffset : gate.gateOffset & 0xffff
  const code = fetchGateTarget(system, selector, call)
  if (!withinLimit(code.rights, code.limit, target, 1)) raise(Vector.GP, 0)
  const inner = call && !isConforming(code.rights) && code.dpl < state.cpl
  const cpl = inner ? code.dpl : state.cpl
  let stack: Stack
  if (inner) {
    stack = callInner(system, code, size, gate.high & 31)
  } else {
    stack = currentStack(system)
    if (call) {
      stack.push(state.selector(Segment.CS), size)
      stack.push(state.nextEip, size)
    }
  }
  setCode(system, selector, code, cpl)
  stack.commit()
  state.eip = target
  refreshMode(system)
}
