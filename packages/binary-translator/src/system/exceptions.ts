import type { CpuState } from '../state/cpu-state.ts'
import { Flag, Layout } from '../state/layout.ts'
import type { SystemContext } from './context.ts'
import { GuestFault, HostOutOfMemory, Vector, noErrorCode } from './guest-fault.ts'
import { enterHandler } from './interrupts.ts'
import type { InterruptEvent } from './interrupts.ts'
import { SystemRequest } from './types.ts'

/** How exceptions combine. SDM vol. 3, table 6-4. */
const Severity = { Benign: 0, Contributory: 1, PageFault: 2, DoubleFault: 3 } as const
type Severity = (typeof Severity)[keyof typeof Severity]

const contributory: readonly number[] = [Vector.DE, Vector.TS, Vector.NP, Vector.SS, Vector.GP]

function severityOf(vector: number): Severity {
  if (vector === Vector.PF) return Severity.PageFault
  if (vector === Vector.DF) return Severity.DoubleFault
  return contributory.includes(vector) ? Severity.Contributory : Severity.Benign
}

/** Whether a second exception met while the first was being delivered makes a double fault. SDM vol. 3, table 6-5. */
export function isDoubleFault(first: number, second: number): boolean {
  const before = severityOf(first)
  const after = severityOf(second)
  if (before === Severity.Contributory) return after === Severity.Contributory
  return before === Severity.PageFault && after !== Severity.Benign
}

/** Traps and aborts, which save RF as it is; faults save it set. SDM vol. 3, section 17.3.1.1. */
const keepResumeFlag: readonly number[] = [Vector.BP, Vector.OF, Vector.DF, Vector.MC]

/** Tries to enter a handler; the fault that prevents it is the result. */
function attempt(system: SystemContext, event: InterruptEvent): GuestFault | undefined {
  try {
    enterHandler(system, event)
    return undefined
  } catch (thrown) {
    if (thrown instanceof GuestFault) return thrown
    throw thrown
  }
}

/** RF as an event between instructions saves it: set in the middle of a repeated string instruction. */
const savedFlags = (state: CpuState): number => state.eflags | (state.get(Layout.repeating) ? Flag.RF : 0)

function exceptionEvent(system: SystemContext, vector: number, errorCode: number): InterruptEvent {
  const { state } = system
  const resume = keepResumeFlag.includes(vector) ? 0 : Flag.RF
  return { vector, errorCode, software: false, returnEip: state.eip, flags: state.eflags | resume }
}

/** Tries to deliver an exception, which is held if the host has no memory for that. */
function attemptException(system: SystemContext, vector: number, errorCode: number): GuestFault | undefined {
  const { state, breakpoints } = system
  const { hits } = breakpoints
  try {
    return attempt(system, exceptionEvent(system, vector, errorCode))
  } catch (thrown) {
    if (!(thrown instanceof HostOutOfMemory)) throw thrown
    breakpoints.hits = hits
    state.set(Layout.heldException, vector + 1)
    state.set(Layout.heldError, errorCode)
    return undefined
  }
}

/**
 * Delivers an exception at EIP, and instead of it whatever its delivery meets: a second exception, a double fault,
 * or in the end shutdown. SDM vol. 3, section 6.15, interrupt 8. Where the host has no memory for one of them, that one is held: to run the
 * instruction again might not raise it again, as where a task switch has left the new task with a bad segment.
 */
export function deliverException(system: SystemContext, vector: number, errorCode: number): SystemRequest {
  const { state } = system
  system.external = 1
  let current = vector
  let code = errorCode
  for (;;) {
    const fault = attemptException(system, current, code)
    if (state.get(Layout.heldException)) return SystemRequest.OutOfMemory
    if (!fault) return SystemRequest.None
    if (current === Vector.DF) return SystemRequest.Shutdown
    const double = isDoubleFault(current, fault.vector)
    current = double ? Vector.DF : fault.vector
    code = double ? 0 : fault.errorCode
  }
}

/** Goes on with the exception that is held. */
export function resumeException(system: SystemContext): SystemRequest {
  const { state } = system
  const vector = state.get(Layout.heldException) - 1
  state.set(Layout.heldException, 0)
  return deliverException(system, vector, state.get(Layout.heldError) | 0)
}

/** Delivers an interrupt from outside, between two instructions. */
export function deliverInterrupt(system: SystemContext, vector: number): SystemRequest {
  const { state } = system
  system.external = 1
  const event = { vector, errorCode: noErrorCode, software: false, returnEip: state.eip, flags: savedFlags(state) }
  const fault = attempt(system, event)
  return fault ? deliverException(system, fault.vector, fault.errorCode) : SystemRequest.None
}

/** Delivers #DB as a trap, or as the fault of an instruction breakpoint, which saves RF like a trap. */
export function deliverDebugTrap(system: SystemContext): SystemRequest {
  return deliverInterrupt(system, Vector.DB)
}
