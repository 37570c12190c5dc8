// The instruction forms that user mode can run, and how a random case of each is made.
import { type CaseMaker, dataPage, little, windowOffset } from './case.ts'
import {
  EAX,
  EBP,
  EBX,
  ECX,
  EDI,
  EDX,
  ESI,
  ESP,
  type Form,
  type Make,
  add,
  all,
  byte,
  distance,
  imm8,
  immediate,
  modrm,
  somewhere,
  word,
} from './form-builder.ts'
import { addHints } from './hint-forms.ts'
import { addSegments } from './segment-forms.ts'
import type { Random } from '../random/random.ts'

export type { Form } from './form-builder.ts'

// ---- arithmetic ----------------------------------------------------------------------------------------------------

const names = ['add', 'or', 'adc', 'sbb', 'and', 'sub', 'xor', 'cmp']
names.forEach((name, n) => {
  const lockable = name !== 'cmp'
  add(`${name} r/m, r`, byte, modrm([8 * n], { lockable }), [false])
  add(`${name} r/m, r`, word, modrm([8 * n + 1], { lockable }))
  add(`${name} r, r/m`, byte, modrm([8 * n + 2]), [false])
  add(`${name} r, r/m`, word, modrm([8 * n + 3]))
  add(`${name} al, imm`, byte, (maker) => [8 * n + 4, maker.random.byte()], [false])
  add(`${name} eax, imm`, word, ({ random }, size) => [8 * n + 5, ...immediate(random, size)], [false])
  add(`${name} r/m, imm`, byte, modrm([0x80], { digit: n, immediate: imm8, lockable }), [false])
  add(`${name} r/m, imm`, word, modrm([0x81], { digit: n, immediate, lockable }), [false])
  add(`${name} r/m, imm8`, word, modrm([0x83], { digit: n, immediate: imm8, lockable }), [false])
  add(`${name} r/m, imm (82)`, byte, modrm([0x82], { digit: n, immediate: imm8, lockable }), [false])
})
;['inc', 'dec'].forEach((name, n) => {
  add(`${name} r/m`, byte, modrm([0xfe], { digit: n, lockable: true }), [false])
  add(`${name} r/m`, word, modrm([0xff], { digit: n, lockable: true }))
  add(`${name} r`, word, ({ random }) => [0x40 + 8 * n + random.below(8)])
})
add('test r/m, r', byte, modrm([0x84]), [false])
add('test r/m, r', word, modrm([0x85]), [false])
add('test al, imm', byte, ({ random }) => [0xa8, random.byte()], [false])
add('test eax, imm', word, ({ random }, size) => [0xa9, ...immediate(random, size)], [false])
add('test r/m, imm', byte, modrm([0xf6], { digit: 0, immediate: imm8 }), [false])
add('test r/m, imm', word, modrm([0xf7], { digit: 0, immediate }), [false])
add('test r/m, imm (/1)', byte, modrm([0xf6], { digit: 1, immediate: imm8 }), [false])
add('test r/m, imm (/1)', word, modrm([0xf7], { digit: 1, immediate }), [false])
;['not', 'neg'].forEach((name, n) => {
  add(`${name} r/m`, byte, modrm([0xf6], { digit: 2 + n, lockable: true }), [false])
  add(`${name} r/m`, word, modrm([0xf7], { digit: 2 + n, lockable: true }), [false])
})

/** Makes quotients that often fit: a dividend of few bits, or one made of quotient and divisor. */
function smallDividend(maker: CaseMaker, size: number): void {
  const { state: random, registers } = maker
  if (random.chance(0.3)) return
  if (size === 1) {
    registers[EAX] = random.chance(0.5)
      ? random.below(0x400)
      : (random.between(-0x200, 0x200) & 0xffff) | (random.bits() & 0xffff_0000)
    registers[EAX]! >>>= 0
    return
  }
  const sign = random.chance(0.4)
  registers[EAX] = random.bits()
  registers[EDX] = sign
    ? random.chance(0.7)
      ? 0xffff_ffff
      : 0xffff_ffff - random.below(200)
    : random.below(random.pick([1, 3, 200]))
}
;['mul', 'imul', 'div', 'idiv'].forEach((name, n) => {
  const before = n >= 2 ? smallDividend : () => undefined
  add(`${name} r/m`, byte, modrm([0xf6], { digit: 4 + n, before }), [false])
  add(`${name} r/m`, word, modrm([0xf7], { digit: 4 + n, before }), [false])
})
add('imul r, r/m', word, modrm([0x0f, 0xaf]), [false])
add('imul r, r/m, imm', word, modrm([0x69], { immediate }), [false])
add('imul r, r/m, imm8', word, modrm([0x6b], { immediate: imm8 }), [false])

// ---- shifts ----------------------------------------------------------------------------------------------------------

const shifts = ['rol', 'ror', 'rcl', 'rcr', 'shl', 'shr', 'sal', 'sar']
const count = (random: Random): number => (random.chance(0.8) ? random.below(34) : random.byte())
const countInCl = ({ state: random, registers }: CaseMaker): void => {
  registers[ECX] = ((registers[ECX]! & 0xffff_ff00) | count(random)) >>> 0
}
shifts.forEach((name, n) => {
  add(`${name} r/m, imm8`, byte, modrm([0xc0], { digit: n, immediate: (random) => [count(random)] }), [false])
  add(`${name} r/m, imm8`, word, modrm([0xc1], { digit: n, immediate: (random) => [count(random)] }), [false])
  add(`${name} r/m, 1`, byte, modrm([0xd0], { digit: n }), [false])
  add(`${name} r/m, 1`, word, modrm([0xd1], { digit: n }), [false])
  add(`${name} r/m, cl`, byte, modrm([0xd2], { digit: n, before: countInCl }), [false])
  add(`${name} r/m, cl`, word, modrm([0xd3], { digit: n, before: countInCl }))
})
;['shld', 'shrd'].forEach((name, n) => {
  add(`${name} r/m, r, imm8`, word, modrm([0x0f, 0xa4 + 8 * n], { immediate: (random) => [count(random)] }), [false])
  add(`${name} r/m, r, cl`, word, modrm([0x0f, 0xa5 + 8 * n], { before: countInCl }), [false])
})

// ---- bits ------------------------------------------------------------------------------------------------------------

/** Bit indexes within the window for whichever register the case picks. */
function smallIndexes({ state: random, registers }: CaseMaker, size: number): void {
  for (let i = 0; i < 8; i++) {
    if (random.chance(0.1) || i === ESP) continue
    const index = random.between(-600, 600)
    registers[i] = size === 2 ? ((registers[i]! & 0xffff_0000) | (index & 0xffff)) >>> 0 : index >>> 0
  }
}
;['bt', 'bts', 'btr', 'btc'].forEach((name, n) => {
  const lockable = n > 0
  add(`${name} r/m, r`, word, modrm([0x0f, 0xa3 + 8 * n], { lockable, before: smallIndexes }))
  add(`${name} r/m, imm8`, word, modrm([0x0f, 0xba], { digit: 4 + n, immediate: imm8, lockable }), [false])
})
const mostlyZero = ({ state: random, registers }: CaseMaker): void => {
  for (let i = 0; i < 8; i++)
    if (i !== ESP && random.chance(0.4)) registers[i] = random.chance(0.5) ? 0 : (1 << random.below(32)) >>> 0
}
add('bsf', word, modrm([0x0f, 0xbc], { before: mostlyZero }), [false])
add('bsr', word, modrm([0x0f, 0xbd], { before: mostlyZero }), [false])
for (const [name, opcode] of [
  ['popcnt', 0xb8],
  ['lzcnt', 0xbd],
] as const) {
  const make: Make = (maker, size) => {
    // The mandatory prefix goes next to the opcode.
    const rest = modrm([0x0f, opcode], { before: mostlyZero })(maker, size)
    maker.prefixes.push(0xf3)
    return rest
  }
  add(name, word, make, [false])
}
add('bswap', word, ({ random }) => [0x0f, 0xc8 + random.below(8)])

// ---- moves -----------------------------------------------------------------------------------------------------------

add('mov r/m, r', byte, modrm([0x88]))
add('mov r/m, r', word, modrm([0x89]))
add('mov r, r/m', byte, modrm([0x8a]))
add('mov r, r/m', word, modrm([0x8b]))
add('mov r/m, imm', byte, modrm([0xc6], { digit: 0, immediate: imm8 }), [false])
add('mov r/m, imm', word, modrm([0xc7], { digit: 0, immediate }), [false])
add('mov r, imm', byte, ({ random }) => [0xb0 + random.below(8), random.byte()], [false])
add('mov r, imm', word, ({ random }, size) => [0xb8 + random.below(8), ...immediate(random, size)], [false])
;[0xa0, 0xa1, 0xa2, 0xa3].forEach((opcode) => {
  add(opcode < 0xa2 ? 'mov eax, moffs' : 'mov moffs, eax', opcode & 1 ? word : byte, ({ random, code16 }) => {
    const offset = windowOffset + 64 + random.below(256)
    return code16 ? [opcode, ...little(offset, 2)] : [opcode, ...little(dataPage + offset, 4)]
  })
})
add('movzx r, r/m8', word, modrm([0x0f, 0xb6], { memorySize: () => 1 }), [false])
add('movzx r, r/m16', word, modrm([0x0f, 0xb7], { memorySize: () => 2 }), [false])
add('movsx r, r/m8', word, modrm([0x0f, 0xbe], { memorySize: () => 1 }), [false])
add('movsx r, r/m16', word, modrm([0x0f, 0xbf], { memorySize: () => 2 }), [false])
add('lea', word, modrm([0x8d], { only: 'memory' }))
add('xchg r/m, r', byte, modrm([0x86], { lockable: true }), [false])
add('xchg r/m, r', word, modrm([0x87], { lockable: true }))
add('xchg eax, r', word, ({ random }) => [0x90 + random.below(8)], [false])
add('xadd', byte, modrm([0x0f, 0xc0], { lockable: true }), [false])
add('xadd', word, modrm([0x0f, 0xc1], { lockable: true }), [false])

/** The accumulator equals the operand now and then. */
const repetitive = (maker: CaseMaker): void => {
  if (maker.state.chance(0.5)) maker.memory.fill(maker.state.pick([0, 1, 0xff]))
  for (let i = 0; i < 8; i++)
    if (i !== ESP && maker.state.chance(0.5)) maker.registers[i] = maker.state.pick([0, 0x0101_0101, 0xffff_ffff])
}
add('cmpxchg', byte, modrm([0x0f, 0xb0], { lockable: true, before: repetitive }), [false])
add('cmpxchg', word, modrm([0x0f, 0xb1], { lockable: true, before: repetitive }), [false])
add(
  'cmpxchg8b',
  [4],
  modrm([0x0f, 0xc7], { digit: 1, only: 'memory', lockable: true, before: repetitive, memorySize: () => 8 }),
  [false],
)
for (let condition = 0; condition < 16; condition++) {
  add(`cmov${condition}`, word, modrm([0x0f, 0x40 + condition]), [false])
  add(`set${condition}`, byte, modrm([0x0f, 0x90 + condition]), [false])
  add(`j${condition} rel8`, [4], ({ random }) => [0x70 + condition, distance(random) & 0xff], [false])
  add(`j${condition} rel8`, [2], ({ random }) => [0x70 + condition, distance(random) & 0xff], [true])
  add(
    `j${condition} rel`,
    word,
    ({ random, code16 }, size) => [0x0f, 0x80 + condition, ...little(distance(random), code16 ? 2 : size)],
    [true],
  )
  add(`j${condition} rel32`, [4], ({ random }) => [0x0f, 0x80 + condition, ...little(distance(random), 4)], [false])
}
add('cbw', word, () => [0x98], [false])
add('cwd', word, () => [0x99], [false])
add('xlat', byte, (maker) => {
  const offset = windowOffset + 64
  maker.registers[EBX] = maker.code16 ? ((maker.random.bits() & 0xffff_0000) | offset) >>> 0 : dataPage + offset
  return [0xd7]
})

// ---- flags and decimal -----------------------------------------------------------------------------------------------

for (const [name, opcode] of [
  ['clc', 0xf8],
  ['stc', 0xf9],
  ['cmc', 0xf5],
  ['cld', 0xfc],
  ['std', 0xfd],
  ['lahf', 0x9f],
  ['sahf', 0x9e],
  ['salc', 0xd6],
] as const) {
  add(name, word, () => [opcode], [false])
}
for (const [name, opcode] of [
  ['daa', 0x27],
  ['das', 0x2f],
  ['aaa', 0x37],
  ['aas', 0x3f],
] as const) {
  add(
    name,
    byte,
    (maker) => {
      maker.registers[EAX] = maker.state.bits()
      return [opcode]
    },
    [false],
  )
}
add('aam', byte, ({ random }) => [0xd4, random.chance(0.7) ? 10 : random.byte()], [false])
add('aad', byte, ({ random }) => [0xd5, random.chance(0.7) ? 10 : random.byte()], [false])

// ---- stack -----------------------------------------------------------------------------------------------------------

const withStack = (maker: CaseMaker): void => maker.pinStack()
add('push r', word, (maker) => (maker.pinStack(), [0x50 + maker.random.below(8)]))
add('pop r', word, (maker) => (maker.pinStack(), [0x58 + maker.random.below(8)]))
add('push r/m', word, modrm([0xff], { digit: 6, before: withStack }))
add('pop r/m', word, modrm([0x8f], { digit: 0, before: withStack }))
add('push imm', word, ({ random }, size) => [0x68, ...immediate(random, size)])
add('push imm8', word, ({ random }) => [0x6a, random.byte()])
add('pusha', word, () => [0x60])
add('popa', word, () => [0x61])
add('pushf', word, () => [0x9c])
add('popf', word, (maker) => {
  // TF would trap, and NT and AC are the kernel's in a process.
  const at = (maker.registers[ESP]! & 0xffff) - windowOffset
  maker.put(at, maker.state.bits() & 0x0000_3ed5, 4)
  return [0x9d]
})
add('leave', word, (maker) => {
  maker.registers[EBP] = (maker.code16 ? 0 : dataPage) + windowOffset + 128 + maker.random.below(128)
  return [0xc9]
})
add('enter', word, (maker) => {
  const frame = windowOffset + 300 + maker.random.below(100)
  maker.registers[EBP] = (maker.code16 ? 0 : dataPage) + frame
  return [0xc8, maker.random.below(64), 0, maker.random.chance(0.5) ? maker.random.below(3) : maker.random.byte()]
})

// ---- control ---------------------------------------------------------------------------------------------------------

add('jmp rel8', [4], ({ random }) => [0xeb, distance(random) & 0xff], [false])
add('jmp rel8', [2], ({ random }) => [0xeb, distance(random) & 0xff], [true])
add('jmp rel', word, (maker, size) => [0xe9, ...little(distance(maker.random), size)], [true])
add('jmp rel32', [4], ({ random }) => [0xe9, ...little(distance(random), 4)], [false])
add('call rel32', [4], ({ random }) => [0xe8, ...little(distance(random), 4)], [false])
add('call rel', word, ({ random }, size) => [0xe8, ...little(distance(random), size)], [true])
for (const [name, digit] of [
  ['call r/m', 2],
  ['jmp r/m', 4],
] as const) {
  const before = (maker: CaseMaker): void => {
    maker.pinStack()
    for (let i = 0; i < 8; i++) if (i !== ESP) maker.registers[i] = somewhere(maker)
    for (let i = 0; i < maker.memory.length; i += 4) maker.put(i, somewhere(maker), 4)
  }
  // Memory operands stay where targets were put: aligned ones, by an absolute address.
  const make: Make = (maker, size) => {
    before(maker)
    if (maker.random.chance(0.4))
      return [0xff, 0xc0 | (digit << 3) | maker.random.pick([EAX, ECX, EDX, EBX, EBP, ESI, EDI])]
    const offset = windowOffset + 64 + 4 * maker.random.below(32)
    const rest = maker.code16
      ? [(digit << 3) | 6, ...little(offset, 2)]
      : [(digit << 3) | 5, ...little(dataPage + offset, 4)]
    return size > 0 ? [0xff, ...rest] : []
  }
  add(name, [4], make, [false])
  add(name, [2], make, [true])
}
for (const bytes of [0, 2]) {
  const make: Make = (maker) => {
    const at = (maker.registers[ESP]! & 0xffff) - windowOffset
    maker.put(at, somewhere(maker), 4)
    return bytes === 0 ? [0xc3] : [0xc2, ...little(maker.random.below(40), 2)]
  }
  add(bytes === 0 ? 'ret' : 'ret imm', [4], make, [false])
  add(bytes === 0 ? 'ret' : 'ret imm', [2], make, [true])
}
;['loopne', 'loope', 'loop', 'jcxz'].forEach((name, n) => {
  const make: Make = (maker) => {
    const { random, state, registers } = maker
    registers[ECX] = state.pick([0, 1, 2, 0x1_0000, 0x1_0001, state.bits()])
    if (random.chance(0.4)) maker.prefixes.push(0x67)
    return [0xe0 + n, distance(random) & 0xff]
  }
  add(name, [4], make, [false])
  add(name, [2], make, [true])
})
add('into', [4], () => [0xce], [false])
add(
  'bound',
  word,
  (maker, size) => {
    const low = maker.random.between(-100, 100)
    for (let i = 0; i < maker.memory.length; i += size) maker.put(i, low + maker.random.between(-60, 60), size)
    for (let i = 0; i < 8; i++) if (i !== ESP) maker.registers[i] = maker.random.between(-150, 150) >>> 0
    return modrm([0x62], { only: 'memory', memorySize: (bytes) => 2 * bytes })(maker, size)
  },
  [false],
)
add('arpl', word, modrm([0x63], { memorySize: () => 2 }), [false])
for (const [name, code] of [
  ['cli', [0xfa]],
  ['sti', [0xfb]],
  ['hlt', [0xf4]],
  ['clts', [0x0f, 0x06]],
  ['invd', [0x0f, 0x08]],
  ['wrmsr', [0x0f, 0x30]],
  ['rdmsr', [0x0f, 0x32]],
  ['mov eax, cr0', [0x0f, 0x20, 0xc0]],
  ['ud2', [0x0f, 0x0b]],
  ['ud1', [0x0f, 0xb9, 0xc0]],
  ['ud0', [0x0f, 0xff, 0xc0]],
  ['monitor', [0x0f, 0x01, 0xc8]],
  ['mwait', [0x0f, 0x01, 0xc9]],
  ['illegal lock', [0xf0, 0x90]],
] as const) {
  add(`${name} in user mode`, word, () => code, [false])
}

// ---- strings ---------------------------------------------------------------------------------------------------------

for (const [name, opcode] of [
  ['movs', 0xa4],
  ['cmps', 0xa6],
  ['stos', 0xaa],
  ['lods', 0xac],
  ['scas', 0xae],
] as const) {
  for (const [rep, prefix] of [
    ['', 0],
    ['repne ', 0xf2],
    ['rep ', 0xf3],
  ] as const) {
    const make: Make = (maker, size) => {
      const { random, registers } = maker
      if (random.chance(0.3)) maker.eflags |= 0x400
      if (random.chance(0.5)) repetitive(maker)
      registers[ECX] = (random.chance(0.9) ? random.below(20) : random.below(40)) >>> 0
      const place = (): number =>
        random.chance(0.05) ? 0x2000 - random.below(60) : windowOffset + 140 + random.below(220)
      const base = maker.code16 ? 0 : dataPage
      const override = random.chance(0.1)
      registers[ESI] = override ? place() : base + place()
      registers[EDI] = base + place()
      if (override) maker.prefixes.push(0x64)
      if (random.chance(0.1) && maker.code16) maker.prefixes.push(0x67)
      if (prefix) maker.prefixes.push(prefix)
      if (random.chance(0.05)) registers[ECX] = 0
      return [size === 1 ? opcode : opcode + 1]
    }
    add(`${rep}${name}`, [1, 2, 4], make)
  }
}

addSegments()
addHints()

/** Every form; its name seeds its cases. */
export const forms: readonly Form[] = all
