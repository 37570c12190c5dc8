/** What an access does with memory. */
export const Access = { Read: 0, Write: 1, Fetch: 2 } as const
export type Access = (typeof Access)[keyof typeof Access]

/** For whom an access is made. */
export const Privilege = {
  /** Ring 0-2, by an instruction's own operands and fetches. */
  Supervisor: 0,
  /** Ring 3. */
  User: 1,
  /** The processor's own accesses to descriptor tables and task segments: EFLAGS.AC does not soften SMAP for them. */
  ImplicitSupervisor: 2,
} as const
export type Privilege = (typeof Privilege)[keyof typeof Privilege]

/** How an access ended. Results are left in fields of the MMU, so that an access allocates nothing. */
export const Outcome = {
  /** `host` is the host byte address of the linear address. */
  Direct: 0,
  /** `physical` is not memory, or it is a write to memory that the guest may not write: ask the bus. */
  Device: 1,
  /** The guest must take a page fault with `errorCode`. */
  Fault: 2,
  /** A write to a traced frame: `host` and `physical` are set, the caller performs the write and tells whoever traces. */
  Traced: 3,
  /**
   * The host has no frame for this page, or for one of the tables that lead to it. Nothing that the guest can see went wrong: retry after reclaiming.
   * `physical` is set, or -1 where a table was in the way.
   */
  OutOfMemory: 4,
} as const
export type Outcome = (typeof Outcome)[keyof typeof Outcome]

/** What is kept out of the soft TLB's arrays, so that each access to it comes to the MMU. */
export interface Exclusion {
  /** Linear pages whose data is watched, by address of their first byte. */
  readonly data: readonly number[]
  /** Linear pages whose code is watched. */
  readonly code: readonly number[]
  /** All data that is accessed with user privilege. */
  readonly userData: boolean
}

/** Port: guest page number to host byte address of a 4 KiB frame. */
export interface PhysicalPages {
  /** Address to read from, or -1 if the page is not memory, -2 if its contents cannot be had now, such as of a swapped page. */
  readAddress(ppn: number): number
  /** Address of a frame that may be written, or -1 if the page is not writable memory, -2 if the host is out of frames. */
  writeAddress(ppn: number): number
}

/** Port: the memory that holds the frames and the TLB arrays. It must not grow. */
export interface HostMemory {
  readonly buffer: ArrayBufferLike
}

/**
 * Where the six TLB arrays lie. Each has `entries` entries of 8 bytes: u32 tag (`linear & ~0xfff`, or `INVALID_TAG`) and u32 addend,
 * with host address = (linear + addend) mod 2^32. The entry of a linear address is `(linear >>> 12) & (entries - 1)`. A write entry
 * that leads to a traced frame has `TRACED_TAG` in its tag.
 */
export interface TlbLayout {
  /** A power of two. */
  readonly entries: number
  /** Byte offsets from the base, multiples of 8. */
  readonly offsets: {
    readonly readUser: number
    readonly readSupervisor: number
    readonly writeUser: number
    readonly writeSupervisor: number
    readonly fetchUser: number
    readonly fetchSupervisor: number
  }
}

/** The guest's registers that paging depends on. `cr3` is a non-negative integer, also above 2^32 in long mode. */
export interface ControlRegisters {
  readonly cr0: number
  readonly cr3: number
  readonly cr4: number
  readonly efer: number
  /** Whether address line 20 is connected. */
  readonly a20: boolean
}

/** What the guest's CPUID says of paging. */
export interface ProcessorFeatures {
  /** MAXPHYADDR, 32 to 43. */
  readonly physicalAddressBits: number
  /** PSE-36: physical address bits 39-32 in a 4 MiB page directory entry. */
  readonly pse36: boolean
  /** 1 GiB pages in long mode. */
  readonly gigabytePages: boolean
}

/**
 * What becomes of translations when the guest loads CR3. _noncaching_: what a processor would drop is dropped. _caching_: they are kept per value of
 * CR3, and coherent by write traces on the guest's tables.
 */
export const POLICIES = ['noncaching', 'caching'] as const
export type PolicyName = (typeof POLICIES)[number]

export interface ShadowMmuOptions {
  readonly memory: HostMemory
  /** Host byte address that the layout's offsets count from. */
  readonly base: number
  readonly layout: TlbLayout
  readonly pages: PhysicalPages
  /** Default: 36 physical address bits, PSE-36, no 1 GiB pages. */
  readonly features?: Partial<ProcessorFeatures>
  /** Default: `noncaching`. */
  readonly policy?: PolicyName
  /** Address spaces that the caching policy keeps at a time, 1 to 30; default 8. */
  readonly contexts?: number
  /**
   * Called after the page walk has set an accessed or dirty bit inside a traced frame, with the host address of the 4 bytes:
   * a write that no outcome reports.
   */
  readonly onTracedUpdate?: (host: number, bytes: number) => void
}
