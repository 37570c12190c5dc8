import { Flow, type SystemContext } from './context.ts'

/** CPUID. */
export function cpuIdentification(system: SystemContext): Flow {
  const { state, model } = system
  const { eax, ebx, ecx, edx } = model.cpuid(state.gpr(0), state.gpr(1))
  state.setGpr(0, eax)
  state.setGpr(3, ebx)
  state.setGpr(1, ecx)
  state.setGpr(2, edx)
  return Flow.Next
}
