import { addableFeatures, cpuModel } from '../../src/system/cpu-models.ts'
import type { CpuModel } from '../../src/system/types.ts'

/** A processor with everything that the engine has. */
export const fullModel = (): CpuModel => cpuModel('x86-64-v2', addableFeatures)
