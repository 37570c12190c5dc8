import { RegisterClass } from '../register.ts'
import { sizeCodes } from './sizes.ts'

/** How an operand is found in the encoding. */
export const TemplateKind = {
  None: 0,
  RmGeneral: 1,
  RegGeneral: 2,
  OpcodeGeneral: 3,
  RmGeneralOnly: 4,
  MemoryOnly: 5,
  Immediate: 6,
  ImmediateSigned: 7,
  ImmediateByteSigned: 8,
  ImmediateFull: 9,
  ImmediateSecond: 10,
  Relative: 11,
  Far: 12,
  Offset: 13,
  RegSegment: 14,
  RegSegmentTarget: 15,
  Fixed: 16,
  FixedGeneral: 17,
  One: 18,
  RegControl: 19,
  RegDebug: 20,
  RegVector: 21,
  RmVector: 22,
  RmVectorOnly: 23,
  RmX87: 24,
  RegAddress: 25,
  RmAddress: 26,
  VvvvVector: 27,
  VvvvGeneral: 28,
  ImmediateVector: 29,
  RegMask: 30,
  RmMask: 31,
  VvvvMask: 32,
  MemoryVector: 33,
  ImmediateNibble: 34,
  RegTile: 35,
  RmTile: 36,
  VvvvTile: 37,
  MemorySib: 38,
} as const
export type TemplateKind = (typeof TemplateKind)[keyof typeof TemplateKind]

/** One operand template: where it is, the size of the register and of the memory form, its class or number. */
export interface Template {
  readonly kind: TemplateKind
  readonly registerSize: number
  readonly memorySize: number
  readonly number: number
}

const LETTERS: Readonly<Record<string, TemplateKind>> = {
  E: TemplateKind.RmGeneral,
  G: TemplateKind.RegGeneral,
  Z: TemplateKind.OpcodeGeneral,
  R: TemplateKind.RmGeneralOnly,
  M: TemplateKind.MemoryOnly,
  J: TemplateKind.Relative,
  A: TemplateKind.Far,
  O: TemplateKind.Offset,
  S: TemplateKind.RegSegment,
  C: TemplateKind.RegControl,
  D: TemplateKind.RegDebug,
  B: TemplateKind.VvvvGeneral,
  K: TemplateKind.RegMask,
  k: TemplateKind.RmMask,
  h: TemplateKind.VvvvMask,
  Y: TemplateKind.MemoryVector,
}
const VECTOR_LETTERS: Readonly<Record<string, readonly [TemplateKind, number]>> = {
  P: [TemplateKind.RegVector, RegisterClass.Mmx],
  Q: [TemplateKind.RmVector, RegisterClass.Mmx],
  N: [TemplateKind.RmVectorOnly, RegisterClass.Mmx],
  V: [TemplateKind.RegVector, RegisterClass.Xmm],
  W: [TemplateKind.RmVector, RegisterClass.Xmm],
  U: [TemplateKind.RmVectorOnly, RegisterClass.Xmm],
  H: [TemplateKind.VvvvVector, RegisterClass.Xmm],
  L: [TemplateKind.ImmediateVector, RegisterClass.Xmm],
}

function size(letter: string): number {
  const code = sizeCodes.get(letter)
  if (code === undefined) throw new Error(`unknown operand size letter "${letter}"`)
  return code
}

function template(kind: TemplateKind, registerSize: string, memorySize: string, number: number): Template {
  return { kind, registerSize: size(registerSize), memorySize: size(memorySize), number }
}

const K = TemplateKind
const fixed = (kind: RegisterClass, number: number, bytes: string): Template =>
  template(K.Fixed, bytes, bytes, (kind << 5) | number)

/** Words that are whole operands; `byLetter` explains the others. */
const WORDS: Readonly<Record<string, Template>> = {
  AL: fixed(RegisterClass.Gpr8, 0, 'b'),
  CL: fixed(RegisterClass.Gpr8, 1, 'b'),
  AX: fixed(RegisterClass.Gpr16, 0, 'w'),
  DX: fixed(RegisterClass.Gpr16, 2, 'w'),
  EAX: fixed(RegisterClass.Gpr32, 0, 'd'),
  ECX: fixed(RegisterClass.Gpr32, 1, 'd'),
  EDX: fixed(RegisterClass.Gpr32, 2, 'd'),
  ES: fixed(RegisterClass.Segment, 0, 'w'),
  CS: fixed(RegisterClass.Segment, 1, 'w'),
  SS: fixed(RegisterClass.Segment, 2, 'w'),
  DS: fixed(RegisterClass.Segment, 3, 'w'),
  FS: fixed(RegisterClass.Segment, 4, 'w'),
  GS: fixed(RegisterClass.Segment, 5, 'w'),
  ST0: fixed(RegisterClass.X87, 0, 't'),
  XMM0: fixed(RegisterClass.Xmm, 0, 'x'),
  rAX: template(K.FixedGeneral, 'v', 'v', 0),
  eAX: template(K.FixedGeneral, 'z', 'z', 0),
  SW: template(K.RegSegmentTarget, 'w', 'w', 0),
  STi: template(K.RmX87, 't', 't', 0),
  Ga: template(K.RegAddress, 'n', 'n', 0),
  Ra: template(K.RmAddress, 'n', 'n', 0),
  '1': template(K.One, 'b', 'b', 0),
  Ib: template(K.Immediate, 'b', 'b', 0),
  Iw: template(K.Immediate, 'w', 'w', 0),
  Iz: template(K.ImmediateSigned, 'v', 'z', 0),
  Id: template(K.ImmediateSigned, 'd', 'd', 0),
  Ibs: template(K.ImmediateByteSigned, 'v', 'v', 0),
  Iv: template(K.ImmediateFull, 'v', 'v', 0),
  I4: template(K.ImmediateNibble, 'b', 'b', 0),
  T: template(K.RegTile, 'n', 'n', 0),
  Tr: template(K.RmTile, 'n', 'n', 0),
  Tv: template(K.VvvvTile, 'n', 'n', 0),
  Tm: template(K.MemorySib, 'n', 'n', 0),
  Ib2: template(K.ImmediateSecond, 'b', 'b', 0),
}

const memo = new Map<string, number>()

/** Every template in use, by id; 0 is none. Room for as many as a byte can name. */
export const templateColumns: {
  readonly kind: Uint8Array
  readonly registerSize: Uint8Array
  readonly memorySize: Uint8Array
  readonly number: Uint16Array
} = {
  kind: new Uint8Array(256),
  registerSize: new Uint8Array(256),
  memorySize: new Uint8Array(256),
  number: new Uint16Array(256),
}

/** The id of the template that an operand word of a row names. */
export function templateId(word: string): number {
  const known = memo.get(word)
  if (known !== undefined) return known
  const made = WORDS[word] ?? byLetter(word)
  const id = memo.size + 1
  if (id > 255) throw new Error('more operand templates than a byte can name')
  memo.set(word, id)
  templateColumns.kind[id] = made.kind
  templateColumns.registerSize[id] = made.registerSize
  templateColumns.memorySize[id] = made.memorySize
  templateColumns.number[id] = made.number
  return id
}

/** A letter for the place, a size for the register and, if it differs, one for memory: `Gv`, `Evw`, `Wd`. */
function byLetter(word: string): Template {
  const place = word.charAt(0)
  const vector = VECTOR_LETTERS[place]
  if (vector) {
    const natural = vector[1] === RegisterClass.Mmx ? 'q' : 'x'
    const memory = word.charAt(1) || natural
    return template(vector[0], 'lmcu'.includes(memory) ? memory : natural, memory, vector[1])
  }
  const kind = LETTERS[place]
  if (kind === undefined) throw new Error(`unknown operand word "${word}"`)
  return template(kind, word.charAt(1), word.charAt(2) || word.charAt(1), 0)
}
