import { Flag, Layout, Segment } from '../state/layout.ts'
import type { SystemContext } from './context.ts'
import { Cr4 } from './control-bits.ts'
import { Vector, raise } from './guest-fault.ts'
import { refreshMode } from './mode.ts'
import { setVirtual8086 } from './segments.ts'
import { currentStack } from './stack.ts'
import { interruptRedirected } from './task-state.ts'
import { Privilege } from './types.ts'

const privilegeLevel = (flags: number): number => (flags >>> 12) & 3

/** Whether virtual-8086 mode runs at an IOPL that takes IF away from the program. */
const isRestricted = (flags: number): boolean => (flags & Flag.VM) !== 0 && privilegeLevel(flags) < 3

/**
 * The flag that CLI and STI change here: IF, or, where the program has not the privilege and CR4.VME or CR4.PVI is set,
 * VIF. SDM vol. 2, CLI, table 3-7.
 */
export function interruptFlag({ state }: SystemContext): number {
  const flags = state.systemFlags
  if (!state.protectedMode || state.cpl <= privilegeLevel(flags)) return Flag.IF
  const extension = flags & Flag.VM ? Cr4.VME : Cr4.PVI
  if (state.cpl !== 3 || (state.get(Layout.cr4) & extension) === 0) raise(Vector.GP, 0)
  return Flag.VIF
}

/**
 * Whether PUSHF, POPF and IRET see VIF in the place of IF: in virtual-8086 mode below IOPL 3, with CR4.VME, and with
 * 16-bit operands. Without these the monitor is asked by #GP. SDM vol. 3, section 20.3.
 */
export function hasVirtualFlag({ state }: SystemContext, operandSize: number): boolean {
  if (!state.protectedMode || !isRestricted(state.systemFlags)) return false
  if ((state.get(Layout.cr4) & Cr4.VME) === 0 || operandSize !== 2) raise(Vector.GP, 0)
  return true
}

/** The flags that a program with a virtual flag sees, and that a redirected interrupt saves for it: IF is VIF, IOPL is 3. */
export function virtualImage(flags: number): number {
  return (flags & ~Flag.IF) | Flag.IOPL | (flags & Flag.VIF ? Flag.IF : 0)
}

/** The flags to load for `image`, which POPF or IRET found: its IF becomes VIF. SDM vol. 2, POPF and IRET. */
export function virtualFlags(old: number, image: number, mask: number): number {
  const enables = (image & Flag.IF) !== 0
  if ((enables && old & Flag.VIP) || image & Flag.TF) raise(Vector.GP, 0)
  return (old & ~(mask | Flag.VIF)) | (image & mask) | (enables ? Flag.VIF : 0)
}

/** STI of a virtual flag while an interrupt waits: the monitor is to deliver it. */
export function requireNoneWaiting({ state }: SystemContext): void {
  if (state.systemFlags & Flag.VIP) raise(Vector.GP, 0)
}

/**
 * Whether a program is to run whose virtual interrupt is due: VIF and VIP are both set, which is a #GP before its next instruction. None
 * of its own instructions leads there; returns to it and switches to its task do. SDM vol. 3, sections 20.3.2 and 20.4.
 */
export function virtualInterruptDue({ state }: SystemContext): boolean {
  const flags = state.systemFlags
  if (!(flags & Flag.VIP) || !(flags & Flag.VIF) || state.cpl !== 3 || privilegeLevel(flags) === 3) return false
  return (state.get(Layout.cr4) & (flags & Flag.VM ? Cr4.VME : Cr4.PVI)) !== 0
}

/**
 * INT n in virtual-8086 mode: with CR4.VME the bitmap in the TSS sends it to the program's own handler, without the
 * monitor. True: it has been entered. SDM vol. 3, section 20.3.3, methods 5 and 6.
 */
export function redirectInterrupt(system: SystemContext, vector: number): boolean {
  const { state, memory } = system
  const flags = state.eflags
  const isExtended = (state.get(Layout.cr4) & Cr4.VME) !== 0
  if (!isExtended || !interruptRedirected(system, vector)) {
    if (isRestricted(flags)) raise(Vector.GP, 0)
    return false
  }
  const target = memory.read(vector * 4, 4, Privilege.Implicit)
  const stack = currentStack(system)
  const restricted = isRestricted(flags)
  stack.push(restricted ? virtualImage(flags) : flags, 2)
  stack.push(state.selector(Segment.CS), 2)
  stack.push(state.nextEip, 2)
  stack.commit()
  const cleared = Flag.TF | Flag.RF | (restricted ? Flag.VIF : Flag.IF)
  state.set(Layout.eflags, state.systemFlags & ~cleared)
  setVirtual8086(state, Segment.CS, target >>> 16)
  state.eip = target & 0xffff
  refreshMode(system)
  return true
}
