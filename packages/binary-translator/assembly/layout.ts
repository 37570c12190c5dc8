// Where the x87 state lies in a vCPU's state block, and the bits of its words (SDM vol. 1, sections 8.1.2 to 8.1.7).
// The module keeps no data of its own in the linear memory: every address is `cpu` plus one of these offsets.

/** Physical register Ri at REGISTERS + 16 * i: u64 significand, then u16 sign and exponent. */
export const REGISTERS: usize = 0x400
export const SIGN_EXPONENT: usize = 0x408
export const CONTROL: usize = 0x480
export const STATUS: usize = 0x484
/** Two bits per physical register. Only "empty" (3) is kept exact here; the other three classes are told apart when stored. */
export const TAGS: usize = 0x488
export const OPCODE: usize = 0x48c
export const CODE_OFFSET: usize = 0x490
export const CODE_SELECTOR: usize = 0x498
export const DATA_SELECTOR: usize = 0x49c
export const DATA_OFFSET: usize = 0x4a0
/**
 * TOP once more, where the status word has it. The status word waits for results, since PE and C1 tell how they were rounded; which register is
 * ST(0) is known long before, so that the next operands can be on their way.
 */
export const TOP_ALONE: usize = 0x4c0
/** 0: a prepared store may proceed; 1: an unmasked exception suppresses it. */
export const SUPPRESSED: usize = 0x4a8
/** The status word that `commit_store` makes visible. */
export const STAGED_STATUS: usize = 0x4ac
/** A prepared 80-bit store: ten bytes. */
export const STAGED_LOW: usize = 0x4b0
export const STAGED_HIGH: usize = 0x4b8

export const IE: u32 = 1
export const DE: u32 = 2
export const ZE: u32 = 4
export const OE: u32 = 8
export const UE: u32 = 16
export const PE: u32 = 32
export const SF: u32 = 64
export const EXCEPTIONS: u32 = 63
/** Exceptions found before an operation computes: unmasked, they leave the operands as they were (section 8.5). */
export const PRE_COMPUTATION: u32 = 7
export const ES_AND_BUSY: u32 = 0x8080
export const C0: u32 = 0x100
export const C1: u32 = 0x200
export const C2: u32 = 0x400
export const C3: u32 = 0x4000
export const CONDITIONS: u32 = 0x4700
export const TOP: u32 = 0x3800

export const RC_NEAREST: u32 = 0
export const RC_DOWN: u32 = 1
export const RC_UP: u32 = 2
export const RC_ZERO: u32 = 3

export const BIAS: i32 = 0x3fff
export const MAX_EXPONENT: u32 = 0x7fff
export const SIGN: u32 = 0x8000
export const INTEGER_BIT: u64 = 0x8000000000000000
export const QUIET_BIT: u64 = 0x4000000000000000
/** The QNaN floating-point indefinite (section 4.2.2, table 4-3). */
export const INDEFINITE_SIGN_EXPONENT: u32 = 0xffff
export const INDEFINITE: u64 = 0xc000000000000000
