import { Activity, Layout } from '../state/layout.ts'
import { Flow, type SystemContext } from './context.ts'
import { Cr0, Cr4 } from './control-bits.ts'
import { Vector, raise } from './guest-fault.ts'
import { requireProtectedMode, requireSupervisor } from './privilege.ts'
import { SystemRequest } from './types.ts'

/** HLT: the monitor is asked to wait for an interrupt. */
export function halt(system: SystemContext): Flow {
  requireSupervisor(system.state)
  system.state.set(Layout.halted, 1)
  system.request = SystemRequest.Halt
  return Flow.Next
}

/**
 * An error of the x87: #MF, or with CR0.NE clear as the PC/AT has it. Then FERR# tells the chip set, and the processor
 * waits at the instruction for an interrupt, IRQ 13. SDM vol. 1, appendix D.2.
 */
export function numericError(system: SystemContext): Flow {
  const { state } = system
  if (state.get(Layout.cr0) & Cr0.NE) raise(Vector.MF)
  state.set(Layout.halted, Activity.Halted)
  system.request = SystemRequest.Halt
  system.numericError()
  return Flow.Set
}

/** WBINVD and INVD: there is no cache to write back. */
export function writeBackCaches(system: SystemContext): Flow {
  requireSupervisor(system.state)
  return Flow.Next
}

/** RDTSC; CR4.TSD reserves it to the supervisor. */
export function readTimeStamp(system: SystemContext): Flow {
  const { state, features } = system
  if (!features.timeStampCounter) raise(Vector.UD)
  if (state.cpl !== 0 && state.get(Layout.cr4) & Cr4.TSD) raise(Vector.GP, 0)
  const { low, high } = system.timeStamp.read()
  state.setGpr(0, low)
  state.setGpr(2, high)
  return Flow.Next
}

/** RDPMC: no performance counter exists, so every number of one is wrong. */
export function readPerformanceCounter(): Flow {
  raise(Vector.GP, 0)
}

/** MONITOR and MWAIT are the supervisor's. SDM vol. 2, MONITOR: #UD, not #GP. */
function requireMonitor({ state }: SystemContext): void {
  if (state.cpl !== 0) raise(Vector.UD)
}

/** MONITOR: reads its operand as a load would; hints and extensions are in ECX and EDX. */
export function monitorLine(system: SystemContext, linear: number): Flow {
  requireMonitor(system)
  if (system.state.gpr(1) !== 0) raise(Vector.GP, 0)
  system.memory.read(linear >>> 0, 1, 0)
  return Flow.Next
}

/** MWAIT may end for any reason, and does at once: devices write memory without being seen here. SDM vol. 2, MWAIT. */
export function monitorWait(system: SystemContext): Flow {
  requireMonitor(system)
  const maskedInterruptsBreak = 1
  if (system.state.gpr(1) & ~maskedInterruptsBreak) raise(Vector.GP, 0)
  return Flow.Next
}

/** Checks that SLDT and STR (`needsProtection`), or SGDT, SIDT and SMSW, are allowed here. SDM vol. 3, section 2.5. */
export function checkProtected(system: SystemContext, needsProtection: number): Flow {
  const { state } = system
  if (needsProtection) requireProtectedMode(state)
  if (state.get(Layout.cr4) & Cr4.UMIP) requireSupervisor(state)
  return Flow.Next
}

/** Raises the exception that translated code found. */
export function raiseException(_system: SystemContext, vector: number, errorCode: number): Flow {
  raise(vector, errorCode)
}

/** Instructions that no model has, or not in this mode. */
export function undefinedInstruction(): Flow {
  raise(Vector.UD)
}
