/** Operands as text and as what they mean. */

export interface Memory {
  readonly kind: 'memory'
  /** 0: not said. */
  readonly bytes: number
  readonly segment: number
  /** Number of the base register, or -1. */
  readonly base: number
  /** Of the base register; 0 without one. */
  readonly baseBytes: number
  readonly displacement: string
}

export type Operand =
  | { readonly kind: 'register'; readonly bytes: number; readonly number: number }
  | { readonly kind: 'segment' | 'control' | 'debug'; readonly number: number }
  | { readonly kind: 'value'; readonly expression: string; readonly short: boolean }
  | { readonly kind: 'far'; readonly selector: string; readonly offset: string }
  | Memory

const registers: Readonly<Record<number, readonly string[]>> = {
  1: ['al', 'cl', 'dl', 'bl', 'ah', 'ch', 'dh', 'bh'],
  2: ['ax', 'cx', 'dx', 'bx', 'sp', 'bp', 'si', 'di'],
  4: ['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi'],
}
const segments: readonly string[] = ['es', 'cs', 'ss', 'ds', 'fs', 'gs']
const sizes: Readonly<Record<string, number>> = { byte: 1, word: 2, dword: 4 }

function register(text: string): Operand | undefined {
  for (const bytes of [1, 2, 4]) {
    const number = registers[bytes]!.indexOf(text)
    if (number >= 0) return { kind: 'register', bytes, number }
  }
  return undefined
}

/** `dword [fs:ebx+label+4]` and the like. */
function memory(text: string): Memory | undefined {
  const parts = /^(?:(byte|word|dword)\s+)?\[(?:([c-gs]s):)?(.*)\]$/.exec(text)
  if (!parts) return undefined
  const [, size = '', segment = '', inside = ''] = parts
  const [first, ...rest] = inside.split('+')
  const base = register(first!.trim())
  const common = { kind: 'memory' as const, bytes: sizes[size] ?? 0, segment: segments.indexOf(segment) }
  if (base?.kind !== 'register') return { ...common, base: -1, baseBytes: 0, displacement: inside }
  return { ...common, base: base.number, baseBytes: base.bytes, displacement: rest.join('+') || '0' }
}

export function parseOperand(text: string): Operand {
  const known = register(text)
  if (known) return known
  const segment = segments.indexOf(text)
  if (segment >= 0) return { kind: 'segment', number: segment }
  const special = /^([cd])r([0-7])$/.exec(text)
  if (special) return { kind: special[1] === 'c' ? 'control' : 'debug', number: Number(special[2]) }
  const inMemory = memory(text)
  if (inMemory) return inMemory
  const far = /^([^:[\]]+):([^:]+)$/.exec(text)
  if (far) return { kind: 'far', selector: far[1]!, offset: far[2]! }
  const [, distance, expression] = /^(?:(short|near)\s+)?(.*)$/.exec(text)!
  return { kind: 'value', expression: expression!, short: distance === 'short' }
}
