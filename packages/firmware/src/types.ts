/** Guest-physical memory as a loader needs it. Both answer false when any byte is not writable (readable) memory. */
export interface GuestMemory {
  write(physical: number, bytes: Uint8Array): boolean
  read(physical: number, into: Uint8Array): boolean
}

/** RAM at guest-physical addresses; what lies between 640 KiB and 1 MiB is never used, whether named or not. */
export interface RamRange {
  readonly start: number
  /** Bytes. */
  readonly length: number
}

/** A segment register with its hidden part (SDM vol. 3, 3.4.3): what a GDT load would have put there. */
export interface SegmentState {
  readonly selector: number
  readonly base: number
  readonly limit: number
  /** Bits 8-15 and 20-23 of a descriptor's high word, moved to bits 0-7 and 12-15: P, DPL, S, type; G, D/B, L, AVL. */
  readonly attributes: number
}

export const SEGMENT_NAMES = ['es', 'cs', 'ss', 'ds', 'fs', 'gs'] as const
export type SegmentName = (typeof SEGMENT_NAMES)[number]

export const REGISTER_NAMES = ['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi'] as const
export type RegisterName = (typeof REGISTER_NAMES)[number]

/** The processor as the loaded image expects to find it: protected mode, paging and interrupts off, A20 on. */
export interface EntryState {
  readonly mode: 'protected32'
  readonly eip: number
  readonly eflags: number
  readonly registers: Readonly<Record<RegisterName, number>>
  readonly segments: Readonly<Record<SegmentName, SegmentState>>
  readonly gdt: { readonly base: number; readonly limit: number }
  readonly idt: { readonly base: number; readonly limit: number }
  readonly cr0: number
}

/** Which screen the guest is told of: none, or the VGA's text mode 3. */
export type Screen = 'none' | 'text80x25'
