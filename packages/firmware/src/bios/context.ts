import type { LinearMemory } from './linear-memory.ts'
import type { Ports } from './ports.ts'
import type { Registers } from './registers.ts'
import type { Rom } from './rom/build.ts'
import type { BiosMachine } from './types.ts'

/** What every service works on. Nothing of the guest's state is held elsewhere: all of it is in these registers, memory and ports. */
export interface Context {
  readonly registers: Registers
  readonly memory: LinearMemory
  readonly ports: Ports
  readonly machine: BiosMachine
  readonly rom: Rom
}

/**
 * Where the guest goes on: behind the trap (nothing said), into the same service again at once, since it has not finished, asleep until an interrupt and then into the same service again, at a
 * label of the ROM, or where the service itself has set CS:IP.
 */
export type Resume = void | 'again' | 'wait' | 'elsewhere' | { readonly label: string }

export type Service = (context: Context) => Resume

/** A function of a service, chosen by AH or AL; it answers in the registers. */
export type FunctionTable = ReadonlyMap<number, Service>
