import { Layout } from '../state/layout.ts'
import { Flow, type SystemContext } from './context.ts'
import { Cr4 } from './control-bits.ts'

/** Leaf 1, ECX. */
const osxsave = 1 << 27

/** CPUID. */
export function cpuIdentification(system: SystemContext): Flow {
  const { state, model } = system
  const leaf = state.gpr(0)
  const { eax, ebx, ecx, edx } = model.cpuid(leaf, state.gpr(1))
  state.setGpr(0, eax)
  state.setGpr(3, ebx)
  // OSXSAVE follows CR4.
  const isEnabled = leaf === 1 && (state.get(Layout.cr4) & Cr4.OSXSAVE) !== 0
  state.setGpr(1, isEnabled ? (ecx | osxsave) >>> 0 : ecx)
  state.setGpr(2, edx)
  return Flow.Next
}
