// Random programs that touch a few bytes of memory, and breakpoints on them. Their bytes mean the same in 32- and 64-bit code.
import { Random } from '../random/random.ts'

/** One program under breakpoints, and the traps that a processor reported. */
export interface DebugCase {
  readonly program: readonly number[]
  /** DR7. */
  readonly control: number
  /** DR0 to DR3, from the data page on. */
  readonly at: readonly number[]
}

/** An instruction whose operand is [EDI + offset]: the bytes before the offset. */
const operations: readonly (readonly number[])[] = [
  [0x8a, 0x47], // MOV AL
  [0x66, 0x8b, 0x47],
  [0x8b, 0x47],
  [0x88, 0x47], // MOV to memory
  [0x66, 0x89, 0x47],
  [0x89, 0x47],
  [0x00, 0x47], // ADD to memory
  [0x66, 0x01, 0x47],
  [0x01, 0x47],
  [0x84, 0x47], // TEST
  [0x39, 0x47], // CMP
  [0x87, 0x47], // XCHG
  [0x0f, 0xb6, 0x47], // MOVZX
  [0xdd, 0x47], // FLD m64
  [0xdd, 0x5f], // FSTP m64
  [0x0f, 0x10, 0x47], // MOVUPS
  [0x0f, 0x11, 0x47],
]
const strings: readonly number[] = [0xa4, 0xaa, 0xac, 0xa6, 0xae]
const lastOffset = 15

function instruction(random: Random): number[] {
  if (random.chance(0.7)) return [...random.pick(operations), random.below(lastOffset + 1)]
  const string = random.pick(strings)
  // MOV ECX, n; REP
  return random.chance(0.5) ? [string] : [0xb9, random.below(5), 0, 0, 0, 0xf3, string]
}

/** DR7's LEN for a length in bytes. */
const lengthBits: Readonly<Record<number, number>> = { 1: 0, 2: 1, 4: 3 }

export function randomCase(seed: number): DebugCase {
  const random = new Random(seed)
  const program = Array.from({ length: random.between(1, 6) }, () => instruction(random)).flat()
  const at = [0, 0, 0, 0]
  let control = 0
  const used = random.between(1, 4)
  for (let i = 0; i < used; i++) {
    const length = random.pick([1, 2, 4])
    const address = random.below(lastOffset + 8)
    at[i] = address - (address % length)
    control |= (1 << (2 * i)) | (((lengthBits[length]! << 2) | random.pick([1, 3])) << (16 + 4 * i))
  }
  return { program, control: control >>> 0, at }
}

const hex = (value: number): string => value.toString(16)

/** A case as the harness reads it. */
export const encode = ({ program, control, at }: DebugCase): string =>
  [program.map((byte) => hex(byte).padStart(2, '0')).join(''), hex(control), ...at.map(hex)].join(' ')

export function decode(line: string): DebugCase {
  const [program, control, ...at] = line.split(' ')
  return {
    program: [...program!.matchAll(/../g)].map(([byte]) => Number.parseInt(byte!, 16)),
    control: Number.parseInt(control!, 16),
    at: at.map((offset) => Number.parseInt(offset, 16)),
  }
}
