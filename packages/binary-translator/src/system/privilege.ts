import type { CpuState } from '../state/cpu-state.ts'
import { Vector, raise } from './guest-fault.ts'

/** For instructions reserved to the most privileged code; real mode counts as such. SDM vol. 3, section 5.9. */
export function requireSupervisor(state: CpuState): void {
  if (state.cpl !== 0) raise(Vector.GP, 0)
}

/** For instructions that real and virtual-8086 mode do not know. */
export function requireProtectedMode(state: CpuState): void {
  if (!state.protectedMode || state.virtual8086) raise(Vector.UD)
}
