import { Layout } from '../state/layout.ts'
import type { Flow, SystemContext } from './context.ts'
import { Vector, raise } from './guest-fault.ts'

/**
 * Bits of `Layout.vectorState`: each stands for something that keeps some vector instructions from running now. An
 * instruction tests the bits that matter to it with one load; what to raise is found out only when one is set.
 */
export const VectorBlock = {
  /** CR0.EM, CR0.TS, and CR4.OSFXSR and CR4.OSXSAVE being clear. */
  emulated: 1,
  switched: 2,
  unsaved: 4,
  unextended: 8,
} as const

/** Recomputes the cell after CR0 or CR4 changed. */
export function refreshVectors({ state }: SystemContext): void {
  const cr0 = state.get(Layout.cr0)
  const cr4 = state.get(Layout.cr4)
  state.set(
    Layout.vectorState,
    (cr0 & 4 ? VectorBlock.emulated : 0) |
      (cr0 & 8 ? VectorBlock.switched : 0) |
      (cr4 & 0x200 ? 0 : VectorBlock.unsaved) |
      (cr4 & 0x4_0000 ? 0 : VectorBlock.unextended),
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
