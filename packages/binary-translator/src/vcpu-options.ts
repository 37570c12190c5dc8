import type { Engine } from './engine.ts'
import type { CpuModel, DeadlineTimer, InterruptController, RandomSource } from './system/types.ts'
import type { IoSpace, Mmu } from './types.ts'

/** How to make a `Vcpu`. */
export interface VcpuOptions {
  readonly engine: Engine
  /** Address of `vcpuBytes` bytes of the engine's memory, at a page boundary. */
  readonly base: number
  readonly mmu: Mmu
  readonly io: IoSpace
  readonly interrupts: InterruptController
  readonly model: CpuModel
  /** Where RDRAND and RDSEED get their numbers; must be there for a model that has them. */
  readonly random?: RandomSource
  /** The local APIC's timer; must be there for a model that has TSC_DEADLINE. */
  readonly deadlineTimer?: DeadlineTimer
  /** FERR#: an x87 error waits, and CR0.NE is clear. `Vcpu.ignoreNumericError` is the answer, beside an interrupt. */
  readonly numericError?: () => void
  /** Told of each new value of IA32_APIC_BASE. */
  readonly apicBaseChanged?: (low: number, high: number) => void
}

/** Why `Vcpu.run` returned. */
export const VcpuExit = {
  /** The budget of instructions is used up. */
  Budget: 0,
  /** HLT with nothing to wake the processor. */
  Halt: 1,
  /** Triple fault: only a reset helps. */
  Shutdown: 2,
  /** The host has no memory for a page that the guest touched; the instruction will run again. */
  OutOfMemory: 3,
  /** `requestExit` was called. */
  Requested: 4,
} as const
export type VcpuExit = (typeof VcpuExit)[keyof typeof VcpuExit]
