// Programs of blocks that access memory at small distances from pointers, which they move now and then: near the edges of pages, of devices and
// of what they may not write.
import { Map_ } from './map.ts'
import type { Program } from './program.ts'
import type { Random } from './random.ts'
import { structuredProgram } from './structured-program.ts'

const pointers = { ebx: 3, ebp: 5, esi: 6, edi: 7 } as const
const numbers = Object.values(pointers)

const little = (value: number): number[] => [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24]

/** An address near the edge of a page, most often of data. */
function edge(random: Random): number {
  const page = random.chance(0.85)
    ? Map_.data + 0x1000 * random.below(8)
    : random.pick([Map_.device, Map_.readOnly, Map_.absent, Map_.dataEnd, Map_.codeEnd])
  return page + random.between(-40, 20)
}

/** ModRM of one of EAX, ECX and EDX, or an extension, and of memory at a pointer. */
function memory(random: Random, reg = random.below(3)): number[] {
  const base = random.pick(numbers)
  const displacement = random.between(-24, 24)
  if (random.chance(0.8)) return [0x40 | (reg << 3) | base, displacement & 0xff]
  return [0x80 | (reg << 3) | base, ...little(displacement)]
}

/** Moves a pointer, or turns it to another place. */
function move(random: Random): number[] {
  const to = random.pick(numbers)
  switch (random.below(5)) {
    case 0:
      return [0x83, 0xc0 | to, random.between(-20, 20) & 0xff]
    case 1:
      return [random.pick([0x40, 0x48]) + to]
    case 2:
      return [0x8d, 0x40 | (to << 3) | random.pick(numbers), random.between(-20, 20) & 0xff]
    case 3:
      return [0x89, 0xc0 | (random.pick(numbers) << 3) | to]
    default:
      return [0xb8 + to, ...little(edge(random))]
  }
}

function instruction(random: Random): number[] {
  if (random.chance(0.15)) return move(random)
  switch (random.below(12)) {
    case 0:
    case 1:
      return [random.pick([0x8a, 0x8b]), ...memory(random)]
    case 2:
    case 3:
      return [random.pick([0x88, 0x89]), ...memory(random)]
    case 4:
    case 5:
      return [8 * random.below(8) + random.below(4), ...memory(random)]
    case 6:
      return [0x66, random.pick([0x89, 0x8b, 0x01, 0x03]), ...memory(random)]
    case 7:
      return [0xc7, ...memory(random, 0), ...little(random.interesting())]
    case 8:
      return [0x0f, random.pick([0xa3, 0xab, 0xb6, 0xbf, 0xaf, 0xb1, 0xc1]), ...memory(random)]
    case 9:
      return random.pick([
        [0xff, ...memory(random, 6)],
        [0x8f, ...memory(random, 0)],
        [0xff, ...memory(random, 1)],
      ])
    case 10:
      return [random.pick([0xdd, 0xd9]), ...memory(random, random.pick([0, 3]))]
    default:
      return [0x0f, 0xc7, ...memory(random, 1)]
  }
}

/** A random program of this kind. */
export const pointerProgram = (random: Random): Program =>
  structuredProgram(random, {
    instruction,
    below: 20,
    registers: Object.fromEntries(Object.keys(pointers).map((name) => [name, edge(random)])),
  })
