// Oracle: a naive model of EFLAGS that computes with wide integers. Every condition is asked right after each producer, which is where translated
// code takes it from the operands instead of from flags, and the whole image is pushed at the end.
import { describe, expect, it } from 'vitest'
import { Layout } from '../../src/state/layout.ts'
import { FlatMachine } from '../../src/testing/index.ts'
import { Random } from '../random/random.ts'

const CF = 1
const PF = 4
const AF = 16
const ZF = 64
const SF = 128
const OF = 2048
const every = CF | PF | AF | ZF | SF | OF

interface Model {
  readonly flags: number
  /** Flags that the manual leaves undefined. */
  readonly undefined: number
}

const bitsOf = (size: number): number => 8 * size
const wrap = (value: bigint, size: number): bigint => BigInt.asUintN(bitsOf(size), value)
const signed = (value: bigint, size: number): bigint => BigInt.asIntN(bitsOf(size), value)

function resultFlags(result: bigint, size: number): number {
  const low = Number(result & 0xffn)
  let ones = 0
  for (let bit = 0; bit < 8; bit++) ones += (low >>> bit) & 1
  return (ones % 2 === 0 ? PF : 0) | (result === 0n ? ZF : 0) | (signed(result, size) < 0n ? SF : 0)
}

/** Flags of a + b + carry, or of a - b - carry. */
function sum(a: bigint, b: bigint, carry: bigint, size: number, subtract: boolean): number {
  const sign = subtract ? -1n : 1n
  const exact = a + sign * (b + carry)
  const exactSigned = signed(a, size) + sign * (signed(b, size) + carry)
  const digits = (a & 15n) + sign * ((b & 15n) + carry)
  const result = wrap(exact, size)
  return (
    resultFlags(result, size) |
    (exact === result ? 0 : CF) |
    (exactSigned === signed(result, size) ? 0 : OF) |
    (digits >= 0n && digits < 16n ? 0 : AF)
  )
}

const logic = (result: bigint, size: number): Model => ({ flags: resultFlags(wrap(result, size), size), undefined: AF })
const exact = (flags: number): Model => ({ flags, undefined: 0 })

interface Producer {
  readonly name: string
  /** Opcode with its ModRM byte for EAX, EBX (or AL, BL), by operand size of one and of more bytes. */
  readonly code: (size: number) => number[]
  readonly model: (a: bigint, b: bigint, before: number, size: number) => Model
}

const registers = 0xd8 // EAX, EBX in ModRM with the destination in rm
const op =
  (base: number) =>
  (size: number): number[] => [size === 1 ? base : base + 1, registers]
const single =
  (opcode: number, modrm: number) =>
  (size: number): number[] => [size === 1 ? opcode : opcode + 1, modrm]
const carryOf = (before: number): bigint => BigInt(before & CF)

const producers: readonly Producer[] = [
  { name: 'add', code: op(0x00), model: (a, b, _, size) => exact(sum(a, b, 0n, size, false)) },
  { name: 'adc', code: op(0x10), model: (a, b, before, size) => exact(sum(a, b, carryOf(before), size, false)) },
  { name: 'sub', code: op(0x28), model: (a, b, _, size) => exact(sum(a, b, 0n, size, true)) },
  { name: 'sbb', code: op(0x18), model: (a, b, before, size) => exact(sum(a, b, carryOf(before), size, true)) },
  { name: 'cmp', code: op(0x38), model: (a, b, _, size) => exact(sum(a, b, 0n, size, true)) },
  { name: 'and', code: op(0x20), model: (a, b, _, size) => logic(a & b, size) },
  { name: 'or', code: op(0x08), model: (a, b, _, size) => logic(a | b, size) },
  { name: 'xor', code: op(0x30), model: (a, b, _, size) => logic(a ^ b, size) },
  { name: 'test', code: op(0x84), model: (a, b, _, size) => logic(a & b, size) },
  {
    name: 'inc',
    code: single(0xfe, 0xc0),
    model: (a, _, before, size) => exact((sum(a, 1n, 0n, size, false) & ~CF) | (before & CF)),
  },
  {
    name: 'dec',
    code: single(0xfe, 0xc8),
    model: (a, _, before, size) => exact((sum(a, 1n, 0n, size, true) & ~CF) | (before & CF)),
  },
  { name: 'neg', code: single(0xf6, 0xd8), model: (a, _, __, size) => exact(sum(0n, a, 0n, size, true)) },
  { name: 'not', code: single(0xf6, 0xd0), model: (_, __, before) => exact(before & every) },
  // Two in a row: the carry of the first shows through the second.
  {
    name: 'cmp, inc',
    code: (size) => [...op(0x38)(size), ...single(0xfe, 0xc0)(size)],
    model: (a, b, _, size) => exact((sum(a, 1n, 0n, size, false) & ~CF) | (sum(a, b, 0n, size, true) & CF)),
  },
  {
    name: 'add, dec',
    code: (size) => [...op(0x00)(size), ...single(0xfe, 0xc8)(size)],
    model: (a, b, _, size) =>
      exact((sum(wrap(a + b, size), 1n, 0n, size, true) & ~CF) | (sum(a, b, 0n, size, false) & CF)),
  },
  { name: 'cmc', code: () => [0xf5], model: (_, __, before) => exact((before ^ CF) & every) },
  {
    name: 'sub, stc',
    code: (size) => [...op(0x28)(size), 0xf9],
    model: (a, b, _, size) => exact(sum(a, b, 0n, size, true) | CF),
  },
]

/** The 16 conditions, SDM vol. 1, appendix B. */
function condition(cc: number, flags: number): boolean {
  const has = (flag: number): boolean => (flags & flag) !== 0
  const less = has(SF) !== has(OF)
  const base = [has(OF), has(CF), has(ZF), has(CF) || has(ZF), has(SF), has(PF), less, less || has(ZF)][cc >> 1]!
  return cc & 1 ? !base : base
}

const code = 0x1000
const results = 0x2000

/** Operand-size prefix, producer, SETcc of all conditions into memory, PUSHF, and a Jcc that tells its target in EDX. */
function program(producer: Producer, size: number, jump: number): number[] {
  const bytes = producer.code(size)
  const prefixed = size === 2 ? bytes.flatMap((byte, i) => (isOpcode(bytes, i) ? [0x66, byte] : [byte])) : bytes
  const set = Array.from({ length: 16 }, (_, cc) => [0x0f, 0x90 + cc, 0x05, cc, (results >>> 8) & 0xff, 0, 0]).flat()
  // JCC over MOV DL, 1; HLT.
  return [...prefixed, ...set, 0x9c, 0x70 + jump, 3, 0xb2, 1, 0xf4, 0xb2, 2, 0xf4]
}

/** Producers are pairs of opcode and ModRM, but for the flag instructions of one byte. */
const isOpcode = (bytes: readonly number[], i: number): boolean => bytes[i] === 0xf5 || bytes[i] === 0xf9 || i % 2 === 0

const cases = 150
const seed = 20_260_503

describe.each(['interpreter', 'translator'] as const)(`conditions in the %s (seed ${seed})`, (mode) => {
  const machine = new FlatMachine({ mode, ramBytes: 0x1_0000 })
  const random = new Random(seed)

  function check(producer: Producer, size: number, jump: number): void {
    machine.write(code, program(producer, size, jump))
    for (let i = 0; i < cases / 4; i++) {
      const [eax, ebx] = random.chance(0.2)
        ? Array<number>(2).fill(random.interesting())
        : [random.interesting(), random.interesting()]
      const before = random.bits() & every
      const { state } = machine
      ;[eax!, 0, 0, ebx!, 0x8000].forEach((value, register) => state.setGpr(register, value))
      state.eflags = before | 2
      state.eip = code
      state.set(Layout.halted, 0)
      machine.run(100)
      const { flags, undefined: vague } = producer.model(
        wrap(BigInt(eax!), size),
        wrap(BigInt(ebx!), size),
        before,
        size,
      )
      const context = `${producer.name} ${size} eax=${eax!.toString(16)} ebx=${ebx!.toString(16)} before=${before.toString(16)}`
      expect((machine.read32(0x7ffc) & every & ~vague).toString(16), context).toBe((flags & ~vague).toString(16))
      for (let cc = 0; cc < 16; cc++)
        expect(machine.ram[results + cc], `${context} set${cc}`).toBe(condition(cc, flags) ? 1 : 0)
      expect(state.gpr(2), `${context} j${jump}`).toBe(condition(jump, flags) ? 2 : 1)
    }
  }

  it.each(producers)('after $name', (producer) => {
    for (const size of [1, 2, 4]) for (let jump = 0; jump < 16; jump++) check(producer, size, jump)
  })

  it.each(producers)('after $name, the branch at once', (producer) => {
    for (const size of [1, 2, 4]) {
      for (let jump = 0; jump < 16; jump++) {
        const full = program(producer, size, jump)
        const first = full.length - 16 * 7 - 9
        machine.write(code, [...full.slice(0, first), ...full.slice(-8)])
        const [eax, ebx, before] = [random.interesting(), random.interesting(), random.bits() & every]
        const { state } = machine
        ;[eax, 0, 0, ebx, 0x8000].forEach((value, register) => state.setGpr(register, value))
        state.eflags = before | 2
        state.eip = code
        state.set(Layout.halted, 0)
        machine.run(100)
        const { flags } = producer.model(wrap(BigInt(eax), size), wrap(BigInt(ebx), size), before, size)
        expect(state.gpr(2), `${producer.name} ${size} ${eax} ${ebx} ${before} j${jump}`).toBe(
          condition(jump, flags) ? 2 : 1,
        )
      }
    }
  })
})
