// Programs of blocks that branch to each other at random and seldom fault: they become regions of many units, with merges, nested loops and
// circles that are entered twice.
import { Map_ } from './map.ts'
import { flatSegments, type Program } from './program.ts'
import type { Random } from './random.ts'

const ESP = 4

/** A general register that is not the stack pointer. */
function register(random: Random): number {
  const number = random.below(8)
  return number === ESP ? 0 : number
}

const little = (value: number): number[] => [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24]

/** ModRM of two registers, or of a register and an absolute address of data (now and then of a device, or of nothing). */
function operand(random: Random, reg: number): number[] {
  if (random.chance(0.65)) return [0xc0 | (reg << 3) | register(random)]
  const page = random.chance(0.96)
    ? Map_.data + 0x1000 * random.below(8)
    : random.pick([Map_.device, Map_.readOnly, Map_.absent])
  return [(reg << 3) | 5, ...little(page + random.below(0xff0))]
}

const pickOne = (random: Random): number[] => {
  const reg = register(random)
  switch (random.below(14)) {
    case 0:
    case 1:
    case 2:
      return [8 * random.below(8) + random.pick([1, 3]), ...operand(random, reg)]
    case 3:
      return [8 * random.below(8) + random.pick([0, 2]), 0xc0 | (random.below(8) << 3) | random.below(4)]
    case 4:
      return [0x83, 0xc0 | (random.below(8) << 3) | reg, random.byte()]
    case 5:
      return [random.pick([0x40, 0x48]) + reg]
    case 6:
      return [random.pick([0xc1, 0xd1]), 0xc0 | (random.below(8) << 3) | reg]
    case 7:
      return [0x0f, 0x90 + random.below(16), 0xc0 | random.below(4)]
    case 8:
      return [0x0f, 0x40 + random.below(16), ...operand(random, reg)]
    case 9:
      return [0x0f, random.pick([0xaf, 0xb6, 0xbf, 0xa3, 0xbc]), 0xc0 | (reg << 3) | register(random)]
    case 10:
      return [random.pick([0xf5, 0xf8, 0xf9, 0x98, 0x99, 0x9f, 0x90])]
    case 11:
      return [0x50 + reg, 0x58 + register(random)]
    case 12:
      return [random.pick([0x85, 0x39, 0x89, 0x8b]), ...operand(random, reg)]
    default:
      return [0xb8 + reg, ...little(random.interesting())]
  }
}

/** An instruction with all its bytes. */
function instruction(random: Random): number[] {
  const bytes = pickOne(random)
  return bytes[0] === 0xc1 ? [...bytes, random.below(40)] : bytes
}

/** How a block ends; `to` is a block, and the next one follows when the branch is not taken. */
interface Ending {
  readonly opcode: readonly number[]
  readonly to: number
}

function ending(random: Random, blocks: number, isLast: boolean): Ending | null {
  const to = random.below(blocks)
  if (isLast || random.chance(0.12)) return { opcode: [0xe9], to }
  if (random.chance(0.15)) return null
  return { opcode: [0x0f, 0x80 + random.below(16)], to }
}

/** What a structured program's blocks are made of, and the registers it starts with. */
export interface Ingredients {
  readonly instruction: (random: Random) => number[]
  readonly registers?: Program['start']['registers']
  /** A block has fewer instructions than this. */
  readonly below: number
}

/** A random program of blocks, at privilege level 0 or 3, at the start of a page or about anywhere. */
export function structuredProgram(random: Random, ingredients: Ingredients = { instruction, below: 6 }): Program {
  const blocks = random.between(2, 14)
  const bodies = Array.from({ length: blocks }, () =>
    Array.from({ length: random.below(ingredients.below) }, () => ingredients.instruction(random)).flat(),
  )
  const endings = bodies.map((_, i) => ending(random, blocks, i === blocks - 1))
  const starts: number[] = []
  let length = 0
  bodies.forEach((body, i) => {
    starts.push(length)
    length += body.length + (endings[i] ? endings[i]!.opcode.length + 4 : 0)
  })
  const bytes: number[] = []
  bodies.forEach((body, i) => {
    bytes.push(...body)
    const end = endings[i]
    if (!end) return
    bytes.push(...end.opcode)
    bytes.push(...little(starts[end.to]! - (bytes.length + 4)))
  })
  const user = random.chance(0.5)
  const crosses = random.chance(0.2)
  const address = crosses ? Map_.code + 0x1000 - random.below(length) : Map_.code + random.below(0x800)
  const registers = {
    eax: random.interesting(),
    ecx: random.interesting(),
    edx: random.interesting(),
    ebx: random.interesting(),
    ebp: random.interesting(),
    esi: random.interesting(),
    edi: random.interesting(),
    esp: Map_.data + 0x9800,
    ...ingredients.registers,
  }
  return {
    mode: user ? 'user' : 'kernel',
    start: {
      eip: address,
      eflags: 2 | (random.bits() & 0x8d5) | (random.chance(0.5) ? 0x200 : 0),
      registers,
      segments: flatSegments(user),
    },
    code: { address, bytes },
    skip: random.between(1, 3),
  }
}
