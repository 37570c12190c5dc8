/**
 * Port: the guest's pages, by guest page number. Every number may be asked for, since the guest says which; false means that nothing has
 * changed. `PhysicalMap` of `@mica-vm/machine-memory` is one as it is.
 */
export interface BalloonPages {
  /** One past the highest page that may be memory. */
  readonly endPage: number
  /** Whether the page is memory that the guest may write. */
  isWritable(ppn: number): boolean
  /** Takes a page that the guest gave up. False: it is no RAM, or was taken before. */
  balloon(ppn: number): boolean
  /** Gives a page back, zeroed. False: it is not taken, such as when the guest has touched it all the same. */
  deflate(ppn: number): boolean
  /** Drops the contents of a page that stays the guest's: it is zero when it is used next. */
  discard(ppn: number): void
}

/** How a driver can be wrong about a page. */
export type PageViolation =
  /** A page that is no RAM of the guest. */
  | 'not-memory'
  /** A page that it had given up, and neither got back nor touched. */
  | 'inflated-twice'
  /** A page returned that was never given up. */
  | 'not-inflated'

/** How a driver can break the device's rules. */
export type Violation =
  | PageViolation
  /** A list of pages that is none: too long, or ends within an entry. */
  | 'malformed-list'
  /** Statistics that cannot be: more free memory than there is. */
  | 'implausible-statistics'
  /** A queue that broke the rules of queues, or a driver those of its device: it says no more until it has reset the device. */
  | 'broken-queue'

/** What the guest says of its memory (VIRTIO 1.2, 5.5.6.4): hints, never to be trusted. Bytes and events since its start. */
export interface GuestMemoryStatistics {
  readonly swappedInBytes?: number
  readonly swappedOutBytes?: number
  readonly majorFaults?: number
  readonly minorFaults?: number
  readonly freeBytes?: number
  readonly totalBytes?: number
  /** What could be given up without swapping. */
  readonly availableBytes?: number
  /** Disk caches: given up without I/O. */
  readonly cachesBytes?: number
  readonly hugePageAllocations?: number
  readonly hugePageFailures?: number
}

/** What a balloon tells whoever runs the guest. */
export type BalloonEvent =
  /** The driver is there, or gone; pages come back when it goes. */
  | { readonly kind: 'driver'; readonly isActive: boolean }
  /** Told once for each rule and driver, however often it is broken. `message` is for a person. */
  | { readonly kind: 'violation'; readonly rule: Violation; readonly message: string }
  | { readonly kind: 'statistics'; readonly statistics: GuestMemoryStatistics }
  /** Free pages that the guest named after `requestHints`. They may have been used again since: their contents must stay. */
  | { readonly kind: 'hint'; readonly ppn: number; readonly pages: number }
  /** The guest has named all its free pages. */
  | { readonly kind: 'hints-done' }

export interface BalloonOptions {
  readonly pages: BalloonPages
  /**
   * Calls `work` soon, when no access of the guest is in progress: a page must not vanish below an instruction that is using it. The
   * device asks for one call at a time.
   */
  readonly defer: (work: () => void) => void
  readonly onEvent?: (event: BalloonEvent) => void
}

/** What a controller needs of a balloon device. `BalloonDevice` is one. */
export interface ControlledBalloon {
  /** A driver has set the device up. */
  readonly isActive: boolean
  /** Pages that the guest has given up and not got back. */
  readonly inflatedPages: number
  /** How often the driver has broken a rule. */
  readonly violations: number
  /** How many pages the guest shall give up. */
  setTarget(pages: number): void
}
