/** What an address-returning method says of a page that is not memory, or not writable memory. */
export const NOT_MEMORY = -1

/** What an address-returning method says when a page needs a frame and the host has none left. */
export const OUT_OF_FRAMES = -2

/** What a guest may do with a range of its physical addresses. */
export const RangeKind = {
  /** Read and written by the guest and by devices. */
  Ram: 'ram',
  /** Read by all, written only by the host with `PhysicalMap.load`. */
  Rom: 'rom',
  /** No memory: device space, or nothing. */
  Hole: 'hole',
} as const
export type RangeKind = (typeof RangeKind)[keyof typeof RangeKind]

/** Where the contents of a guest page are. A page is in exactly one state. */
export const PageState = {
  /** Not memory. */
  Hole: 0,
  /** Never written, or discarded: reads as zero from the shared zero frame, owns nothing. */
  Untouched: 1,
  /** Holds one reference to a frame, which other pages may share. */
  Resident: 2,
} as const
export type PageState = (typeof PageState)[keyof typeof PageState]

/** A run of guest-physical pages. `start` and `length` are bytes, multiples of `FRAME_BYTES`. */
export interface MemoryRange {
  readonly start: number
  readonly length: number
  readonly kind: RangeKind
}

export interface MachineMemoryOptions {
  /** Size of the whole memory: a multiple of 64 KiB, at most 4 GiB. Untouched pages cost the host nothing. */
  readonly bytes: number
  /** Bytes at the bottom that are never handed out as frames (vCPU state, TLBs). Rounded up to whole frames. */
  readonly reservedBytes: number
}

export interface PhysicalMapOptions {
  /** Ranges that do not overlap, in any order. Addresses in none of them are holes. */
  readonly ranges: readonly MemoryRange[]
}

/** Whoever keeps references to frames for longer than a call says so, so that the audit can add them up. */
export interface FrameHolder {
  /** Adds, for each reference held, one to `counts[mpn]`. */
  countReferences(counts: Uint32Array): void
  /** Own contradictions, in words; empty if there are none. */
  contradictions(): string[]
}

/** Called when something other than the guest's processor has written guest memory. `address` is a host byte address. */
export type WriteListener = (address: number, bytes: number) => void

/** `frames === free + used + 1`; the one is the shared zero frame. */
export interface MachineStatistics {
  readonly frames: number
  readonly free: number
  readonly used: number
  /** Frames handed out, ever. */
  readonly allocations: number
  /** Frames that came back, ever. */
  readonly frees: number
  /** Requests refused because no frame was free, ever. */
  readonly refusals: number
  /** Frames that were copied for a writer, ever. */
  readonly copies: number
}

/** `pages === untouched + resident`; `shared` of the resident ones lie in frames with other references. */
export interface MapStatistics {
  readonly pages: number
  readonly untouched: number
  readonly resident: number
  readonly shared: number
  /** Pages that got their first frame, ever. */
  readonly populations: number
  /** Writes that had to leave a shared frame, ever. */
  readonly copyOnWriteBreaks: number
}

export interface AuditReport {
  readonly frames: number
  readonly free: number
  readonly used: number
  /** References that registered holders account for. */
  readonly held: number
  /** References that no registered holder accounts for: frames in the hands of the host's own code. */
  readonly loose: number
  /** What does not add up, in words. Empty when all is well. */
  readonly contradictions: readonly string[]
}
