import { interruptGates, shutdown } from './cases/interrupts.ts'
import { descriptorQueries, segmentLoads } from './cases/segments.ts'
import { farTransfers } from './cases/transfers.ts'
import type { Feature } from './types.ts'

/** All cases. */
export const features: readonly Feature[] = [segmentLoads, descriptorQueries, farTransfers, interruptGates, shutdown]
