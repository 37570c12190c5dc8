import { Flag } from '../state/layout.ts'
import { Flow, type SystemContext } from './context.ts'

const arithmetic = Flag.CF | Flag.PF | Flag.AF | Flag.ZF | Flag.SF | Flag.OF

/** RDRAND and RDSEED into general register `destination`: CF tells that there was a number. */
export function readRandom(system: SystemContext, destination: number, size: number): Flow {
  const { state, random } = system
  const value = random.next() >>> 0
  const old = state.gpr(destination)
  state.setGpr(destination, size === 2 ? ((old & 0xffff_0000) | (value & 0xffff)) >>> 0 : value)
  state.eflags = (state.eflags & ~arithmetic) | Flag.CF
  return Flow.Next
}
