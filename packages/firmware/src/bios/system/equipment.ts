import { Bda } from '../bda.ts'
import type { Context, Resume } from '../context.ts'

/** INT 11h. */
export function equipment({ memory, registers }: Context): Resume {
  registers.ax = memory.read16(Bda.EQUIPMENT)
}

/** INT 12h. */
export function memorySize({ memory, registers }: Context): Resume {
  registers.ax = memory.read16(Bda.MEMORY_KIB)
}
