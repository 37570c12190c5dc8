export { packedLayout, tlbBytes } from './layout.ts'
export { CR0, CR4, EFER, PageFault } from './registers.ts'
export { ShadowMmu } from './shadow-mmu.ts'
export { INVALID_TAG, SoftTlb, TRACED_TAG } from './soft-tlb.ts'
export { MmuStatistics } from './statistics.ts'
export { Access, Outcome, POLICIES, Privilege } from './types.ts'
export type {
  ControlRegisters,
  Exclusion,
  HostMemory,
  PhysicalPages,
  PolicyName,
  ProcessorFeatures,
  ShadowMmuOptions,
  TlbLayout,
} from './types.ts'
