/** What an explicit operand is. */
export const OperandKind = { None: 0, Register: 1, Memory: 2, Immediate: 3, Relative: 4, FarPointer: 5 } as const
export type OperandKind = (typeof OperandKind)[keyof typeof OperandKind]

/** How an instruction is encoded. */
export const Encoding = { Legacy: 0, Vex: 1, Evex: 2, Xop: 3 } as const
export type Encoding = (typeof Encoding)[keyof typeof Encoding]

/** Bits of `Instruction.prefixes`: every prefix byte seen, whether it has an effect or not. */
export const Prefix = {
  OperandSize: 0x1,
  AddressSize: 0x2,
  Lock: 0x4,
  Repne: 0x8,
  Rep: 0x10,
  Es: 0x20,
  Cs: 0x40,
  Ss: 0x80,
  Ds: 0x100,
  Fs: 0x200,
  Gs: 0x400,
  Rex: 0x800,
  RexW: 0x1000,
} as const
export type Prefix = (typeof Prefix)[keyof typeof Prefix]

/** What became of a decode. Only `Ok` fills the whole instruction. */
export const DecodeStatus = { Ok: 0, Invalid: 1, TooLong: 2, NeedMoreBytes: 3 } as const
export type DecodeStatus = (typeof DecodeStatus)[keyof typeof DecodeStatus]

/** The code size of the segment that the bytes are executed from. */
export type Bitness = 16 | 32 | 64

/** One decoded instruction: a mutable record of plain numbers that a decoder loop reuses. */
export class Instruction {
  /** The form: an index into the table, the key of `facts`. 0 is the invalid form. */
  code = 0
  /** `Operation.X`: the meaning, whatever the size or form. */
  operation = 0
  /** `Mnemonic.X`: the name in text. */
  mnemonic = 0
  /** The condition code 0..15 of Jcc, Setcc and Cmovcc, else 0. */
  condition = 0
  /** Length in bytes. */
  length = 0
  /** The code size it was decoded for: 16, 32 or 64. */
  bitness = 0
  /** Effective operand size in bytes. */
  operandSize = 0
  /** Effective address size in bytes: 2, 4 or 8. */
  addressSize = 0
  /** 1 with a LOCK prefix. */
  lock = 0
  /** 2 for REPNE, 3 for REP or REPE, 0 where F2 and F3 do not repeat. */
  rep = 0
  /** Set of `Prefix` bits. */
  prefixes = 0
  /** Segment of the memory operand (or of a string operation's source), override applied. */
  segment = 0
  /** Explicit operands, as in Intel syntax; 0 for string operations. */
  operandCount = 0
  /** `OperandKind` of each operand. */
  readonly kinds: Uint8Array = new Uint8Array(5)
  /** Size of each operand in bytes, 0 where it has none. */
  readonly sizes: Uint16Array = new Uint16Array(5)
  /** Register id of each register operand. */
  readonly registers: Uint16Array = new Uint16Array(5)
  /** General register number of the base, or -1. */
  base = -1
  /** General (or, if `vectorIndex` is set, vector) register number of the index, or -1. */
  index = -1
  /** Logarithm of the index's scale: 0..3. */
  scale = 0
  /** Signed displacement (low 32 bits). */
  displacement = 0
  /** High 32 bits, which only a 64-bit absolute offset uses. */
  displacementHigh = 0
  /** Bytes that the displacement has in the encoding: 0, 1, 2, 4 or 8. */
  displacementSize = 0
  /** 1 if a SIB byte addresses memory; without an index `scale` still is what the byte says. */
  sib = 0
  /** 1 if the displacement counts from the end of the instruction. */
  ripRelative = 0
  /** Immediate (low 32 bits, signed), branch displacement, or offset of a far pointer. */
  immediate = 0
  /** High 32 bits of the immediate. */
  immediateHigh = 0
  /** Second immediate: ENTER's level, a far pointer's selector. */
  immediate2 = 0
  /** `Encoding.X`. */
  encoding = 0
  /** Vector length of a VEX, EVEX or XOP form: 0 for 128 bits, 1 for 256, 2 for 512. */
  vectorLength = 0
  /** `RegisterClass` of a vector index (VSIB), or 0. */
  vectorIndex = 0
  /** EVEX opmask register, 0 for none. */
  mask = 0
  /** 1 if EVEX zeroes masked elements. */
  zeroing = 0
  /** Elements that an EVEX memory broadcast fills, 0 for no broadcast. */
  broadcast = 0
  /** EVEX rounding: 0 none, 1 nearest, 2 down, 3 up, 4 toward zero. */
  rounding = 0
  /** 1 if EVEX suppresses exceptions without rounding control. */
  suppressExceptions = 0
}
