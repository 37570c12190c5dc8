import type { SwapReservation } from './swap-reservation.ts'

/** What an address-returning method says of a page that is not memory, or not writable memory. */
export const NOT_MEMORY = -1

/**
 * What an address-returning method says of a page that it cannot give a frame now: the host has none left, or the contents cannot be read
 * from swap. `PhysicalMap.failure` tells.
 */
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
  /** The guest has given it up and owns nothing until it touches the page again: it is zero then. */
  Ballooned: 3,
  /** Its contents are in a slot of the swap space. */
  Swapped: 4,
} as const
export type PageState = (typeof PageState)[keyof typeof PageState]

/** What has happened to a page. */
export const MapEvent = {
  /** Untouched to resident: its first frame. */
  Populated: 0,
  /** A write has left a shared frame for a copy. */
  Copied: 1,
  /** To untouched: its contents are gone. */
  Discarded: 2,
  /** Somebody else has a reference to its frame now, which is no longer to be written in place. */
  Lent: 3,
  /** It has a frame that came from elsewhere. */
  Adopted: 4,
  /** It has become RAM, ROM or a hole. */
  Redefined: 5,
  /** The guest has given it up. */
  Ballooned: 6,
  /** The guest was given it back: ballooned to untouched. */
  Deflated: 7,
  /** It was touched while ballooned: to untouched by a read, to resident by a write. */
  Popped: 8,
  /** Its contents have gone to the swap space. */
  SwappedOut: 9,
  /** Its contents have come back from the swap space. */
  SwappedIn: 10,
} as const
export type MapEvent = (typeof MapEvent)[keyof typeof MapEvent]

/** Called after each change of a page. */
export type MapEventListener = (event: MapEvent, ppn: number) => void

/** What has become of the request to swap a page out. */
export const SwapResult = {
  Swapped: 'swapped',
  /** It has no frame that could be freed. */
  NotResident: 'not-resident',
  /** The map was made without swap. */
  NoSwap: 'no-swap',
  /** No slot is left. The page is as before. */
  Full: 'full',
  /** The store could not write. The page is as before. */
  Failed: 'failed',
} as const
export type SwapResult = (typeof SwapResult)[keyof typeof SwapResult]

/** Why the swap space could not do something. */
export interface SwapFailure {
  /** No room; the store does not work; a slot does not hold what was written there. */
  readonly kind: 'swap-full' | 'swap-lost' | 'swap-damaged'
  /** What is wrong, for whoever runs the guest. */
  readonly message: string
}

/** Why an access could not be served. */
export interface MapFailure {
  readonly kind: 'out-of-frames' | SwapFailure['kind']
  readonly ppn: number
  /** What is wrong, for whoever runs the guest. */
  readonly message: string
}

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
  /** Where pages may be swapped out to. Default: nowhere. */
  readonly swap?: SwapReservation | null
}

export interface ForkOptions {
  /** Of the same swap space. Default: that of the map which is forked. */
  readonly swap?: SwapReservation | null
}

/** Whoever keeps references to frames for longer than a call says so, so that the audit can add them up. */
export interface FrameHolder {
  /** Adds, for each reference held, one to `counts[mpn]`. */
  countReferences(counts: Uint32Array): void
  /** Own contradictions, in words; empty if there are none. */
  contradictions(): string[]
}

/** Whoever keeps references to slots of swap. */
export interface SlotHolder {
  /** Adds, for each reference held, one to `counts[slot]`; answers how many there are. */
  countSlots(counts: Uint32Array): number
  /** Gives up slots whose contents are in frames, too. */
  dropKeptSlots(): void
}

/**
 * Port: where swapped pages lie. Access is synchronous. What cannot be done throws, best a `SwapStoreError`; a page is read or written as a
 * whole, or the access has failed.
 */
export interface SwapStore {
  /** Pages of 4096 bytes that it holds, numbered from 0. */
  readonly slots: number
  read(slot: number, into: Uint8Array): void
  write(slot: number, from: Uint8Array): void
  /** The slot's contents are not needed any more. */
  discard?(slot: number): void
  flush?(): void
  close(): void
}

/** Port: a file that is open for synchronous access, such as a browser's `FileSystemSyncAccessHandle`. */
export interface SyncAccessHandle {
  /** Answers how many bytes were read. */
  read(into: Uint8Array, options: { at: number }): number
  /** Answers how many bytes were written. */
  write(from: Uint8Array, options: { at: number }): number
  truncate(bytes: number): void
  flush(): void
  close(): void
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

/** Which pages may be taken from a guest. */
export interface VictimOptions {
  /** Pages in shared frames, too. By themselves they free no frame. Default: false. */
  readonly shared?: boolean
}

/** `pages === untouched + resident + ballooned + swapped`. */
export interface MapStatistics {
  readonly pages: number
  readonly untouched: number
  readonly resident: number
  readonly ballooned: number
  readonly swapped: number
  /** Of the untouched ones, those that had contents, which were found to be zero. */
  readonly zero: number
  /** Of the resident ones, those whose frame has other references. */
  readonly shared: number
  /** Pages that got their first frame, ever. */
  readonly populations: number
  /** Writes that had to leave a shared frame, ever. */
  readonly copyOnWriteBreaks: number
  /** Pages that the guest gave up, was given back, and touched without being given back, ever. */
  readonly balloonings: number
  readonly deflations: number
  readonly pops: number
  /** Pages that went to the swap space and came back from there, ever. */
  readonly swapOuts: number
  readonly swapIns: number
  /** Of those that went, the ones that had not been written since they came back, so that nothing had to be written there either. */
  readonly cleanSwapOuts: number
}

/** In slots, which are pages. */
export interface SwapStatistics {
  readonly slots: number
  readonly used: number
  /** Most slots that were used at a time. */
  readonly peak: number
  readonly reserved: number
  readonly unreserved: number
  /** Pages read and written, and accesses that failed, ever. */
  readonly reads: number
  readonly writes: number
  readonly failures: number
}

export interface SwapAuditReport {
  readonly slots: number
  readonly used: number
  readonly free: number
  readonly reserved: number
  /** What does not add up, in words. Empty when all is well. */
  readonly contradictions: readonly string[]
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

/** Told after each change of a frame's reference count but the first: `references` are left, none of a freed frame. */
export type ReferenceListener = (mpn: number, references: number) => void
