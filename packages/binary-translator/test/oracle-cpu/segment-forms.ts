// Instructions on selectors: loads and stores of segment registers, far transfers, queries. A process may name its own segments.
import { type CaseMaker, Selector, codePage, dataPage, entry, little, windowOffset } from './case.ts'
import { ESP, type Make, add, distance, modrm, word } from './form-builder.ts'

/** Selectors that processes may and may not load: null ones, others' privilege, beyond the tables. */
const selectors = [
  ...Object.values(Selector),
  ...[Selector.data32, Selector.data16, Selector.gs],
  ...[0, 3, Selector.data16 & ~3, Selector.code16 & ~3, Selector.data32 & ~3, 0x1f, 0xfff8, 0xffff],
]

const pick = ({ state }: CaseMaker): number => state.pick(selectors)

/** Fills registers and memory with selectors. */
function everywhere(maker: CaseMaker): void {
  const { state, registers, memory } = maker
  for (let i = 0; i < 8; i++) if (i !== ESP) registers[i] = ((state.bits() & 0xffff_0000) | pick(maker)) >>> 0
  for (let i = 0; i < memory.length; i += 2) maker.put(i, pick(maker), 2)
}

/** Where the top of the stack lies in the memory record. */
const top = (maker: CaseMaker): number => (maker.registers[ESP]! & 0xffff) - windowOffset

/** A far pointer: mostly into the code page, by one of its segments. */
function farPointer(maker: CaseMaker, size: number): [offset: number, selector: number] {
  const { random } = maker
  const selector = random.chance(0.8) ? random.pick([Selector.code32, Selector.code16]) : pick(maker)
  // Beyond a segment's limit, some processors have written the return address before they notice.
  const base = (selector | 3) === Selector.code16 || random.chance(0.1) ? 0 : codePage
  const offset = base + entry + distance(random)
  return [size === 2 ? offset & 0xffff : offset, selector]
}

/** Puts far pointers all over the memory record and returns a ModRM operand that names one of them. */
function farOperand(maker: CaseMaker, size: number, digit: number, make: typeof farPointer): number[] {
  for (let i = 0; i + 8 <= maker.memory.length; i += 8) {
    const [offset, selector] = make(maker, size)
    maker.put(i, offset, size)
    maker.put(i + size, selector, 2)
  }
  const place = windowOffset + 64 + 8 * maker.random.below(16)
  return maker.code16 ? [(digit << 3) | 6, ...little(place, 2)] : [(digit << 3) | 5, ...little(dataPage + place, 4)]
}

function addStack(): void {
  for (const [name, push, pop] of [
    ['es', [0x06], [0x07]],
    ['cs', [0x0e], null],
    ['ss', [0x16], [0x17]],
    ['ds', [0x1e], [0x1f]],
    ['fs', [0x0f, 0xa0], [0x0f, 0xa1]],
    ['gs', [0x0f, 0xa8], [0x0f, 0xa9]],
  ] as const) {
    add(`push ${name}`, word, () => push)
    if (pop) add(`pop ${name}`, word, (maker) => (maker.put(top(maker), pick(maker), 2), pop))
  }
}

function addLoads(): void {
  add('mov r/m, sreg', word, (maker, size) =>
    modrm([0x8c], { digit: maker.random.below(6), memorySize: () => 2 })(maker, size),
  )
  const mov: Make = (maker, size) => {
    const digit = maker.random.pick([0, 2, 3, 4, 5])
    return modrm([0x8e], { digit, before: everywhere, memorySize: () => 2 })(maker, size)
  }
  add('mov sreg, r/m', word, mov)
  const anyOffset = (maker: CaseMaker): [number, number] => [maker.state.bits(), pick(maker)]
  for (const [name, opcode] of [
    ['les', [0xc4]],
    ['lds', [0xc5]],
    ['lss', [0x0f, 0xb2]],
    ['lfs', [0x0f, 0xb4]],
    ['lgs', [0x0f, 0xb5]],
  ] as const) {
    // LSS to ESP itself, too.
    const make: Make = (maker, size) => [...opcode, ...farOperand(maker, size, maker.random.below(8), anyOffset)]
    add(name, word, make)
  }
}

function addTransfers(): void {
  for (const [name, opcode, digit] of [
    ['call far', 0x9a, 3],
    ['jmp far', 0xea, 5],
  ] as const) {
    add(name, word, (maker, size) => {
      const [offset, selector] = farPointer(maker, size)
      return [opcode, ...little(offset, size), ...little(selector, 2)]
    })
    add(`${name} m`, word, (maker, size) => [0xff, ...farOperand(maker, size, digit, farPointer)])
  }
  const returning = (code: (maker: CaseMaker) => number[], flags: boolean): Make => {
    return (maker, size) => {
      const [offset, selector] = farPointer(maker, size)
      maker.put(top(maker), offset, size)
      maker.put(top(maker) + size, selector, 2)
      // TF would trap, and NT and AC are the kernel's in a process.
      if (flags) maker.put(top(maker) + 2 * size, maker.state.bits() & 0x3ed5, size)
      return code(maker)
    }
  }
  add(
    'retf',
    word,
    returning(() => [0xcb], false),
  )
  add(
    'retf imm',
    word,
    returning(({ random }) => [0xca, ...little(random.below(40), 2)], false),
  )
  add(
    'iret',
    word,
    returning(() => [0xcf], true),
  )
  // Interrupts 3, 4 and 80H are open to processes.
  add('int', word, ({ random }) => [0xcd, random.pick([0, 1, 2, 5, 13, 14, 31, 32, 0x7f, 0x81, 0xff])])
}

function addQueries(): void {
  for (const [name, opcode] of [
    ['lar', 0x02],
    ['lsl', 0x03],
  ] as const) {
    add(name, word, modrm([0x0f, opcode], { before: everywhere, memorySize: () => 2 }))
  }
  add('verr', word, modrm([0x0f, 0x00], { digit: 4, before: everywhere, memorySize: () => 2 }))
  add('verw', word, modrm([0x0f, 0x00], { digit: 5, before: everywhere, memorySize: () => 2 }))
}

export function addSegments(): void {
  addStack()
  addLoads()
  addTransfers()
  addQueries()
}
