import { Layout } from '../state/layout.ts'
import { DebugStatus } from './breakpoints.ts'
import { Flow, type SystemContext } from './context.ts'
import { Cr4 } from './control-bits.ts'
import { Vector, raise } from './guest-fault.ts'
import { requireSupervisor } from './privilege.ts'

/** DR6 and DR7 bits that read as one, and those that may be written. SDM vol. 3, section 17.2. */
export const dr6Fixed = 0xffff_0ff0
export const dr7Fixed = 0x0000_0400
const dr6Writable = 0x0000_e00f
const dr7Writable = 0xffff_23ff
/** DR7.GD. */
const generalDetect = 0x2000

const slot = (register: number): number => Layout.debug + register * 8

/** The register that an encoding names: DR4 and DR5 mean DR6 and DR7 unless debugging extensions are on. */
function resolve(system: SystemContext, register: number): number {
  if (register !== 4 && register !== 5) return register
  if (system.state.get(Layout.cr4) & Cr4.DE) raise(Vector.UD)
  return register + 2
}

/** Raises #DB when DR7.GD guards the registers; the guard ends so that the handler can use them. */
function checkGuard(system: SystemContext): void {
  const { state } = system
  const dr7 = state.get(slot(7))
  if ((dr7 & generalDetect) === 0) return
  state.set(slot(7), dr7 & ~generalDetect)
  state.set(slot(6), state.get(slot(6)) | DebugStatus.Guard)
  raise(Vector.DB)
}

/** DR6.B0 to B3. */
const breakpointBits = 0xf
/** DR7.L0 to L3 and LE. */
const localEnables = 0x155

/**
 * Notes in DR6 where a #DB comes from. Software alone clears DR6, but breakpoints that are met replace those that were
 * met before. DR7.GD ends, so that the handler can use the registers. SDM vol. 3, sections 17.2.3 and 17.2.4.
 */
export function noteDebugCauses(system: SystemContext, causes: number): void {
  const { state } = system
  const old = state.get(slot(6)) & (causes & breakpointBits ? ~breakpointBits : -1)
  state.set(slot(6), old | causes)
  state.set(slot(7), state.get(slot(7)) & ~generalDetect)
}

/** Makes the breakpoints those of the debug registers. */
export function armBreakpoints(system: SystemContext): void {
  const { breakpoints, state } = system
  const wereArmed = breakpoints.armed
  breakpoints.load(state)
  if (wereArmed || breakpoints.armed) excludePages(system)
}

/** Tells the MMU which accesses must not be served by the soft TLB: those at breakpoints, and those that must be aligned. */
export function excludePages({ breakpoints, memory, paging }: SystemContext): void {
  paging.exclude({ data: breakpoints.dataPages, code: breakpoints.codePages, userData: memory.aligned })
}

/** A task switch ends the breakpoints that are local to a task. SDM vol. 3, section 17.2.4. */
export function endLocalBreakpoints(system: SystemContext): void {
  const { state } = system
  state.set(slot(7), state.get(slot(7)) & ~localEnables)
  armBreakpoints(system)
}

/** MOV to a debug register. */
export function moveToDebug(system: SystemContext, x: number, value: number): Flow {
  const { state } = system
  const register = resolve(system, x)
  requireSupervisor(state)
  checkGuard(system)
  let stored = value >>> 0
  if (register === 6) stored = (value & dr6Writable) | dr6Fixed
  if (register === 7) stored = (value & dr7Writable) | dr7Fixed
  state.set(slot(register), stored)
  if (register !== 6) armBreakpoints(system)
  return Flow.Next
}

/** MOV from a debug register to general register `destination`. */
export function moveFromDebug(system: SystemContext, x: number, destination: number): Flow {
  const { state } = system
  const register = resolve(system, x)
  requireSupervisor(state)
  checkGuard(system)
  state.setGpr(destination, state.get(slot(register)))
  return Flow.Next
}
