/**
 * What the system instructions (callouts) need from their surroundings. They run as TypeScript, outside translated
 * code, on the vCPU's state block.
 */
export interface LinearMemory {
  /**
   * Reads `size` bytes (1, 2 or 4) at a linear address, through paging and devices.
   * A page fault leaves by `GuestFault`, which the callout's entry point turns into data.
   */
  read(linear: number, size: 1 | 2 | 4, user: 0 | 1): number
  write(linear: number, size: 1 | 2 | 4, value: number, user: 0 | 1): void
}

/** The MMU, as the system instructions see it. */
export interface PagingControl {
  configure(paging: { cr0: number; cr3: number; cr4: number; efer: number; a20: boolean }): void
  invalidatePage(linear: number): void
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
  /** Triple fault: the processor is in shutdown. */
  Shutdown: 2,
} as const
export type SystemRequest = (typeof SystemRequest)[keyof typeof SystemRequest]

/** A processor model: what CPUID says and which features exist. */
export interface CpuModel {
  readonly name: string
  /** CPUID answer for `leaf` and `subleaf`. */
  cpuid(leaf: number, subleaf: number): { eax: number; ebx: number; ecx: number; edx: number }
}
