import { Segment } from '../state/layout.ts'
import { Flow, type SystemContext } from './context.ts'
import {
  type Descriptor,
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
import {
  dropPrivilegedSegments,
  fetchStack,
  loadedStack,
  setCode,
  setFromDescriptor,
  setReal,
  setVirtual8086,
} from './segments.ts'
import { type Stack, currentStack, movedPointer, outerPointer } from './stack.ts'

/** Checks the code segment that RET or IRET goes back to: never inwards. SDM vol. 2, RET. */
export function fetchReturnCode(system: SystemContext, selector: number): Descriptor {
  if (isNull(selector)) raise(Vector.GP, 0)
  const code = fetchDescriptor(system, selector)
  const rpl = selector & 3
  const privilege = isConforming(code.rights) ? code.dpl <= rpl : code.dpl === rpl
  if (!isCode(code.rights) || rpl < system.state.cpl || !privilege) raiseSelector(system, Vector.GP, selector)
  if (!code.present) raiseSelector(system, Vector.NP, selector)
  markAccessed(system, code)
  return code
}

function returnUnprotected(system: SystemContext, stack: Stack, size: 2 | 4, release: number): Flow {
  const { state } = system
  const eip = stack.pop(size)
  const selector = stack.pop(size) & 0xffff
  if (eip > state.limit(Segment.CS)) raise(Vector.GP, 0)
  stack.release(release)
  stack.commit()
  if (state.virtual8086) setVirtual8086(state, Segment.CS, selector)
  else setReal(state, Segment.CS, selector)
  state.eip = eip
  refreshMode(system)
  return Flow.Set
}

function returnOuter(system: SystemContext, stack: Stack, size: 2 | 4, release: number, target: Target): Flow {
  const { state } = system
  const cpl = target.selector & 3
  stack.release(release)
  const pointer = stack.pop(size)
  const selector = stack.pop(size) & 0xffff
  const descriptor = fetchStack(system, selector, cpl, loadedStack)
  const outer = outerPointer(system, descriptor.rights, pointer)
  setCode(system, target.selector, target.code, cpl)
  setFromDescriptor(state, Segment.SS, selector, descriptor)
  state.setGpr(4, movedPointer(descriptor.rights, outer, release))
  dropPrivilegedSegments(state, cpl)
  state.eip = target.eip
  refreshMode(system)
  return Flow.Set
}

/** Where a far return goes. */
interface Target {
  readonly selector: number
  readonly code: Descriptor
  readonly eip: number
}

/** RET far, with `release` bytes of parameters taken off the stack. SDM vol. 2, RET. */
export function farReturn(system: SystemContext, release: number, operandSize: number): Flow {
  const { state } = system
  const size = operandSize === 4 ? 4 : 2
  const bytes = release & 0xffff
  const stack = currentStack(system)
  if (!state.protectedMode || state.virtual8086) return returnUnprotected(system, stack, size, bytes)
  const eip = stack.pop(size)
  const selector = stack.pop(size) & 0xffff
  const code = fetchReturnCode(system, selector)
  if (!withinLimit(code.rights, code.limit, eip, 1)) raise(Vector.GP, 0)
  if ((selector & 3) > state.cpl) return returnOuter(system, stack, size, bytes, { selector, code, eip })
  stack.release(bytes)
  stack.commit()
  setCode(system, selector, code, state.cpl)
  state.eip = eip
  refreshMode(system)
  return Flow.Set
}
