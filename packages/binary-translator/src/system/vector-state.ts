import { Layout } from '../state/layout.ts'
import type { Flow, SystemContext } from './context.ts'
import { Vector, raise } from './guest-fault.ts'
import type { CpuModel } from './types.ts'

/**
 * Bits of `Layout.vectorState`: each stands for something that keeps some vector instructions from running now. An
 * instruction tests the bits that matter to it with one load; what to raise is found out only when one is set.
 */
export const VectorBlock = {
  /** The processor model lacks the feature. */
  MMX: 0x001,
  SSE: 0x002,
  SSE2: 0x004,
  SSE3: 0x008,
  SSSE3: 0x010,
  SSE41: 0x020,
  SSE42: 0x040,
  MOVBE: 0x080,
  /** CR0.EM, CR0.TS, and CR4.OSFXSR being clear. */
  emulated: 0x1_0000,
  switched: 0x2_0000,
  unsaved: 0x4_0000,
} as const

/** CPUID leaf 1 bits by the block bit that their absence sets: of EDX, then of ECX. */
const edxFeatures: readonly (readonly [bit: number, block: number])[] = [
  [23, VectorBlock.MMX],
  [25, VectorBlock.SSE],
  [26, VectorBlock.SSE2],
]
const ecxFeatures: readonly (readonly [bit: number, block: number])[] = [
  [0, VectorBlock.SSE3],
  [9, VectorBlock.SSSE3],
  [19, VectorBlock.SSE41],
  [20, VectorBlock.SSE42],
  [22, VectorBlock.MOVBE],
]

/** The bits of vector features that `model` lacks. */
export function missingVectors(model: CpuModel): number {
  const { ecx, edx } = model.cpuid(1, 0)
  let missing = 0
  for (const [bit, block] of edxFeatures) if (!((edx >>> bit) & 1)) missing |= block
  for (const [bit, block] of ecxFeatures) if (!((ecx >>> bit) & 1)) missing |= block
  return missing
}

/** Recomputes the cell after CR0 or CR4 changed. */
export function refreshVectors({ state, features }: SystemContext): void {
  const cr0 = state.get(Layout.cr0)
  const osfxsr = state.get(Layout.cr4) & 0x200
  state.set(
    Layout.vectorState,
    features.missingVectors |
      (cr0 & 4 ? VectorBlock.emulated : 0) |
      (cr0 & 8 ? VectorBlock.switched : 0) |
      (osfxsr ? 0 : VectorBlock.unsaved),
  )
}

/** Raises what an instruction meets that may not run. SDM vol. 3, tables 2-2 and 22-25. */
export function vectorBlocked({ state }: SystemContext, relevant: number): Flow {
  const found = state.get(Layout.vectorState) & relevant
  raise(found === VectorBlock.switched ? Vector.NM : Vector.UD)
}

/** CR4.OSXMMEXCPT decides how an unmasked floating-point exception is reported. SDM vol. 3, section 2.5. */
export function vectorException({ state }: SystemContext): Flow {
  raise(state.get(Layout.cr4) & 0x400 ? Vector.XM : Vector.UD)
}
