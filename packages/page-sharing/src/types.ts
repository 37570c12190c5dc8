/** Bytes of a page and of a frame. */
export const PAGE_BYTES = 4096

/** Told after each change of a frame's reference count but the first: `references` are left, none of a freed frame. */
export type ReferenceListener = (mpn: number, references: number) => void

/**
 * The host's frames, which pages of all clients share. `MachineMemory` of `@mica-vm/machine-memory` is one.
 * A frame with more than one reference must not be written: whoever wants to, copies it first.
 */
export interface SharableFrames {
  /** The frame with machine page number (MPN) `mpn` lies at byte `mpn * 4096`. Never replaced by a larger array. */
  readonly bytes: Uint8Array
  /** The WebAssembly memory whose whole buffer `bytes` is, if there is one: then pages are read in place. */
  readonly memory?: WebAssembly.Memory
  /** The first MPN that a page may have. */
  readonly firstFrame: number
  /** One past the last. */
  readonly endFrame: number
  /** A frame of zeros that nobody writes; -1 if there is none. */
  readonly zeroFrame: number
  /** References to a frame, 0 of a free one. */
  references(mpn: number): number
  retain(mpn: number): void
  /** Gives up a reference; the last one frees the frame. */
  release(mpn: number): void
  /** Calls `listener` after each `retain` and `release`, whoever called it. Returns the function that stops this. */
  onReferences(listener: ReferenceListener): () => void
}

/** One client's pages: page number (PPN) to frame. `PhysicalMap` of `@mica-vm/machine-memory` is one. */
export interface SharablePages {
  /** One past the highest PPN. */
  readonly endPage: number
  /** MPN of a page that has a frame; -1 of any other. */
  frameOf(ppn: number): number
  /** The frame of a page that has one, with a reference more. Before it returns, nobody may write the frame in place any longer. */
  lend(ppn: number): number
  /** Puts a frame behind a page and takes one reference over from the caller; the page's own one of the frame before is released. */
  adopt(ppn: number, mpn: number): void
}

/** A 64-bit hash of a page's contents. Equal contents must give equal hashes; nothing breaks if others do too. */
export interface PageHasher {
  /** Hashes the 4096 bytes at `address` of the frames' `bytes`; the low 32 bits. */
  hash(address: number): number
  /** The other 32 bits of the last hash. */
  readonly high: number
}

/** Nanoseconds since any moment, never going back. */
export interface SharingClock {
  nowNs(): number
}

export interface PageSharerOptions {
  readonly frames: SharableFrames
  /**
   * Numbers from 0 to below 1: the order of scans, and the seed of the hash. Take them from a source that guests cannot
   * foresee, since who knows the seed can make pages that collide.
   */
  readonly random: () => number
  /** What caps are measured by. Needed unless both are `Infinity`. */
  readonly clock?: SharingClock
  /** Pages scanned per second, of all clients: 0 or more, `Infinity` for no cap. Default 200. */
  readonly pagesPerSecond?: number
  /** Pages scanned per second, of each client. Default 50. */
  readonly pagesPerSecondPerClient?: number
  /**
   * `machine`: pages of zeros get the frames' zero frame, whatever their salt (the default). `domain`: they are shared as other
   * contents are, among clients of one salt.
   */
  readonly zeroPages?: 'machine' | 'domain'
  /** In place of the built-in hash (XXH64 with a random seed). */
  readonly hasher?: PageHasher
}

export interface ClientOptions {
  readonly pages: SharablePages
  /** The client's trust domain: frames are shared only between clients of one salt. Default: the empty one. */
  readonly salt?: string
}

/** What became of a page that was looked at. */
export const ShareOutcome = {
  /** Has no frame of its own: never written, given away or swapped out. */
  Absent: 'absent',
  /** Lies in a shared frame already. */
  AlreadyShared: 'already-shared',
  /** Its contents were found elsewhere: it lies in that frame now, its own reference is given up. */
  Merged: 'merged',
  /** It was all zero: it lies in the zero frame now, its own reference is given up. */
  Zeroed: 'zeroed',
  /** No other page like it is known. */
  Unique: 'unique',
  /** A page with the same hash has other contents: not to be shared as long as it stays as it is. */
  FalseMatch: 'false-match',
} as const
export type ShareOutcome = (typeof ShareOutcome)[keyof typeof ShareOutcome]

export interface ScanBudget {
  /** Pages that may be hashed: an integer from 0. Pages without a frame and shared ones cost a small part of one. */
  readonly pages: number
}

export interface ScanReport {
  /** Pages whose contents were read. */
  readonly scanned: number
  readonly merged: number
  readonly zeroed: number
  /** Why the scan ended: the budget is used up, the caps allow no more now, or there is nothing to scan. */
  readonly ended: 'budget' | 'caps' | 'nothing'
}

/** Counters since the beginning, of one client. */
export interface ClientStatistics {
  /** Pages whose contents were read. */
  readonly scanned: number
  /** Pages of which a hint was left. */
  readonly hinted: number
  /** Pages that were put into a frame with equal contents. */
  readonly merged: number
  /** Pages that were put into the zero frame. */
  readonly zeroed: number
  /** Pages not shared because another one with the same hash had other contents. */
  readonly falseMatches: number
}

/** The pages of one virtual machine in the eyes of a `PageSharer`; made by `PageSharer.addClient`. */
export interface SharingClient {
  /**
   * Looks for one page's contents among the others now, whatever the caps: for a page that is about to be swapped out. After
   * `merged` and `zeroed` it need not be, since its frame has been given up. Leaves no hint of a page that matches nothing.
   */
  tryShare(ppn: number): ShareOutcome
  /** Ends the search here, before or after the pages are given up. What is shared stays shared. A second call does nothing. */
  remove(): void
  readonly statistics: ClientStatistics
}

/** The counters of all clients, former ones too, and what is so now. */
export interface SharingStatistics extends ClientStatistics {
  /** Hints that led to a page which had changed, moved or gone. */
  readonly staleHints: number
  /** Times that a reference left a shared frame: copy-on-write breaks, and pages that were given up. */
  readonly unshared: number
  /** Hints in the table. */
  readonly hints: number
  /** Shared frames in the table. */
  readonly sharedFrames: number
  /** References to these frames: the pages that lie there. */
  readonly sharedPages: number
  /** Frames that sharing saves now: `sharedPages - sharedFrames`. Pages in the zero frame are not among them. */
  readonly savedPages: number
  /** Frames whose count of references does not fit the table's 16 bits. */
  readonly overflows: number
  /** Bytes of the table. */
  readonly metadataBytes: number
}
