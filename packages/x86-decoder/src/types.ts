/** Where control goes after an instruction. Anything but `Next` ends a block. */
export const FlowControl = {
  Next: 0,
  UnconditionalBranch: 1,
  IndirectBranch: 2,
  ConditionalBranch: 3,
  Return: 4,
  Call: 5,
  IndirectCall: 6,
  Interrupt: 7,
  Transaction: 8,
  Exception: 9,
} as const
export type FlowControl = (typeof FlowControl)[keyof typeof FlowControl]

/** Who may execute an instruction. */
export const Privilege = {
  /** Everyone. */
  None: 0,
  /** Ring 0 only; elsewhere #GP. */
  Cpl0: 1,
  /** CPL <= IOPL, or what the I/O permission map (or VME, PVI) allows. */
  Iopl: 2,
  /** System management mode only; elsewhere #UD. */
  Smm: 3,
} as const
export type Privilege = (typeof Privilege)[keyof typeof Privilege]

/** Popek and Goldberg's question: can a guest kernel at the wrong privilege tell, or change, the machine's state? */
export const Sensitivity = {
  /** Innocuous. */
  None: 0,
  /** Sensitive, and traps below ring 0: trap-and-emulate suffices. */
  Privileged: 1,
  /** Sensitive, and traps or not by IOPL, CR4 or a permission map. */
  Conditional: 2,
  /** Sensitive, and never traps: what made IA-32 not classically virtualizable. */
  Silent: 3,
  /** Innocuous by the definition, for it answers alike everywhere; but it names the machine, so a monitor wants it to trap. */
  Identity: 4,
} as const
export type Sensitivity = (typeof Sensitivity)[keyof typeof Sensitivity]

/** In which way an instruction is sensitive (Popek and Goldberg 1974, section 4): bits. */
export const SensitivityKind = {
  None: 0,
  /** It may change what the processor may do: its mode, its resources, where memory is. */
  Control: 1,
  /** What it does depends on the mode, or on where in real memory things are. */
  Behaviour: 2,
  Both: 3,
} as const
export type SensitivityKind = (typeof SensitivityKind)[keyof typeof SensitivityKind]

/** How an instruction uses an operand. */
export const Access = {
  None: 0,
  Read: 1,
  Write: 2,
  ReadWrite: 3,
  ConditionalWrite: 4,
  ReadConditionalWrite: 5,
  ConditionalRead: 6,
} as const
export type Access = (typeof Access)[keyof typeof Access]

/** Which flags an instruction touches: masks of `FlagBit`. */
export interface FlagEffect {
  readonly flagsRead: number
  readonly flagsWritten: number
  readonly flagsUndefined: number
  readonly flagsCleared: number
  readonly flagsSet: number
}

/** What the table knows about a form, beyond one instruction's operands. */
export interface InstructionFacts extends FlagEffect {
  readonly operation: number
  readonly flow: FlowControl
  /** True if a translated block ends here: control leaves, or what later code assumes may have changed. */
  readonly endsBlock: boolean
  readonly privilege: Privilege
  readonly sensitivity: Sensitivity
  readonly sensitivityKind: SensitivityKind
  /** Why it is sensitive; empty for an innocuous one. */
  readonly sensitivityReason: string
  /** What makes a sensitive one trap; empty if nothing does. */
  readonly trapsBy: string
  /** How each explicit operand is used. */
  readonly access: readonly Access[]
  /** The CPUID feature (or first processor) that brought it. */
  readonly cpuFeature: string
  readonly lockable: boolean
  /** How many registers the x87 stack loses: 1 for a pop, -1 for a push; 0 too where TOP is loaded. */
  readonly x87StackIncrement: number
  readonly isString: boolean
  readonly validIn64BitMode: boolean
  readonly validOutside64BitMode: boolean
  /** True if the operand size is 64 bits in 64-bit mode without REX.W. */
  readonly defaultSize64: boolean
  /** The row itself: encoding, mnemonic and operand words, as in DESIGN.md. */
  readonly encoding: string
}
