import type { Emitter } from '../emitter.ts'

/** Whether a unit goes on after an instruction. */
export const Flow = {
  /** Always goes on with the next instruction. */
  Next: 0,
  /** The unit ends here and the next instruction begins another. */
  Stop: 1,
  /** The instruction transfers control itself. */
  Jump: 2,
  /** Holds interrupts off for one more instruction: the unit ends after that one. */
  Shadow: 3,
} as const
export type Flow = (typeof Flow)[keyof typeof Flow]

/** The meaning of one operation, in code that writes code; written once for both bindings. */
export interface Family {
  readonly emit: (e: Emitter) => void
  readonly flow: Flow
}

export const next = (emit: (e: Emitter) => void): Family => ({ emit, flow: Flow.Next })
export const stop = (emit: (e: Emitter) => void): Family => ({ emit, flow: Flow.Stop })
export const jump = (emit: (e: Emitter) => void): Family => ({ emit, flow: Flow.Jump })
export const shadow = (emit: (e: Emitter) => void): Family => ({ emit, flow: Flow.Shadow })
