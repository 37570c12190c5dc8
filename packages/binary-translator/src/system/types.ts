/** For whom memory is accessed. */
export const Privilege = {
  /** CPL 0 to 2. */
  Supervisor: 0,
  /** CPL 3. */
  User: 1,
  /** The processor's own tables, whatever CPL is: EFLAGS.AC does not open user pages to it. SDM vol. 3, section 4.6. */
  Implicit: 2,
} as const
export type Privilege = (typeof Privilege)[keyof typeof Privilege]

/**
 * What the system instructions (callouts) need from their surroundings. They run as TypeScript, outside translated
 * code, on the vCPU's state block.
 */
export interface LinearMemory {
  /** Whether operands of CPL 3 must be aligned: #AC otherwise. */
  aligned: boolean
  /**
   * Reads `size` bytes (1, 2 or 4) at a linear address, through paging and devices; the value is unsigned.
   * A page fault sets CR2 and leaves by `GuestFault`, which the callout's entry point turns into data.
   */
  read(linear: number, size: 1 | 2 | 4, user: Privilege): number
  /** Writes all bytes or, when it faults, none. */
  write(linear: number, size: 1 | 2 | 4, value: number, user: Privilege): void
  /**
   * Writes, and returns what puts back the bytes that were there. That walks no page tables, so it cannot fail as long as the instruction runs.
   * What a device has been told stays told.
   */
  replace(linear: number, size: 1 | 2 | 4, value: number, user: Privilege): () => void
}

/** Writes to memory for the processor itself. */
export type Write = (linear: number, size: 1 | 2 | 4, value: number) => void

/** The MMU, as the system instructions see it. */
export interface PagingControl {
  /** False: a PAE page-directory pointer has reserved bits set, or, with `outOfMemory`, the host has no frame for them; nothing changed. */
  configure(paging: { cr0: number; cr3: number; cr4: number; efer: number; a20: boolean }): boolean
  readonly outOfMemory?: boolean
  /**
   * What takes back all that `configure` does from now on, and reads no memory for that: page-directory pointers are those that were loaded.
   * Whatever answers with `outOfMemory`, or has accesses that the host cannot serve, must have it.
   */
  checkpoint?(): () => void
  invalidatePage(linear: number): void
  /** What the soft TLB's arrays must not hold from now on. */
  exclude(exclusion: Exclusion): void
  /** EFLAGS.AC: lets the supervisor reach user pages in spite of SMAP. */
  setUserDataAllowed(allowed: boolean): void
}

/** What is kept out of the soft TLB's arrays, so that every access to it takes the slow path. */
export interface Exclusion {
  /** Linear pages whose data is watched, by address of their first byte. */
  readonly data: readonly number[]
  /** Linear pages whose code runs one instruction at a time. */
  readonly code: readonly number[]
  /** All data of CPL 3, while it must be aligned. */
  readonly userData: boolean
}

/** The I/O ports. */
export interface PortSpace {
  readPort(port: number, size: 1 | 2 | 4): number
  writePort(port: number, size: 1 | 2 | 4, value: number): void
}

/** The interrupt controller that feeds this vCPU's INTR input. */
export interface InterruptController {
  /** Whether INTR is asserted. */
  readonly pending: boolean
  /** Takes the interrupt and returns its vector (0-255). */
  acknowledge(): number
}

/** What a callout asks of the monitor beyond changing the state. */
export const SystemRequest = {
  None: 0,
  /** HLT: wait for an interrupt. */
  Halt: 1,
  /** Triple fault: the processor is in shutdown, see `Activity`. */
  Shutdown: 2,
  /** The host has no memory for the delivery of an exception, which is held, and goes on by `SystemUnit.resume`. */
  OutOfMemory: 3,
} as const
export type SystemRequest = (typeof SystemRequest)[keyof typeof SystemRequest]

/** The four registers that CPUID answers with, as unsigned 32-bit numbers. */
export interface CpuidAnswer {
  readonly eax: number
  readonly ebx: number
  readonly ecx: number
  readonly edx: number
}

/** A processor model: what CPUID says and thereby which features exist. */
export interface CpuModel {
  readonly name: string
  /** CPUID answer for `leaf` and `subleaf`. */
  cpuid(leaf: number, subleaf: number): CpuidAnswer
}

/** A 64-bit quantity in two unsigned halves. */
export interface Quad {
  readonly low: number
  readonly high: number
}

/** The time-stamp counter. */
export interface TimeStampCounter {
  read(): Quad
  /** WRMSR to IA32_TIME_STAMP_COUNTER: the counter goes on from here. */
  write(low: number, high: number): void
}

/** Port: the local APIC's timer, as IA32_TSC_DEADLINE reaches it. SDM vol. 3, section 10.5.4.1. */
export interface DeadlineTimer {
  readTscDeadline(): Quad
  writeTscDeadline(low: number, high: number): void
}

/** Port: where RDRAND gets its numbers. */
export interface RandomSource {
  /** 32 random bits. */
  next(): number
}

/** Absolute byte addresses of the soft TLB arrays in the machine's linear memory. */
export interface TlbAddresses {
  readonly readUser: number
  readonly readSupervisor: number
  readonly writeUser: number
  readonly writeSupervisor: number
  readonly fetchUser: number
  readonly fetchSupervisor: number
}

/** A segment register with its hidden part, in the form of a segment record. */
export interface SegmentState {
  readonly selector: number
  readonly base: number
  /** Limit in bytes. */
  readonly limit: number
  readonly attributes: number
}

type RegisterName = 'eax' | 'ecx' | 'edx' | 'ebx' | 'esp' | 'ebp' | 'esi' | 'edi'
type SegmentName = 'es' | 'cs' | 'ss' | 'ds' | 'fs' | 'gs'

/** The processor state in which a boot protocol enters its kernel: 32-bit protected mode without paging. */
export interface EntryState {
  readonly eip: number
  readonly eflags: number
  readonly registers: Readonly<Record<RegisterName, number>>
  readonly segments: Readonly<Record<SegmentName, SegmentState>>
  readonly gdt: { readonly base: number; readonly limit: number }
  readonly idt: { readonly base: number; readonly limit: number }
  readonly cr0: number
}
