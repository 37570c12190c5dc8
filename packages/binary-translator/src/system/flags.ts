import type { CpuState } from '../state/cpu-state.ts'
import { Flag, Layout, Shadow, arithmeticFlags } from '../state/layout.ts'
import { Flow, type SystemContext } from './context.ts'
import { Vector, raise } from './guest-fault.ts'
import { refreshAlignment } from './mode.ts'
import { currentStack } from './stack.ts'
import { hasVirtualFlag, interruptFlag, requireNoneWaiting, virtualFlags, virtualImage } from './virtual-interrupts.ts'

const iopl = (state: CpuState): number => (state.systemFlags >>> 12) & 3

/** CLI. */
export function clearInterruptFlag(system: SystemContext): Flow {
  const { state } = system
  const flag = interruptFlag(system)
  state.set(Layout.eflags, state.systemFlags & ~flag)
  return Flow.Next
}

/** STI: interrupts stay off for one more instruction. SDM vol. 2, STI. */
export function setInterruptFlag(system: SystemContext): Flow {
  const { state } = system
  const flag = interruptFlag(system)
  if (flag === Flag.VIF) requireNoneWaiting(system)
  else if ((state.systemFlags & Flag.IF) === 0) state.set(Layout.interruptShadow, Shadow.Interrupts)
  state.set(Layout.eflags, state.systemFlags | flag)
  return Flow.Next
}

/** PUSHF and PUSHFD. */
export function pushFlags(system: SystemContext, operandSize: number): Flow {
  const { eflags } = system.state
  const image = hasVirtualFlag(system, operandSize) ? virtualImage(eflags) : eflags
  const stack = currentStack(system)
  stack.push(image & ~(Flag.VM | Flag.RF), operandSize === 4 ? 4 : 2)
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
  const isVirtual = hasVirtualFlag(system, operandSize)
  const stack = currentStack(system)
  const image = stack.pop(operandSize === 4 ? 4 : 2)
  const mask = poppable(state, operandSize)
  const old = state.eflags & ~Flag.RF
  const flags = isVirtual ? virtualFlags(old, image, mask) : (old & ~mask) | (image & mask)
  stack.commit()
  state.eflags = flags
  refreshAlignment(system)
  return Flow.Next
}

/** STAC and CLAC, with which the supervisor opens and closes user pages to itself. SDM vol. 2, STAC. */
export function setAlignmentCheck(system: SystemContext, set: number): Flow {
  const { state } = system
  if (state.cpl !== 0) raise(Vector.UD)
  state.set(Layout.eflags, (state.systemFlags & ~Flag.AC) | (set ? Flag.AC : 0))
  refreshAlignment(system)
  return Flow.Next
}
