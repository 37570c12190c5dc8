const NO_BYTES: Uint8Array = new Uint8Array(0)

/** What a decode in progress knows: one instance, reused, so that decoding allocates nothing. */
export class DecodeState {
  bytes: Uint8Array = NO_BYTES
  position = 0
  limit = 0
  /** 1 once a read went past `limit`; such reads give 0. */
  overrun = 0
  /** 1 once an operand turned out not to be encodable. */
  invalid = 0
  opcode = 0
  /** 0 none, 1 66, 2 F3, 3 F2. */
  mandatory = 0
  mod = 0
  reg = 0
  rm = 0
  /** REX (or VEX) bits, each as 0 or 8, W as 0 or 1; `rex` is 1 if a REX prefix is in force. */
  rex = 0
  rexW = 0
  rexR = 0
  rexX = 0
  rexB = 0
  /** Effective operand size: 0 for 16 bits, 1 for 32, 2 for 64. */
  sizeIndex = 0
  /** 1 in 64-bit mode. */
  long = 0
  addressSize = 0
  segmentOverride = -1
  vectorLength = 0
  /** `vvvv` (with V'), not inverted; operands that use it clear `vvvvUnused`. */
  vvvv = 0
  vvvvUnused = 0
  /** Slot of a register in an immediate that a memory operand precedes in the bytes, though not in the text; or 0. */
  deferredSlot = 0
  /** 16 if EVEX.X extends a register in rm. */
  rmHigh = 0
  /** EVEX.b, and the factor of an 8-bit displacement. */
  broadcastBit = 0
  displacementFactor = 1
  /** `Encoding.X`. */
  encoding = 0

  u8(): number {
    if (this.position < this.limit) return this.bytes[this.position++]!
    this.overrun = 1
    return 0
  }

  u16(): number {
    const low = this.u8()
    return low | (this.u8() << 8)
  }

  i32(): number {
    const low = this.u16()
    return low | (this.u16() << 16)
  }
}

export const state: DecodeState = new DecodeState()
