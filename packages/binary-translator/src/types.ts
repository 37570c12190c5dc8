import type { Exclusion } from './system/types.ts'

/** Where the soft TLB lies, in bytes from a vCPU's state block, and how many entries each of its arrays has. */
export interface TlbOffsets {
  /** Entries per array: a power of two. */
  readonly entries: number
  readonly readUser: number
  readonly readSupervisor: number
  readonly writeUser: number
  readonly writeSupervisor: number
  readonly fetchUser: number
  readonly fetchSupervisor: number
}

/** Which tiers an engine uses. */
export type EngineMode =
  /** Interpret first, translate what becomes hot. */
  | 'auto'
  /** Interpret only. */
  | 'interpreter'
  /** Translate each unit when it first runs. */
  | 'translator'

/** How to make an `Engine`. */
export interface EngineOptions {
  /** The machine's memory; it must not grow. */
  readonly memory: WebAssembly.Memory
  /**
   * Area of that memory for the translation cache: start (a multiple of 4096) and size in bytes, `chunkMapBytes` of the
   * memory among them.
   */
  readonly cacheStart: number
  readonly cacheBytes: number
  /** Default: `auto`. */
  readonly mode?: EngineMode
  /** Executions of a unit before it is translated; default 5000. */
  readonly heat?: number
  /** Hot units that are translated together, in one module; default 16. A run's end translates what waits. */
  readonly regionsPerModule?: number
  /** Translated regions that are kept at most; default 20,000. */
  readonly maximumRegions?: number
}

/**
 * Bit in the tag of a write entry that leads to a traced frame: the inline probe never matches it, and the slow path
 * finds the host address there.
 */
export const tracedTag = 1

/**
 * Port: the MMU. Results are left in its fields. Outcomes: 0 direct, 1 device, 2 fault, 3 traced, 4 out of memory. It fills
 * the soft TLB after outcome 0, and after outcome 3 if it likes, then with `tracedTag` in the tag.
 */
export interface Mmu {
  /** Host byte address, after outcomes 0 and 3. */
  readonly host: number
  /** Guest-physical address, after outcomes 0, 1 and 3. */
  readonly physical: number
  /** Page-fault error code, after outcome 2. */
  readonly errorCode: number
  /** `kind`: 0 read, 1 write, 2 fetch. `privilege`: 0 supervisor, 1 user, 2 the processor's own table accesses. */
  access(linear: number, kind: 0 | 1 | 2, privilege: 0 | 1 | 2): number
  /** False: PAE page-directory pointers have reserved bits set, or, with `outOfMemory`, cannot be read now. Nothing has changed. */
  configure(paging: { cr0: number; cr3: number; cr4: number; efer: number; a20: boolean }): boolean
  /** After `configure` has answered false: the host has no frame. An MMU whose pages always have frames needs none of this. */
  readonly outOfMemory?: boolean
  /** What takes back, without reading memory, all that `configure` does from now on. An MMU that is never out of memory needs none of this. */
  checkpoint?(): () => void
  invalidatePage(linear: number): void
  /** What the TLB arrays must not hold from now on: entries of these are dropped, and no access fills one. */
  exclude(exclusion: Exclusion): void
  /** EFLAGS.AC: lets the supervisor reach user pages in spite of SMAP. */
  setUserDataAllowed(allowed: boolean): void
  /** Starts or ends a write trace of the frame at a host address; write entries that lead there are dropped both times. */
  trace(frame: number, on: boolean): void
}

/** Port: I/O ports and device memory. */
export interface IoSpace {
  readPort(port: number, size: 1 | 2 | 4): number
  writePort(port: number, size: 1 | 2 | 4, value: number): void
  readMmio(physical: number, size: 1 | 2 | 4): number
  writeMmio(physical: number, size: 1 | 2 | 4, value: number): void
}

/** Outcomes of `Mmu.access`. */
export const MmuOutcome = { Direct: 0, Device: 1, Fault: 2, Traced: 3, OutOfMemory: 4 } as const
