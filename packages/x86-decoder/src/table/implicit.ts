import { RegisterClass, registerId } from '../register.ts'
import type { Access } from '../types.ts'
import { ACCESS_LETTERS } from './access-letters.ts'

/** How an implied register is found. */
export const ImplicitKind = {
  /** `number` is the register id. */
  Fixed: 0,
  /** `number` of a general register, as wide as operands are (bytes included). */
  ByOperand: 1,
  /** Half as wide as operands are. */
  ByHalfOperand: 2,
  /** As wide as addresses are. */
  ByAddress: 3,
  /** As wide as the mode's pointers: 16, 32 or 64 bits. */
  ByMode: 4,
  /** Four or, with an operand of eight bytes, eight bytes wide. */
  ByWide: 5,
  /** The first operand. */
  FirstOperand: 6,
} as const
export type ImplicitKind = (typeof ImplicitKind)[keyof typeof ImplicitKind]

/** Where implied memory is. */
export const MemoryPlace = {
  None: 0,
  /** In the segment that an override may choose, usually DS. */
  Source: 1,
  /** In ES. */
  Target: 2,
} as const
export type MemoryPlace = (typeof MemoryPlace)[keyof typeof MemoryPlace]

/** A register that an instruction uses though no operand says so, or the memory that it points to. */
export interface Implicit {
  readonly access: Access
  readonly kind: ImplicitKind
  readonly number: number
  readonly memory: MemoryPlace
}

const KINDS: Readonly<Record<string, ImplicitKind>> = {
  v: ImplicitKind.ByOperand,
  h: ImplicitKind.ByHalfOperand,
  a: ImplicitKind.ByAddress,
  m: ImplicitKind.ByMode,
  y: ImplicitKind.ByWide,
  o: ImplicitKind.FirstOperand,
}
const GENERAL: readonly string[] = ['AX', 'CX', 'DX', 'BX', 'SP', 'BP', 'SI', 'DI']
const SEGMENTS: readonly string[] = ['ES', 'CS', 'SS', 'DS', 'FS', 'GS']
const NUMBERED: Readonly<Record<string, RegisterClass>> = {
  CR: RegisterClass.Control,
  DR: RegisterClass.Debug,
  ST: RegisterClass.X87,
  MM: RegisterClass.Mmx,
  XMM: RegisterClass.Xmm,
  TMM: RegisterClass.Tile,
  R: RegisterClass.Gpr64,
}

/** The id of a register by its name in capitals. */
function fixedRegister(name: string): number {
  const bytes = ['AL', 'CL', 'DL', 'BL'].indexOf(name)
  if (bytes >= 0) return registerId(RegisterClass.Gpr8, bytes)
  if (name === 'AH') return registerId(RegisterClass.Gpr8High, 0)
  const segment = SEGMENTS.indexOf(name)
  if (segment >= 0) return registerId(RegisterClass.Segment, segment)
  const general = GENERAL.indexOf(name.slice(-2))
  if (general >= 0) {
    const wide = name.length === 2 ? RegisterClass.Gpr16 : name.startsWith('E') ? RegisterClass.Gpr32 : RegisterClass.Gpr64
    return registerId(wide, general)
  }
  const [, kind, number] = /^([A-Z]+)(\d+)$/.exec(name) ?? []
  const found = kind === undefined ? undefined : NUMBERED[kind]
  if (found === undefined) throw new Error(`unknown implied register "${name}"`)
  return registerId(found, Number(number))
}

/** `xaSI`: access and register; `r@aSI`, `w@@aDI`: memory that it points to, the second in ES. `wXMM0-7`: all of these. */
function parse(word: string): Implicit[] {
  const access = ACCESS_LETTERS[word.charAt(0)]
  if (access === undefined) throw new Error(`unknown access in implied "${word}"`)
  const memory = word.startsWith('@@', 1) ? MemoryPlace.Target : word.charAt(1) === '@' ? MemoryPlace.Source : MemoryPlace.None
  const name = word.slice(1 + memory)
  const range = /^([A-Z]+)(\d+)-(\d+)$/.exec(name)
  if (range) {
    const names = Array.from({ length: Number(range[3]) - Number(range[2]) + 1 }, (_, i) => `${range[1]}${Number(range[2]) + i}`)
    return names.map((each) => ({ access, kind: ImplicitKind.Fixed, number: fixedRegister(each), memory }))
  }
  const kind = KINDS[name.charAt(0)]
  if (kind === undefined) return [{ access, kind: ImplicitKind.Fixed, number: fixedRegister(name), memory }]
  return [{ access, kind, number: GENERAL.indexOf(name.slice(1)), memory }]
}

const memo = new Map<string, readonly Implicit[]>()

/** What the word after `i=` of a row implies. */
export function implicitOf(words: string): readonly Implicit[] {
  let known = memo.get(words)
  if (!known) {
    known = words === '' ? [] : words.split(',').flatMap(parse)
    memo.set(words, known)
  }
  return known
}
