/** 16-bit branches whose displacement is filled in at the end. */
interface Fixup {
  readonly at: number
  readonly label: string
  readonly bytes: 1 | 2 | 4
  readonly kind: 'relative' | 'absolute'
}

/** Instructions with no operand, or one whose bytes the caller gives, by opcode (SDM vol. 2). */
export const Opcode = {
  PUSHF: 0x9c,
  POPF: 0x9d,
  PUSHA: 0x60,
  POPA: 0x61,
  PUSH_AX: 0x50,
  POP_AX: 0x58,
  PUSH_BX: 0x53,
  POP_BX: 0x5b,
  PUSH_DX: 0x52,
  POP_DX: 0x5a,
  PUSH_BP: 0x55,
  POP_BP: 0x5d,
  PUSH_DS: 0x1e,
  POP_DS: 0x1f,
  PUSH_ES: 0x06,
  POP_ES: 0x07,
  CLC: 0xf8,
  STC: 0xf9,
  CLI: 0xfa,
  STI: 0xfb,
  CLD: 0xfc,
  HLT: 0xf4,
  NOP: 0x90,
  RET: 0xc3,
  RETF: 0xcb,
  IRET: 0xcf,
  CALL: 0xe8,
  JMP: 0xe9,
  JMP_SHORT: 0xeb,
  JMP_FAR: 0xea,
  JNC_SHORT: 0x73,
  JZ_SHORT: 0x74,
  JNZ_SHORT: 0x75,
  INT: 0xcd,
  IN_AL_IMM: 0xe4,
  OUT_IMM_AL: 0xe6,
  OUT_DX_AL: 0xee,
  OUT_DX_AX: 0xef,
  MOV_AL_IMM: 0xb0,
  MOV_AH_IMM: 0xb4,
} as const

/** Lays bytes, labels and branches into a ROM image of 64 KiB, whose offsets are those of its segment. */
export class Assembler {
  readonly image: Uint8Array
  readonly #labels = new Map<string, number>()
  readonly #fixups: Fixup[] = []
  readonly #taken: boolean[] = []
  #at = 0

  constructor(bytes: number) {
    this.image = new Uint8Array(bytes)
  }

  /** Where the next byte goes. */
  get offset(): number {
    return this.#at
  }

  /** Goes on at `offset`. */
  origin(offset: number): this {
    this.#at = offset
    return this
  }

  align(bytes: number): this {
    return this.origin(Math.ceil(this.#at / bytes) * bytes)
  }

  label(name: string): this {
    if (this.#labels.has(name)) throw new RangeError(`the ROM has two labels ${name}`)
    this.#labels.set(name, this.#at)
    return this
  }

  bytes(...values: readonly number[]): this {
    return this.data(Uint8Array.from(values))
  }

  data(bytes: Uint8Array): this {
    for (const byte of bytes) {
      const at = this.#at++
      if (at >= this.image.length || this.#taken[at]) throw new RangeError(`the ROM has no room at ${at.toString(16)}h`)
      this.#taken[at] = true
      this.image[at] = byte
    }
    return this
  }

  text(value: string): this {
    return this.bytes(...[...value].map((character) => character.charCodeAt(0)))
  }

  word(value: number): this {
    return this.bytes(value & 0xff, (value >>> 8) & 0xff)
  }

  dword(value: number): this {
    return this.word(value & 0xffff).word(value >>> 16)
  }

  /** A word that holds a label's offset. */
  wordOf(label: string): this {
    return this.#branch(label, 2, 'absolute')
  }

  call(label: string): this {
    return this.bytes(Opcode.CALL).#branch(label, 2, 'relative')
  }

  jump(label: string): this {
    return this.bytes(Opcode.JMP).#branch(label, 2, 'relative')
  }

  /** A conditional or unconditional branch of one byte of displacement. */
  short(opcode: number, label: string): this {
    return this.bytes(opcode).#branch(label, 1, 'relative')
  }

  /** A branch in 32-bit code. */
  jump32(opcodes: readonly number[], label: string): this {
    return this.bytes(...opcodes).#branch(label, 4, 'relative')
  }

  int(vector: number): this {
    return this.bytes(Opcode.INT, vector)
  }

  outImmediate(port: number): this {
    return this.bytes(Opcode.OUT_IMM_AL, port)
  }

  offsetOf(label: string): number {
    const offset = this.#labels.get(label)
    if (offset === undefined) throw new RangeError(`the ROM has no label ${label}`)
    return offset
  }

  /** Fills in the branches and answers the image. */
  finish(): Uint8Array {
    for (const { at, label, bytes, kind } of this.#fixups) {
      const target = this.offsetOf(label)
      const value = kind === 'relative' ? target - (at + bytes) : target
      if (bytes === 1 && (value < -128 || value > 127)) throw new RangeError(`the branch to ${label} is too long`)
      for (let index = 0; index < bytes; index += 1) this.image[at + index] = value >> (8 * index)
    }
    return this.image
  }

  #branch(label: string, bytes: 1 | 2 | 4, kind: Fixup['kind']): this {
    this.#fixups.push({ at: this.#at, label, bytes, kind })
    return this.bytes(...new Array<number>(bytes).fill(0))
  }
}
