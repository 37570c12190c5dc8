export { chunkMapBytes } from './cache/code-cache.ts'
export { Engine } from './engine.ts'
export type { EngineStatistics } from './engine.ts'
export { Vcpu } from './vcpu.ts'
export { VcpuExit } from './vcpu-options.ts'
export type { VcpuOptions } from './vcpu-options.ts'
export type { VcpuStatistics } from './stats.ts'
export { MmuOutcome, tracedTag } from './types.ts'
export type { EngineMode, EngineOptions, IoSpace, Mmu, TlbOffsets } from './types.ts'
export { CpuState } from './state/cpu-state.ts'
export { Flag, Layout, Mode, Segment, SegmentField } from './state/layout.ts'
export { tlbOffsets, vcpuBytes } from './state/vcpu-memory.ts'
export { Trail } from './trail.ts'
export { TIME_STAMP_PARTS, TimeStamp } from './time-stamp.ts'
export { SystemUnit } from './system/system-unit.ts'
export { addableFeatures, cpuModel, defineModel, mica32, modelDefinitions, modelNames } from './system/cpu-models.ts'
export type { Mica32Options, ModelDefinition, ModelName } from './system/cpu-models.ts'
export { pagingFeatures } from './system/features.ts'
export { featurePlaces, isCpuFeature } from './system/cpuid-bits.ts'
export type { CpuFeature } from './system/cpuid-bits.ts'
export type {
  CpuModel,
  EntryState,
  Exclusion,
  InterruptController,
  DeadlineTimer,
  RandomSource,
  SegmentState,
} from './system/types.ts'
