import { sizeCodes } from './sizes.ts'

/** Flags in the layout of EFLAGS (SDM vol. 1, 3.4.3), the x87 condition codes and UIF above it. */
export const FlagBit = {
  CF: 0x1,
  PF: 0x4,
  AF: 0x10,
  ZF: 0x40,
  SF: 0x80,
  TF: 0x100,
  IF: 0x200,
  DF: 0x400,
  OF: 0x800,
  IOPL: 0x3000,
  NT: 0x4000,
  RF: 0x10000,
  AC: 0x40000,
  VIF: 0x80000,
  VIP: 0x100000,
  ID: 0x200000,
  C0: 0x1000000,
  C1: 0x2000000,
  C2: 0x4000000,
  C3: 0x8000000,
  UIF: 0x10000000,
} as const
export type FlagBit = (typeof FlagBit)[keyof typeof FlagBit]

const FLAG_LETTERS: Readonly<Record<string, number>> = {
  c: FlagBit.CF, p: FlagBit.PF, a: FlagBit.AF, z: FlagBit.ZF, s: FlagBit.SF, t: FlagBit.TF, i: FlagBit.IF,
  d: FlagBit.DF, o: FlagBit.OF, l: FlagBit.IOPL, n: FlagBit.NT, r: FlagBit.RF, k: FlagBit.AC | FlagBit.ID,
  A: FlagBit.AC, u: FlagBit.UIF, '0': FlagBit.C0, '1': FlagBit.C1, '2': FlagBit.C2, '3': FlagBit.C3,
}

/** Bits of `Attributes.traits`: what the decoder itself needs. */
export const Trait = {
  Lock: 1,
  String: 2,
  Rep: 4,
  Default64: 8,
  Force64: 16,
  ByAddress: 32,
  Xlat: 64,
  Invalid64: 128,
  Only64: 256,
  ShiftCount: 512,
  EndsBlock: 1024,
  NoOperandSizePrefix: 2048,
  AbsoluteOffset: 4096,
  Gather: 0x2000,
  Mask: 0x4000,
  Zeroing: 0x8000,
  Rounding: 0x10000,
  Suppress: 0x20000,
  MaskRequired: 0x40000,
  UniqueTarget: 0x80000,
  FourRegisters: 0x100000,
  UniqueTiles: 0x200000,
  Address32: 0x400000,
} as const
export type Trait = (typeof Trait)[keyof typeof Trait]

const TRAIT_WORDS: Readonly<Record<string, number>> = {
  lock: Trait.Lock, str: Trait.String, rep: Trait.Rep, d64: Trait.Default64, f64: Trait.Force64,
  byaddress: Trait.ByAddress, xlat: Trait.Xlat, i64: Trait.Invalid64, o64: Trait.Only64, shift: Trait.ShiftCount,
  end: Trait.EndsBlock, no66: Trait.NoOperandSizePrefix, moffs: Trait.AbsoluteOffset,
  gather: Trait.Gather, k: Trait.Mask, kz: Trait.Mask | Trait.Zeroing, er: Trait.Rounding, sae: Trait.Suppress,
  unique: Trait.UniqueTarget, kr: Trait.Mask | Trait.MaskRequired,
  four: Trait.FourRegisters, tiles: Trait.UniqueTiles, a32: Trait.Address32,
}

/** A row's attribute column, parsed. */
export interface Attributes {
  traits: number
  /** One letter per operand: r, w, x (both), c (conditional write), n (none). */
  access: string
  read: number
  written: number
  undefined: number
  cleared: number
  set: number
  flow: string
  privilege: string
  sensitivity: string
  feature: string
  operation: string
  /** Size code of the operand size, or -1 to derive it from the operands. */
  size: number
  /** Registers and memory that no operand names: see implicit.ts. */
  implicit: string
  /** Slots that the stack pointer moves by: negative for pushes. */
  stackSlots: number
  /** Registers that the x87 stack loses: negative for pushes. */
  x87Slots: number
  /** Bytes of the element that an EVEX broadcast repeats, 0 if it cannot. */
  broadcast: number
  /** Factor of an EVEX 8-bit displacement, 0 for the size of the memory operand. */
  displacement: number
}

function flags(letters: string): number {
  let mask = 0
  for (const letter of letters) {
    const bit = FLAG_LETTERS[letter]
    if (bit === undefined) throw new Error(`unknown flag letter "${letter}"`)
    mask |= bit
  }
  return mask
}

const SETTERS: Readonly<Record<string, (attributes: Attributes, value: string) => void>> = {
  a: (attributes, value) => void (attributes.access = value),
  r: (attributes, value) => void (attributes.read |= flags(value)),
  w: (attributes, value) => void (attributes.written |= flags(value)),
  u: (attributes, value) => void (attributes.undefined |= flags(value)),
  c: (attributes, value) => void (attributes.cleared |= flags(value)),
  s: (attributes, value) => void (attributes.set |= flags(value)),
  sz: (attributes, value) => void (attributes.size = sizeCodes.get(value) ?? -2),
  b: (attributes, value) => void (attributes.broadcast = Number(value)),
  n: (attributes, value) => void (attributes.displacement = Number(value)),
  i: (attributes, value) => void (attributes.implicit = value),
  fp: (attributes, value) => void (attributes.x87Slots = Number(value)),
  sp: (attributes, value) => void (attributes.stackSlots = Number(value)),
  op: (attributes, value) => void (attributes.operation = value),
  flow: (attributes, value) => void (attributes.flow = value),
  cpu: (attributes, value) => void (attributes.feature = value),
  sens: (attributes, value) => void (attributes.sensitivity = value),
  privilege: (attributes, value) => void (attributes.privilege = value),
}

function parse(text: string): Attributes {
  const attributes: Attributes = {
    traits: 0, access: '', read: 0, written: 0, undefined: 0, cleared: 0, set: 0, flow: 'Next',
    privilege: 'none', sensitivity: '', feature: '8086', operation: '', size: -1,
    broadcast: 0, displacement: 0, implicit: '', stackSlots: 0, x87Slots: 0,
  }
  for (const word of text.split(' ')) {
    const equals = word.indexOf('=')
    const trait = TRAIT_WORDS[word]
    if (trait !== undefined) attributes.traits |= trait
    else if (equals > 0) setter(word.slice(0, equals))(attributes, word.slice(equals + 1))
    else if (word === 'cpl0' || word === 'iopl') attributes.privilege = word
    else if (word !== '') throw new Error(`unknown attribute word "${word}"`)
  }
  return attributes
}

function setter(key: string): (attributes: Attributes, value: string) => void {
  const found = SETTERS[key]
  if (!found) throw new Error(`unknown attribute "${key}="`)
  return found
}

const memo = new Map<string, Attributes>()

/** Parses an attribute column; equal columns share one record. */
export function attributesOf(text: string): Attributes {
  let attributes = memo.get(text)
  if (!attributes) {
    attributes = parse(text)
    memo.set(text, attributes)
  }
  return attributes
}
