/**
 * The vCPU state block: where each piece of architectural and engine state lies, in bytes from the block's base
 * address in the machine's linear memory. Translated code gets the base as a parameter, so one translation serves
 * every vCPU. Registers have 64-bit slots; a 32-bit guest uses the low half.
 */
export const Layout = {
  /** 16 general registers of 8 bytes: RAX RCX RDX RBX RSP RBP RSI RDI R8..R15. */
  gpr: 0x000,
  /** EIP/RIP at every exit from translated code: the instruction that runs next (or that faulted). */
  rip: 0x080,
  /** EFLAGS without the six arithmetic flags, which are lazy (bit 1 is kept set). */
  eflags: 0x088,
  /** Lazy flags: the last result, sign-extended from its operand size. See `flags/lazy.ts`. */
  flagResult: 0x090,
  /** Lazy flags: carry, overflow, adjust and the sign and parity corrections. */
  flagAux: 0x098,
  /** A slot that is always zero: the base or index register of an address that has none. */
  zero: 0x0a0,
  /** Instructions that may still start before the engine returns; the unit being run has been subtracted whole. */
  budget: 0x0a8,
  /** 0, or 0x8000_0000 when the engine is to return at the next unit boundary. */
  attention: 0x0ac,
  /** Why translated code returned: `ExitCode`. */
  exit: 0x0b0,
  /** Site information of the access or callout that caused the exit: see `Site`. */
  site: 0x0b4,
  /** EIP of offset 0 of the current code page (linear page address minus CS base). */
  ripPage: 0x0b8,
  /** Address of the unit descriptor to continue with, or 0 to look RIP up. */
  nextUnit: 0x0c0,
  /** The mode part of a unit's key: `Mode`. */
  mode: 0x0c4,
  /** Absolute addresses of the soft TLB arrays of the current privilege. */
  tlbRead: 0x0c8,
  tlbWrite: 0x0cc,
  tlbFetch: 0x0d0,
  /** A fault that an access or a callout found: vector, error code and whether there is one. */
  faultVector: 0x0d4,
  faultError: 0x0d8,
  /** What the instruction before holds off for one more: `Shadow`. */
  interruptShadow: 0x0dc,
  /** TSC = tscBase + ((tscFraction - (budget + remaining) * tscScale) >> 4), in sixteenths but for the base; set before each run. */
  tscBase: 0x0e0,
  tscScale: 0x0e8,
  tscFraction: 0x0ec,
  /** 1 while the interrupt controller asserts INTR. */
  interruptPending: 0x0f0,
  /** Instructions that the interpreter has retired in units, modulo 2^32. */
  interpreted: 0x0f4,
  /** Address just after the current instruction, for callouts. */
  nextRip: 0x0f8,
  /** ES CS SS DS FS GS LDTR TR: eight records of `segmentBytes`. */
  segments: 0x100,
  gdtrBase: 0x200,
  gdtrLimit: 0x208,
  idtrBase: 0x210,
  idtrLimit: 0x218,
  cr0: 0x220,
  cr2: 0x228,
  cr3: 0x230,
  cr4: 0x238,
  cr8: 0x240,
  efer: 0x248,
  /** DR0..DR7, 8 bytes each. */
  debug: 0x250,
  cpl: 0x290,
  /** `Activity`. */
  halted: 0x294,
  /** Model-specific registers, 8 bytes each, in the order of `Msr` in `system/msr.ts`. */
  msr: 0x2a0,
  /** x87: eight physical registers of 16 bytes, then control, status, tag ... (see `assembly/layout.ts`). */
  x87: 0x400,
  x87Control: 0x480,
  x87Status: 0x484,
  x87Tag: 0x488,
  x87Opcode: 0x48c,
  x87InstructionOffset: 0x490,
  x87InstructionSelector: 0x498,
  x87DataSelector: 0x49c,
  x87DataOffset: 0x4a0,
  /** TOP, where the status word has it too: whoever changes one changes both. */
  x87Top: 0x4c0,
  mxcsr: 0x4e0,
  /** 16 vector registers of 32 bytes. */
  vector: 0x500,
  /** 64 bytes that stand in for device memory and page-crossing operands during one access. */
  bounce: 0x700,
  /** What the bounce buffer stands for: linear address, size in bytes (0: nothing), and whether it is to be written back. */
  bounceLinear: 0x740,
  bounceSize: 0x744,
  /** Elements that the running string instruction may handle before it starts over; device memory takes off more. */
  stringPortion: 0x748,
  /** 1 while an NMI handler holds further NMIs off. */
  nmiBlocked: 0x760,
  /** 1 while the A20 gate masks address bit 20. */
  a20Masked: 0x764,
  /** 1 + the vector of an interrupt that was acknowledged but not delivered, because the host ran out of memory; or 0. */
  heldVector: 0x768,
  /** What keeps vector instructions from running: `VectorBlock` in `system/vector-state.ts`. */
  vectorState: 0x76c,
  /** XCR0: the state components that XSAVE and its like deal with. */
  xcr0: 0x780,
  /** 1 where XRSTOR knows the compacted form: the model has XSAVEC. */
  compaction: 0x784,
  /** DR6 bits of a debug trap that waits for the next instruction boundary. */
  pendingDebug: 0x7c0,
  /** 1 while a repeated string instruction has done some of its elements and is to go on at its own address. */
  repeating: 0x7c4,
  /** Elements that a repeated string instruction moves before it starts over: 1 where each of them may trap. */
  portion: 0x7c8,
  /** 1 after an INIT that makes this processor wait for a start-up message. */
  waitingForStartup: 0x7cc,
  /** IGNNE#: 1 from when the chip set says so until the x87's error is cleared. */
  ignoreNumericError: 0x7d0,
  /** 1 + the vector of an exception whose delivery the host broke off for want of memory; or 0. Its error code, and what it takes off the budget. */
  heldException: 0x7d4,
  heldError: 0x7d8,
  heldCost: 0x7dc,
  /** Scratch memory for callouts with large operands (FSAVE, FXSAVE): 1024 bytes. */
  scratch: 0x800,
  /** Size of the block; the soft TLB arrays follow it. */
  bytes: 0x1000,
} as const

/** Fields of a segment record, in bytes from its start. */
export const SegmentField = {
  selector: 0,
  /** Descriptor bits 40-55 as in the high dword shifted right by 8: type, S, DPL, P, AVL, L, D/B, G (0 when unusable). */
  attributes: 4,
  base: 8,
  /** Limit in bytes (granularity applied). */
  limit: 16,
  /**
   * Offsets below this are certainly readable (writable) for an access of up to 16 bytes without looking closer;
   * 0 sends every access to the exact check. See `system/segment-check.ts`.
   */
  readSpan: 20,
  writeSpan: 24,
} as const

/** Size of a segment record. */
export const segmentBytes = 32

/** Numbers of the segment records, in x86 encoding order, then the system segments. */
export const Segment = { ES: 0, CS: 1, SS: 2, DS: 3, FS: 4, GS: 5, LDTR: 6, TR: 7 } as const

/** Byte offset of general register `number`'s slot. */
export const gprSlot = (number: number): number => Layout.gpr + number * 8

/** Byte offset of segment record `number`. */
export const segmentSlot = (number: number): number => Layout.segments + number * segmentBytes

/** Bits of a unit key's mode: everything that translated code assumes about the vCPU beyond the code bytes. Twenty at most. */
export const Mode = {
  /** CS.D: 32-bit default operand and address size. */
  code32: 1,
  /** SS.B: the stack pointer is ESP, not SP. */
  stack32: 2,
  /** CPL is 3. */
  user: 4,
  /** CS, DS, ES and SS are flat: base 0, limit 4 GiB, and DS, ES and SS are writable. */
  flat: 8,
  /** CS.L under IA-32e: 64-bit code. */
  code64: 16,
  /** From this bit on: the number of the instruction set that code runs with, see `ShapeTable`. */
  instructionSet: 8,
} as const

/** Why translated code or the interpreter returned to the dispatcher. */
export const ExitCode = {
  /** Nothing special: continue at `nextUnit` or at RIP. */
  Continue: 0,
  /** No unit is cached for RIP. */
  NeedUnit: 1,
  /** The budget is used up or attention was asked for. */
  Budget: 2,
  /** A fault is to be delivered: vector and error code are in the state. */
  Fault: 3,
  /** The unit in `nextUnit` became hot. */
  Hot: 4,
  /** The instruction at RIP has to be run alone: it writes to code, for example. */
  Single: 5,
  /** A callout asks the virtual machine monitor for something: halt, shutdown ... */
  Callout: 6,
} as const
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode]

/** What the instruction before holds off until the next one has run. SDM vol. 3, sections 6.8.1 and 6.8.3. */
export const Shadow = {
  None: 0,
  /** STI: interrupts. */
  Interrupts: 1,
  /** MOV SS and POP SS: debug exceptions, too. */
  Everything: 2,
} as const

/** Values of `Layout.halted`. */
export const Activity = {
  Running: 0,
  /** After HLT: waits for an interrupt. */
  Halted: 1,
  /** After a triple fault: only NMI, INIT and RESET end it. SDM vol. 3, section 6.15, interrupt 8. */
  Shutdown: 2,
} as const

/** EFLAGS bits. SDM vol. 1, section 3.4.3. */
export const Flag = {
  CF: 0x0001,
  PF: 0x0004,
  AF: 0x0010,
  ZF: 0x0040,
  SF: 0x0080,
  TF: 0x0100,
  IF: 0x0200,
  DF: 0x0400,
  OF: 0x0800,
  IOPL: 0x3000,
  NT: 0x4000,
  RF: 0x1_0000,
  VM: 0x2_0000,
  AC: 0x4_0000,
  VIF: 0x8_0000,
  VIP: 0x10_0000,
  ID: 0x20_0000,
} as const

/** The six arithmetic flags that are kept lazily. */
export const arithmeticFlags = 0x08d5
