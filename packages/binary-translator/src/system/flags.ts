import type { CpuState } from '../state/cpu-state.ts'
import { Flag, Layout, Shadow, arithmeticFlags } from '../state/layout.ts'
import { Flow, type SystemContext } from './context.ts'
import { Vector, raise } from './guest-fault.ts'
import { refreshAlignment } from './mode.ts'
import { currentStack } from './stack.ts'

const iopl = (state: CpuState): number => (state.systemFlags >>> 12) & 3

/** CLI and STI need CPL <= IOPL; in virtual-8086 mode, where CPL is 3, that is IOPL 3. SDM vol. 2, CLI. */
function requireInterruptPrivilege(state: CpuState): void {
  if (state.protectedMode && state.cpl > iopl(state)) raise(Vector.GP, 0)
}

/** CLI. */
export function clearInterruptFlag(system: SystemContext): Flow {
  const { state } = system
  requireInterruptPrivilege(state)
  state.set(Layout.eflags, state.systemFlags & ~Flag.IF)
  return Flow.Next
}

/** STI: interrupts stay off for one more instruction. SDM vol. 2, STI. */
export function setInterruptFlag(system: SystemContext): Flow {
  const { state } = system
  requireInterruptPrivilege(state)
  if ((state.systemFlags & Flag.IF) === 0) state.set(Layout.interruptShadow, Shadow.Interrupts)
  state.set(Layout.eflags, state.systemFlags | Flag.IF)
  return Flow.Next
}

/** PUSHF and POPF trap in virtual-8086 mode unless IOPL is 3. SDM vol. 3, section 20.2.7. */
function requireFlagPrivilege(state: CpuState): void {
  if (state.protectedMode && state.virtual8086 && iopl(state) !== 3) raise(Vector.GP, 0)
}

/** PUSHF and PUSHFD. */
export function pushFlags(system: SystemContext, operandSize: number): Flow {
  const { state } = system
  requireFlagPrivilege(state)
  const stack = currentStack(system)
  stack.push(state.eflags & ~(Flag.VM | Flag.RF), operandSize === 4 ? 4 : 2)
  stack.commit()
  return Flow.Next
}

/** The flags that POPF changes at this privilege. SDM vol. 2, POPF. */
function poppable(state: CpuState, operandSize: number): number {
  let mask = arithmeticFlags | Flag.TF | Flag.DF | Flag.NT
  if (operandSize === 4) mask |= Flag.AC | Flag.ID
  if (state.cpl <= iopl(state)) mask |= Flag.IF
  if (state.cpl === 0) mask |= Flag.IOPL
  return mask
}

/** POPF and POPFD. */
export function popFlags(system: SystemContext, operandSize: number): Flow {
  const { state } = system
  requireFlagPrivilege(state)
  const stack = currentStack(system)
  const image = stack.pop(operandSize === 4 ? 4 : 2)
  const mask = poppable(state, operandSize)
  stack.commit()
  state.eflags = (state.eflags & ~mask & ~Flag.RF) | (image & mask)
  refreshAlignment(system)
  return Flow.Next
}
