import { Lifetime } from './internal/bank.ts'
import type { SoftTlb } from './soft-tlb.ts'
import type { Walk } from './walk.ts'

/** What becomes of translations when the guest changes or invalidates its address space. */
export interface ShadowPolicy {
  /** CR3 was loaded, perhaps with the value that it had. */
  rootLoaded(): void
  /** PDPTEs were loaded by something else than a load of CR3, and nothing was invalidated. */
  pdptesLoaded(): void
  /** The guest invalidated the page that holds `linear`. */
  pageInvalidated(linear: number): void
  /** A register changed that every translation depends on. */
  everythingInvalidated(): void
  /** How long the translation of a walk may live that depends on the current address space. */
  lifetimeOf(walk: Walk): Lifetime
  /** The translation of the walk that `lifetimeOf` was asked of stands in a slot. */
  filled(slot: number, walk: Walk): void
  /** The frame behind a guest page changed. */
  forgotten(ppn: number): void
  /** A frame is about to be written that the policy traces. */
  written(frame: number): void
}

/** Keeps nothing that a processor would have dropped. */
export class Noncaching implements ShadowPolicy {
  readonly #tlb: SoftTlb

  constructor(tlb: SoftTlb) {
    this.#tlb = tlb
  }

  rootLoaded(): void {
    this.#tlb.flushContext()
  }

  pdptesLoaded(): void {}

  pageInvalidated(linear: number): void {
    this.#tlb.invalidatePage(linear)
  }

  everythingInvalidated(): void {
    this.#tlb.flush()
  }

  lifetimeOf(): Lifetime {
    return Lifetime.Context
  }

  filled(): void {}

  forgotten(): void {}

  written(): void {}
}
