/**
 * Numbers of the callouts: the instructions whose meaning is written in TypeScript rather than emitted.
 * The comment names the two arguments, x and y, that the emitter computes.
 */
export const Callout = {
  /** x: interrupt vector, y: 1 for INT3, 2 for INTO, 3 for INT1/ICEBP, 0 for INT n. */
  Int: 0,
  /** x: operand size in bytes (2 or 4). */
  Iret: 1,
  /** x: offset, y: selector | operand size << 16. */
  FarJump: 2,
  /** x: offset, y: selector | operand size << 16. */
  FarCall: 3,
  /** x: bytes to release after the return, y: operand size. */
  FarReturn: 4,
  /** x: segment register, y: selector: MOV Sreg. */
  LoadSegment: 5,
  /** x: linear address of the six-byte operand, y: operand size. */
  Lgdt: 6,
  Lidt: 7,
  /** x: selector. */
  Lldt: 8,
  Ltr: 9,
  /** x: control register, y: value. */
  MovToCr: 10,
  /** x: control register, y: destination general register. */
  MovFromCr: 11,
  /** x: debug register, y: value. */
  MovToDr: 12,
  MovFromDr: 13,
  /** x: value. */
  Lmsw: 14,
  Clts: 15,
  /** x: linear address. */
  Invlpg: 16,
  Hlt: 17,
  Cpuid: 18,
  Rdmsr: 19,
  Wrmsr: 20,
  /** x: port, y: size; the result goes to AL, AX or EAX. */
  In: 21,
  /** x: port, y: size; the value is in AL, AX or EAX. */
  Out: 22,
  /** x: element size | address size << 8 | rep << 16, y: unused (destination ES:(E)DI). */
  Ins: 23,
  /** x: element size | address size << 8 | rep << 16, y: segment register of the source. */
  Outs: 24,
  /** x: selector, y: destination general register | operand size << 8. ZF tells success. */
  Lar: 25,
  Lsl: 26,
  /** x: selector. */
  Verr: 27,
  Verw: 28,
  Sysenter: 29,
  Sysexit: 30,
  /** WBINVD and INVD: check privilege only. */
  Wbinvd: 31,
  /** CLI and STI where the virtual flag cannot simply be changed (IOPL, VME, PVI). */
  Cli: 32,
  Sti: 33,
  /** PUSHF and POPF in virtual-8086 mode. x: operand size. */
  Pushf: 34,
  Popf: 35,
  /** x: 1 to check that SLDT, STR ... are allowed here (UMIP, virtual-8086); raises #UD or #GP otherwise. */
  CheckProtected: 36,
  Rdpmc: 37,
  Rsm: 38,
  /** RDTSC when CR4.TSD forbids it. */
  Rdtsc: 39,
  /** x: vector, y: error code (-1: none): an exception that emitted code found. */
  Raise: 40,
  /** x: linear address. */
  Monitor: 41,
  Mwait: 42,
  /** x: far pointer's linear address is not needed: operands are already read. Reserved-opcode #UD. */
  Undefined: 43,
  Xgetbv: 44,
  Xsetbv: 45,
  Swapgs: 46,
  Invpcid: 47,
  /** x: segment register | operand size << 8, y: selector: POP Sreg, which also releases the stack. */
  PopSegment: 48,
  /**
   * x: segment register | destination general register << 8 | operand size << 16, y: selector; the offset is in
   * `Layout.scratch`: LDS, LES, LSS, LFS, LGS.
   */
  LoadFarPointer: 49,
  /** x: the `VectorBlock` bits that the instruction must not meet: raises #UD or #NM. */
  VectorBlocked: 50,
  /** A vector instruction found an unmasked floating-point exception: raises #XM or #UD. */
  VectorException: 51,
  /** x: destination general register, y: operand size: RDRAND and RDSEED. */
  Rdrand: 52,
  /** x: the new EFLAGS.AC, 0 or 1: CLAC and STAC. */
  SetAlignmentCheck: 53,
  /** An x87 instruction found an error of an earlier one. */
  NumericError: 54,
} as const
export type Callout = (typeof Callout)[keyof typeof Callout]
