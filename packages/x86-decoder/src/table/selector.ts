/** The properties of an encoding that choose between the rows of one opcode, in the order in which they are tested. */
export const Dimension = {
  Mod: 0,
  Reg: 1,
  Rm: 2,
  Prefix: 3,
  Mode: 4,
  OperandSize: 5,
  Wide: 6,
  ExtendedBase: 7,
  Length: 8,
} as const
export type Dimension = (typeof Dimension)[keyof typeof Dimension]

/** How many values each dimension has. */
export const DIMENSION_VALUES: readonly number[] = [2, 8, 8, 4, 2, 3, 2, 2, 4]
export const FULL_MASKS: readonly number[] = DIMENSION_VALUES.map((values) => (1 << values) - 1)

/** Which encodings of its opcode a row accepts: a bit set of values per dimension. */
export interface Selector {
  readonly accepts: number[]
}

/** Numbers of the opcode maps: VEX, EVEX and XOP have their own, by the letter before the map. */
const MAPS: Readonly<Record<string, number>> = {
  '': 0, '0F': 1, '0F38': 2, '0F3A': 3, '0F0F': 4,
  V0F: 5, V0F38: 6, V0F3A: 7, E0F: 9, E0F38: 10, E0F3A: 11, E5: 13, E6: 14, X8: 16, X9: 17, XA: 18,
}
export const MAP_COUNT: number = 19

/** First map of each encoding: its `mmm` (or, for XOP, `mmmmm - 8`) is added; VEX and EVEX maps count from 1. */
export const VEX_MAPS: number = 4
export const EVEX_MAPS: number = 8
export const XOP_MAPS: number = 16

/** Where a row is: `map << 8 | opcode`, how many opcodes it spans, and whether they are conditions. */
export interface OpcodePlace {
  readonly opcode: number
  readonly span: number
  readonly conditional: boolean
}

const PREFIX_WORDS: ReadonlySet<string> = new Set(['NP', '66', 'F3', 'F2', 'NP66'])

/** Reads the opcode word of an encoding column: the first one that is no prefix. */
export function opcodeOf(encoding: string): OpcodePlace {
  let start = 0
  let end = encoding.indexOf(' ')
  if (end > 0 && PREFIX_WORDS.has(encoding.slice(0, end))) {
    start = end + 1
    end = encoding.indexOf(' ', start)
  }
  let word = encoding.slice(start, end < 0 ? encoding.length : end)
  const conditional = word.endsWith('+cc')
  const span = conditional ? 16 : word.endsWith('+') ? 8 : 1
  if (span > 1) word = word.slice(0, word.indexOf('+'))
  const colon = word.indexOf(':')
  if (colon > 0) word = word.slice(0, colon)
  const map = MAPS[word.slice(0, -2)]
  const opcode = Number.parseInt(word.slice(-2), 16)
  if (map === undefined || Number.isNaN(opcode)) throw new Error(`no opcode in encoding "${encoding}"`)
  return { opcode: (map << 8) | opcode, span, conditional }
}

const D = Dimension
const WORDS: Readonly<Record<string, readonly [Dimension, number]>> = {
  NP: [D.Prefix, 1], '66': [D.Prefix, 2], F3: [D.Prefix, 4], F2: [D.Prefix, 8],
  NP66: [D.Prefix, 3],
  o16: [D.OperandSize, 1], o32: [D.OperandSize, 2], o64: [D.OperandSize, 4], '!o16': [D.OperandSize, 6],
  W0: [D.Wide, 1], W1: [D.Wide, 2], B0: [D.ExtendedBase, 1],
  L0: [D.Length, 1], L1: [D.Length, 2], L2: [D.Length, 4], L01: [D.Length, 3], L12: [D.Length, 6], L012: [D.Length, 7],
  m: [D.Mod, 1], r: [D.Mod, 2], rm0: [D.Rm, 1],
}

/** Parses an encoding column: `0FC7 /1 m`, `66 0F6F`, `50+`, `D9:E1`, `66 V0F38F7 W0 L0`. */
export function selectorOf(encoding: string): Selector {
  const accepts = [...FULL_MASKS]
  let opcodes = 0
  for (const word of encoding.split(' ')) {
    const known = WORDS[word]
    if (known) accepts[known[0]] = known[1]
    else if (word.charAt(0) === '/') accepts[D.Reg] = 1 << Number(word.charAt(1))
    else if (opcodes++ === 0) fixedModrm(accepts, word)
    else throw new Error(`unknown encoding word "${word}" in "${encoding}"`)
  }
  return { accepts }
}

/** `0F01:C1` names the whole ModRM byte. */
function fixedModrm(accepts: number[], word: string): void {
  const colon = word.indexOf(':')
  if (colon < 0) return
  const modrm = Number.parseInt(word.slice(colon + 1), 16)
  accepts[D.Mod] = 2
  accepts[D.Reg] = 1 << ((modrm >> 3) & 7)
  accepts[D.Rm] = 1 << (modrm & 7)
}
