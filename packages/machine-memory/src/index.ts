export { FRAME_BYTES } from './geometry.ts'
export { MachineMemory } from './machine-memory.ts'
export { PhysicalMap } from './physical-map.ts'
export { MapEvent, NOT_MEMORY, OUT_OF_FRAMES, PageState, RangeKind } from './types.ts'
export type {
  AuditReport,
  FrameHolder,
  MachineMemoryOptions,
  MachineStatistics,
  MapEventListener,
  MapFailure,
  MapStatistics,
  MemoryRange,
  PhysicalMapOptions,
  ReferenceListener,
  VictimOptions,
  WriteListener,
} from './types.ts'
