import { Flag, Layout, Segment } from '../state/layout.ts'
import { Flow, type SystemContext } from './context.ts'
import { Vector, raise } from './guest-fault.ts'
import { refreshMode } from './mode.ts'
import { Msr, msrSlot } from './msr-access.ts'
import { setSegment } from './segments.ts'

const flatLimit = 0xffff_ffff
/** Rights of the fixed flat segments, without DPL. SDM vol. 2, SYSENTER. */
const codeRights = 0xc09b
const stackRights = 0xc093

function setFlat(system: SystemContext, code: number, stack: number, cpl: number): void {
  const { state } = system
  const dpl = cpl << 5
  state.set(Layout.cpl, cpl)
  setSegment(state, Segment.CS, (code & 0xfffc) | cpl, codeRights | dpl, 0, flatLimit)
  setSegment(state, Segment.SS, (stack & 0xfffc) | cpl, stackRights | dpl, 0, flatLimit)
  refreshMode(system)
}

function sysenterCode(system: SystemContext): number {
  const { state, features } = system
  if (!features.sysenter) raise(Vector.UD)
  const code = state.get(msrSlot(Msr.SysenterCs)) & 0xffff
  if (!state.protectedMode || (code & 0xfffc) === 0) raise(Vector.GP, 0)
  return code
}

/** SYSENTER: to the kernel's fixed entry point, from any privilege level and from virtual-8086 mode. */
export function sysenter(system: SystemContext): Flow {
  const { state } = system
  const code = sysenterCode(system)
  state.set(Layout.eflags, state.systemFlags & ~(Flag.VM | Flag.IF | Flag.RF))
  setFlat(system, code, code + 8, 0)
  state.setGpr(4, state.get(msrSlot(Msr.SysenterEsp)))
  state.eip = state.get(msrSlot(Msr.SysenterEip))
  return Flow.Set
}

/** SYSEXIT: to CPL 3 at EDX, with the stack at ECX. */
export function sysexit(system: SystemContext): Flow {
  const { state } = system
  const code = sysenterCode(system)
  if (state.cpl !== 0) raise(Vector.GP, 0)
  const eip = state.gpr(2)
  const esp = state.gpr(1)
  setFlat(system, code + 16, code + 24, 3)
  state.setGpr(4, esp)
  state.eip = eip
  return Flow.Set
}
