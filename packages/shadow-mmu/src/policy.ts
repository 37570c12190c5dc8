import type { SoftTlb } from './soft-tlb.ts'

/** What becomes of translations when the guest changes or invalidates its address space. */
export interface ShadowPolicy {
  /** CR3 was loaded, perhaps with the value that it had. */
  rootLoaded(tlb: SoftTlb): void
  /** The guest invalidated the page that holds `linear`. */
  pageInvalidated(tlb: SoftTlb, linear: number): void
  /** A register changed that every translation depends on. */
  everythingInvalidated(tlb: SoftTlb): void
}

/** Keeps nothing that a processor would have dropped. */
export const noncaching: ShadowPolicy = {
  rootLoaded(tlb) {
    tlb.flushContext()
  },
  pageInvalidated(tlb, linear) {
    tlb.invalidatePage(linear)
  },
  everythingInvalidated(tlb) {
    tlb.flush()
  },
}
