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

/** Where a row applies: map, opcode, how many opcodes it spans, and the accepted values per dimension as bit sets. */
export interface Selector {
  map: number
  opcode: number
  span: number
  conditional: boolean
  readonly accepts: number[]
}

/** Map numbers; VEX, EVEX and XOP spaces have their own, so that each has its own 256 opcodes. */
export const MAPS: Readonly<Record<string, number>> = { '': 0, '0F': 1, '0F38': 2, '0F3A': 3, '0F0F': 4 }
export const MAP_COUNT: number = 5

const D = Dimension
const WORDS: Readonly<Record<string, readonly [Dimension, number]>> = {
  NP: [D.Prefix, 1], '66': [D.Prefix, 2], F3: [D.Prefix, 4], F2: [D.Prefix, 8],
  NP66: [D.Prefix, 3],
  o16: [D.OperandSize, 1], o32: [D.OperandSize, 2], o64: [D.OperandSize, 4], '!o16': [D.OperandSize, 6], '!o64': [D.OperandSize, 3],
  W0: [D.Wide, 1], W1: [D.Wide, 2], B0: [D.ExtendedBase, 1],
  L0: [D.Length, 1], L1: [D.Length, 2], L2: [D.Length, 4],
  m: [D.Mod, 1], r: [D.Mod, 2],
}

/** Parses an encoding column: `0FC7 /1 m`, `66 0F6F`, `50+`, `D9:E1`. */
export function selectorOf(encoding: string): Selector {
  const selector: Selector = { map: 0, opcode: -1, span: 1, conditional: false, accepts: [...FULL_MASKS] }
  for (const word of encoding.split(' ')) {
    const known = WORDS[word]
    if (known) selector.accepts[known[0]] = known[1]
    else if (word.charAt(0) === '/') selector.accepts[D.Reg] = 1 << Number(word.charAt(1))
    else opcodeWord(selector, word)
  }
  return selector
}

function opcodeWord(selector: Selector, word: string): void {
  const match = /^([0-9A-F]*)([0-9A-F]{2})(?::([0-9A-F]{2}))?(\+(?:cc)?)?$/.exec(word)
  const map = match ? MAPS[match[1]!] : undefined
  if (!match || map === undefined || selector.opcode >= 0) throw new Error(`unknown encoding word "${word}"`)
  selector.map = map
  selector.opcode = Number.parseInt(match[2]!, 16)
  selector.conditional = match[4] === '+cc'
  selector.span = match[4] === undefined ? 1 : selector.conditional ? 16 : 8
  if (match[3] !== undefined) {
    const modrm = Number.parseInt(match[3], 16)
    selector.accepts[D.Mod] = 2
    selector.accepts[D.Reg] = 1 << ((modrm >> 3) & 7)
    selector.accepts[D.Rm] = 1 << (modrm & 7)
  }
}
