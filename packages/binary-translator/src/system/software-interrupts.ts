import { Flag } from '../state/layout.ts'
import { Flow, type SystemContext } from './context.ts'
import { noErrorCode } from './guest-fault.ts'
import { enterHandler } from './interrupts.ts'
import { redirectInterrupt } from './virtual-interrupts.ts'

/** Which instruction raised a software interrupt. */
export const InterruptKind = {
  /** INT n */
  Number: 0,
  /** INT3 */
  Breakpoint: 1,
  /** INTO */
  Overflow: 2,
  /** INT1 */
  Debug: 3,
} as const

/** INT n, INT3, INTO and INT1. SDM vol. 2, INT n. */
export function softwareInterrupt(system: SystemContext, vector: number, kind: number): Flow {
  const { state } = system
  const { eflags } = state
  if (kind === InterruptKind.Overflow && (eflags & Flag.OF) === 0) return Flow.Next
  const virtual8086 = state.protectedMode && state.virtual8086
  if (kind === InterruptKind.Number && virtual8086 && redirectInterrupt(system, vector & 0xff)) return Flow.Set
  // INT1 stands for an event from outside: no DPL check, and its error codes say so.
  const software = kind !== InterruptKind.Debug
  system.external = software ? 0 : 1
  // RF ended when this instruction began.
  const flags = eflags & ~Flag.RF
  const event = { vector: vector & 0xff, errorCode: noErrorCode, software, returnEip: state.nextEip, flags }
  enterHandler(system, event)
  return Flow.Set
}
