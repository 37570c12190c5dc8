import { Layout } from '../state/layout.ts'
import { Cr0, Cr4, cr0Paging, cr4Paging } from './control-bits.ts'
import { Flow, type SystemContext } from './context.ts'
import { Vector, raise } from './guest-fault.ts'
import { armBreakpoints } from './debug-registers.ts'
import { configurePaging, refreshAll, refreshMode, refusePaging } from './mode.ts'
import { requireSupervisor } from './privilege.ts'
import { refreshVectors } from './vector-state.ts'

const cr0Defined = 0xe005_003f
/** Sets a register that paging depends on; bad page-directory pointers raise #GP. SDM vol. 3, section 4.4.1. */
function setPagingRegister(system: SystemContext, cell: number, value: number, isPaging: boolean): void {
  const old = system.state.get(cell)
  system.state.set(cell, value)
  if (!isPaging || configurePaging(system)) return
  system.state.set(cell, old)
  refusePaging(system, 0)
}

/** Sets CR0 after checking the combinations that the architecture forbids. */
export function writeCr0(system: SystemContext, value: number): void {
  const { state } = system
  const next = ((value & cr0Defined) | Cr0.ET) >>> 0
  if (next & Cr0.PG && !(next & Cr0.PE)) raise(Vector.GP, 0)
  if (next & Cr0.NW && !(next & Cr0.CD)) raise(Vector.GP, 0)
  const changed = next ^ state.get(Layout.cr0)
  setPagingRegister(system, Layout.cr0, next, (changed & cr0Paging) !== 0)
  if (changed & Cr0.PE) refreshAll(system)
  else refreshVectors(system)
  if (changed & Cr0.AM) refreshMode(system)
}

function writeCr3(system: SystemContext, value: number): void {
  setPagingRegister(system, Layout.cr3, value, true)
}

function writeCr4(system: SystemContext, value: number): void {
  const { state, features } = system
  if (value & ~features.cr4Mask) raise(Vector.GP, 0)
  const changed = value ^ state.get(Layout.cr4)
  setPagingRegister(system, Layout.cr4, value, (changed & cr4Paging) !== 0)
  refreshVectors(system)
  if (changed & Cr4.DE) armBreakpoints(system)
}

/** CR8 exists in 64-bit mode only, and CR4 where one of its bits does. */
const exists = ({ features }: SystemContext, register: number): boolean =>
  register === 4 ? features.cr4Mask !== 0 : register === 0 || register === 2 || register === 3

/** MOV to a control register. */
export function moveToControl(system: SystemContext, register: number, y: number): Flow {
  const { state } = system
  const value = y >>> 0
  if (!exists(system, register)) raise(Vector.UD)
  requireSupervisor(state)
  if (register === 0) writeCr0(system, value)
  else if (register === 2) state.set(Layout.cr2, value)
  else if (register === 3) writeCr3(system, value)
  else writeCr4(system, value)
  return Flow.Next
}

const cells: readonly number[] = [Layout.cr0, -1, Layout.cr2, Layout.cr3, Layout.cr4]

/** MOV from a control register to general register `destination`. */
export function moveFromControl(system: SystemContext, register: number, destination: number): Flow {
  const { state } = system
  if (!exists(system, register)) raise(Vector.UD)
  requireSupervisor(state)
  state.setGpr(destination, state.get(cells[register]!))
  return Flow.Next
}

/** LMSW changes the four low bits of CR0, but never clears PE. SDM vol. 2, LMSW. */
export function loadMachineStatus(system: SystemContext, value: number): Flow {
  const { state } = system
  requireSupervisor(state)
  const cr0 = state.get(Layout.cr0)
  writeCr0(system, (cr0 & ~0xf) | (cr0 & Cr0.PE) | (value & 0xf))
  return Flow.Next
}

/** CLTS: clear the task-switched flag. */
export function clearTaskSwitched(system: SystemContext): Flow {
  const { state } = system
  requireSupervisor(state)
  state.set(Layout.cr0, (state.get(Layout.cr0) & ~Cr0.TS) >>> 0)
  refreshVectors(system)
  return Flow.Next
}

/** INVLPG. */
export function invalidatePage(system: SystemContext, linear: number): Flow {
  requireSupervisor(system.state)
  system.paging.invalidatePage(linear >>> 0)
  return Flow.Next
}
