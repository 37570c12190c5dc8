import { Layout } from '../state/layout.ts'
import { Flow, type SystemContext } from './context.ts'
import { Cr4 } from './control-bits.ts'
import { Vector, raise } from './guest-fault.ts'
import { requireSupervisor } from './privilege.ts'

const x87 = 1
const sse = 2

function requireEnabled({ state }: SystemContext): void {
  if (!(state.get(Layout.cr4) & Cr4.OSXSAVE)) raise(Vector.UD)
}

/** XGETBV: there is no extended control register but XCR0. */
export function readExtendedControl(system: SystemContext): Flow {
  const { state } = system
  requireEnabled(system)
  if (state.gpr(1) !== 0) raise(Vector.GP, 0)
  state.setGpr(0, state.get(Layout.xcr0))
  state.setGpr(2, 0)
  return Flow.Next
}

/** XSETBV: the x87 is always enabled, SSE may be. SDM vol. 3, section 2.6. */
export function writeExtendedControl(system: SystemContext): Flow {
  const { state } = system
  requireEnabled(system)
  requireSupervisor(state)
  const value = state.gpr(0)
  const isKnown = state.gpr(1) === 0 && state.gpr(2) === 0 && (value & ~(x87 | sse)) === 0
  if (!isKnown || !(value & x87)) raise(Vector.GP, 0)
  state.set(Layout.xcr0, value)
  return Flow.Next
}
