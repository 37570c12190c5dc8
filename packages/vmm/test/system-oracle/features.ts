import { interruptGates, shutdown } from './cases/interrupts.ts'
import { controlFeature, privilegeFeature } from './cases/control.ts'
import { debugFeature, virtualInterruptFeature } from './cases/debug.ts'
import { eventFeature } from './cases/events.ts'
import { fastCalls, floatingPoint } from './cases/floating-point.ts'
import { ioApic } from './cases/io-apic.ts'
import { limitFeature, portFeature } from './cases/ports-and-limits.ts'
import { pagingFeature } from './cases/paging.ts'
import { protectionFeature } from './cases/protection.ts'
import { randomStates } from './cases/random.ts'
import { descriptorQueries, segmentLoads } from './cases/segments.ts'
import { taskSwitches } from './cases/tasks.ts'
import { farTransfers } from './cases/transfers.ts'
import { virtual8086 } from './cases/virtual8086.ts'
import type { Feature } from './types.ts'

/** All cases. */
export const features: readonly Feature[] = [
  segmentLoads,
  descriptorQueries,
  farTransfers,
  interruptGates,
  taskSwitches,
  virtual8086,
  pagingFeature,
  limitFeature,
  controlFeature,
  privilegeFeature,
  portFeature,
  floatingPoint,
  fastCalls,
  debugFeature,
  protectionFeature,
  virtualInterruptFeature,
  eventFeature,
  ioApic,
  randomStates,
  shutdown,
]
