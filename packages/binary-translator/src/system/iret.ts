import { Flag, Layout, Segment, arithmeticFlags } from '../state/layout.ts'
import { Flow, type SystemContext } from './context.ts'
import { fetchReturnCode } from './far-return.ts'
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
import { type Stack, currentStack, outerPointer } from './stack.ts'
import { switchByReturn } from './task-switch.ts'
import { hasVirtualFlag, virtualFlags } from './virtual-interrupts.ts'

/** Flags that any IRET restores. */
const ordinary = arithmeticFlags | Flag.TF | Flag.DF | Flag.NT
/** Flags that a 32-bit IRET restores besides. RF, so set, holds for the instruction that is returned to. */
const wide = Flag.RF | Flag.AC | Flag.ID

/** The three values on top of every interrupt frame. */
interface Frame {
  readonly eip: number
  readonly selector: number
  readonly flags: number
}

function popFrame(stack: Stack, size: 2 | 4): Frame {
  const eip = stack.pop(size)
  const selector = stack.pop(size) & 0xffff
  const flags = stack.pop(size)
  return { eip, selector, flags }
}

/** Replaces the flags in `mask` by those of `image`. */
function mergeFlags(system: SystemContext, image: number, mask: number): void {
  const { state } = system
  state.eflags = (state.eflags & ~mask & ~Flag.RF) | (image & mask)
}

/** IRET in real mode and, with IOPL 3 or a virtual interrupt flag, inside virtual-8086 mode. SDM vol. 2, IRET. */
function returnUnprotected(system: SystemContext, size: 2 | 4): Flow {
  const { state } = system
  const virtual8086 = state.virtual8086
  const isVirtual = hasVirtualFlag(system, size)
  const stack = currentStack(system)
  const { eip, selector, flags } = popFrame(stack, size)
  if (eip > (virtual8086 ? 0xffff : state.limit(Segment.CS))) raise(Vector.GP, 0)
  const mask = ordinary | (isVirtual ? 0 : Flag.IF) | (size === 4 ? wide : 0) | (virtual8086 ? 0 : Flag.IOPL)
  const old = state.eflags & ~Flag.RF
  const merged = isVirtual ? virtualFlags(old, flags, mask) : (old & ~mask) | (flags & mask)
  stack.commit()
  state.eflags = merged
  if (virtual8086) setVirtual8086(state, Segment.CS, selector)
  else setReal(state, Segment.CS, selector)
  state.eip = eip
  refreshMode(system)
  return Flow.Set
}

/** From CPL 0 into virtual-8086 mode. SDM vol. 3, section 20.2.5. */
function returnToVirtual8086(system: SystemContext, stack: Stack, frame: Frame): Flow {
  const { state } = system
  const esp = stack.pop(4)
  const ss = stack.pop(4)
  const es = stack.pop(4)
  const ds = stack.pop(4)
  const fs = stack.pop(4)
  const gs = stack.pop(4)
  if (frame.eip > 0xffff) raise(Vector.GP, 0)
  const mask = ordinary | wide | Flag.IF | Flag.IOPL | Flag.VIF | Flag.VIP | Flag.VM
  mergeFlags(system, frame.flags, mask)
  state.set(Layout.cpl, 3)
  setVirtual8086(state, Segment.CS, frame.selector)
  setVirtual8086(state, Segment.SS, ss & 0xffff)
  setVirtual8086(state, Segment.ES, es & 0xffff)
  setVirtual8086(state, Segment.DS, ds & 0xffff)
  setVirtual8086(state, Segment.FS, fs & 0xffff)
  setVirtual8086(state, Segment.GS, gs & 0xffff)
  state.setGpr(4, esp)
  state.eip = frame.eip
  refreshMode(system)
  return Flow.Set
}

/** The flags that code at `cpl` may restore. SDM vol. 2, IRET. */
function restorable(cpl: number, iopl: number, size: number): number {
  let mask = ordinary | (size === 4 ? wide : 0)
  if (cpl <= iopl) mask |= Flag.IF
  if (cpl === 0) mask |= Flag.IOPL | (size === 4 ? Flag.VIF | Flag.VIP : 0)
  return mask
}

function returnProtected(system: SystemContext, stack: Stack, frame: Frame, size: 2 | 4): Flow {
  const { state } = system
  const { selector, eip, flags } = frame
  const code = fetchReturnCode(system, selector)
  const cpl = selector & 3
  const outer = cpl > state.cpl
  const mask = restorable(state.cpl, (state.systemFlags >>> 12) & 3, size)
  const pointer = outer ? stack.pop(size) : 0
  const stackSelector = outer ? stack.pop(size) & 0xffff : 0
  const stackSegment = outer ? fetchStack(system, stackSelector, cpl, loadedStack) : undefined
  if (!withinLimit(code.rights, code.limit, eip, 1)) raise(Vector.GP, 0)
  mergeFlags(system, flags, mask)
  setCode(system, selector, code, cpl)
  if (stackSegment) {
    setFromDescriptor(state, Segment.SS, stackSelector, stackSegment)
    state.setGpr(4, outerPointer(system, stackSegment.rights, pointer))
    dropPrivilegedSegments(state, cpl)
  } else {
    stack.commit()
  }
  state.eip = eip
  refreshMode(system)
  return Flow.Set
}

/** IRET and IRETD. */
export function interruptReturn(system: SystemContext, operandSize: number): Flow {
  const { state } = system
  const size = operandSize === 4 ? 4 : 2
  if (!state.protectedMode || state.virtual8086) return finish(system, returnUnprotected(system, size))
  if (state.systemFlags & Flag.NT) return finish(system, switchByReturn(system))
  const stack = currentStack(system)
  const frame = popFrame(stack, size)
  const toVirtual8086 = size === 4 && (frame.flags & Flag.VM) !== 0 && state.cpl === 0
  if (toVirtual8086) return finish(system, returnToVirtual8086(system, stack, frame))
  return finish(system, returnProtected(system, stack, frame, size))
}

/** A completed IRET ends the blocking of NMIs. SDM vol. 3, section 6.7.1. */
function finish(system: SystemContext, flow: Flow): Flow {
  system.state.set(Layout.nmiBlocked, 0)
  return flow
}
