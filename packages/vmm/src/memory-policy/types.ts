import type { MemoryClaim } from '../vm-memory.ts'

/** Port: the host's frames. `MachineMemory` is one. */
export interface PolicyFrames {
  readonly freeFrames: number
  /** How many there are for machines. */
  readonly usableFrames: number
}

/** Port: the pages of a machine, of which some are to be taken. `PhysicalMap` is one. */
export interface PolicyPages {
  readonly residentPages: number
  /** Resident pages in frames of their own, drawn at random; fewer if there are no more. */
  chooseVictims(count: number, random: () => number): number[]
  /** Writes a page out and frees its frame: `swapped`; anything else says why not. */
  swapOut(ppn: number): string
}

/** Port: asks a guest to give pages up. `BalloonController` is one. */
export interface PolicyBalloon {
  setTarget(pages: number): void
  /** Pages that the guest has given up. */
  readonly actual: number
  readonly state: string
  /** Whether it can be relied on. */
  readonly isCompliant: boolean
  /** Looks how far it has got. */
  poll(): unknown
}

/** Port: tells of a page's next touch. `ShadowMmu` is one. */
export interface PolicySampler {
  /** Called with each watched page that the processor touches, once. */
  onTouched: (ppn: number) => void
  sample(ppn: number): void
  endSampling(): void
}

/** Port: frames with equal contents. A `PageSharer`'s. */
export interface PolicySharing {
  /** Looks at some pages, as its own caps allow. */
  scan(pages: number): void
}

/** A machine, as the policy deals with it. */
export interface PolicyClient {
  readonly claim: MemoryClaim
  readonly pages: PolicyPages
  /** Null: it has no such device. */
  readonly balloon: PolicyBalloon | null
  readonly sampler: PolicySampler
  /** The guest's own time. */
  timeNs(): number
  /** Looks for the page's contents elsewhere; true if that has freed its frame. */
  tryShare(ppn: number): boolean
  /** The machine stands still until it is unblocked. */
  setBlocked(isBlocked: boolean): void
  /** The guest has ceased to do as it is asked, or does so again. */
  complianceChanged(isCompliant: boolean): void
}

/** What can be chosen of a memory policy. */
export interface MemoryPolicyOptions {
  /** What an idle page costs beside an active one: 0 counts all alike, 0.75 (default) four times as much. */
  readonly idleTax?: number
  /** Pages watched per period, and its length in the guest's own time. Default: 100 pages, 30 seconds. */
  readonly samplePages?: number
  readonly samplePeriodNs?: number
  /** Targets are computed anew after so long, if nothing else asks for it; default 15 seconds. */
  readonly rebalanceNs?: number
  /** Parts of the host's memory that are free where each state begins; default 0.06, 0.04, 0.02 and 0.01. */
  readonly thresholds?: { readonly high: number; readonly soft: number; readonly hard: number; readonly low: number }
}
