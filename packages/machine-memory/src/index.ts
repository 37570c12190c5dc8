export { DirtyLog } from './dirty-log.ts'
export type { WatchedPages } from './dirty-log.ts'
export { SwapStoreError } from './errors.ts'
export { FRAME_BYTES } from './geometry.ts'
export { MachineMemory } from './machine-memory.ts'
export { PhysicalMap } from './physical-map.ts'
export { SwapReservation } from './swap-reservation.ts'
export { SwapSpace } from './swap-space.ts'
export { MemorySwapStore } from './swap-stores/memory-swap-store.ts'
export { OpfsSwapStore } from './swap-stores/opfs-swap-store.ts'
export { MapEvent, NOT_MEMORY, OUT_OF_FRAMES, PageState, RangeKind, SwapResult } from './types.ts'
export type {
  AuditReport,
  ForkOptions,
  FrameHolder,
  MachineMemoryOptions,
  MachineStatistics,
  MapEventListener,
  MapFailure,
  MapStatistics,
  MemoryRange,
  PhysicalMapOptions,
  ReferenceListener,
  SlotHolder,
  SwapAuditReport,
  SwapFailure,
  SwapStatistics,
  SwapStore,
  SyncAccessHandle,
  VictimOptions,
  WriteListener,
} from './types.ts'
