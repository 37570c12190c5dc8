import type { CpuState } from '../state/cpu-state.ts'
import type { Breakpoints } from './breakpoints.ts'
import type { Features } from './features.ts'
import type {
  CpuModel,
  LinearMemory,
  PagingControl,
  PortSpace,
  DeadlineTimer,
  RandomSource,
  TimeStampCounter,
  TlbAddresses,
} from './types.ts'
import type { SystemRequest } from './types.ts'

/** What every system instruction works on: the state, its surroundings, and the few facts of the event under way. */
export interface SystemContext {
  readonly state: CpuState
  readonly memory: LinearMemory
  readonly paging: PagingControl
  readonly ports: PortSpace
  readonly model: CpuModel
  readonly features: Features
  readonly timeStamp: TimeStampCounter
  readonly deadlineTimer: DeadlineTimer
  readonly random: RandomSource
  readonly tlb: TlbAddresses
  /** Mode bits of the units that this processor runs: its instruction set. */
  readonly instructionSet: number
  readonly breakpoints: Breakpoints
  /** Times that the processor went to CPL 3. */
  userEntries: number
  /** What the MMU was told last of EFLAGS.AC: nothing, or whether it opens user pages to the supervisor. */
  userDataAllowed: boolean
  /** FERR#: an x87 error waits, and CR0.NE is clear. */
  readonly numericError: () => void
  /** Told of each new value of IA32_APIC_BASE. */
  readonly apicBaseChanged: (low: number, high: number) => void
  /** What the instruction asks of the monitor. */
  request: SystemRequest
  /**
   * The EXT bit of selector error codes: 1 while an external interrupt or an exception is being delivered.
   * SDM vol. 3, section 6.13.
   */
  external: 0 | 1
}

/** Where execution goes on after a callout. */
export const Flow = {
  /** At the following instruction. */
  Next: 0,
  /** At EIP, which the callout has set, or left in order to run again. */
  Set: 1,
} as const
export type Flow = (typeof Flow)[keyof typeof Flow]

/** The meaning of one callout; a fault leaves it as `GuestFault` with no architectural effect visible. */
export type Handler = (system: SystemContext, x: number, y: number) => Flow
