// How far the transcendental instructions are from the true values, on arguments of every magnitude and on those that are hard.
import type { X87Exports } from '../../src/generated/x87.ts'
import { Random } from '../oracle-x87/random.ts'
import { Model } from '../oracle-x87/module.ts'
import * as exact from './exact.ts'
import type { Exact } from './exact.ts'

/** An 80-bit register: sign and exponent, significand. */
interface Register {
  readonly se: number
  readonly m: bigint
}

interface Function {
  readonly run: (x87: X87Exports, cpu: number) => void
  /** Draws ST(0) and, if it is an operand, ST(1). */
  readonly arguments: (random: Random) => readonly [Register, Register]
  /** ST(0) and ST(1) before; what is to lie on top of the stack, and below it. */
  readonly value: (x: Exact, y: Exact) => readonly Exact[]
}

const bias = 0x3fff
const integerBit = 1n << 63n
const one: Register = { se: bias, m: integerBit }

/** A significand: random, or with long runs of zeros or ones. */
function significand(random: Random): bigint {
  const bits = random.u64() | integerBit
  const mask = (1n << BigInt(random.below(64))) - 1n
  return random.pick([bits, bits, bits & ~mask, bits | mask]) | integerBit
}

const signed = (random: Random, low: number, high: number): Register => ({
  se: (random.u32() & 0x8000) | (bias + low + random.below(high - low + 1)),
  m: significand(random),
})

const positive = (random: Random, low: number, high: number): Register => {
  const { se, m } = signed(random, low, high)
  return { se: se & 0x7fff, m }
}

/** The 66 bits of pi/2, in units of 2^-65. */
const halfPi = 0x3243f6a8885a308d3n

/** Near a multiple of pi/2, where the reduced argument has lost the most bits. */
function nearTurn(random: Random): Register {
  const turns = 1n + (random.u64() >> BigInt(2 + random.below(62)))
  const product = turns * halfPi
  const length = product.toString(2).length
  const m = (product >> BigInt(length - 64)) + BigInt(random.below(3) - 1)
  return { se: (random.u32() & 0x8000) | (bias + length - 66), m }
}

const angle = (random: Random): readonly [Register, Register] => {
  switch (random.below(4)) {
    case 0:
      return [nearTurn(random), one]
    case 1:
      return [signed(random, -70, 62), one]
    default:
      return [signed(random, -9, 4), one]
  }
}

/** Near one, on either side. */
function nearOne(random: Random): Register {
  const below = random.below(2)
  const distance = random.u64() >> BigInt(1 + random.below(63))
  return below
    ? { se: bias - 1, m: (1n << 64n) - 1n - (distance >> 1n) }
    : { se: bias, m: integerBit + (distance >> 1n) }
}

const logarithmArguments = (random: Random): readonly [Register, Register] => {
  const y = random.pick([one, signed(random, -300, 300)])
  switch (random.below(4)) {
    case 0:
      return [nearOne(random), y]
    case 1:
      return [positive(random, 1 - bias, bias), y]
    default:
      return [positive(random, -3, 3), y]
  }
}

/** Functions by the names of their instructions. */
export const functions: Readonly<Record<string, Function>> = {
  fsin: { run: (x87, cpu) => x87.fsin(cpu), arguments: angle, value: (x) => [exact.sine(x)] },
  fcos: { run: (x87, cpu) => x87.fcos(cpu), arguments: angle, value: (x) => [exact.cosineOf(x)] },
  fsincos: {
    run: (x87, cpu) => x87.fsincos(cpu),
    arguments: angle,
    value: (x) => [exact.cosineOf(x), exact.sine(x)],
  },
  fptan: {
    run: (x87, cpu) => x87.fptan(cpu),
    arguments: angle,
    value: (x) => [{ numerator: 1n, exponent: 0 }, exact.tangent(x)],
  },
  fpatan: {
    run: (x87, cpu) => x87.fpatan(cpu),
    arguments: (random) => [signed(random, -4, 4), random.pick([signed(random, -4, 4), signed(random, -80, 80)])],
    value: (x, y) => [exact.arctangent(y, x)],
  },
  f2xm1: {
    run: (x87, cpu) => x87.f2xm1(cpu),
    arguments: (random) => [random.pick([signed(random, -10, -1), signed(random, -80, -1)]), one],
    value: (x) => [exact.powerLessOne(x)],
  },
  fyl2x: {
    run: (x87, cpu) => x87.fyl2x(cpu),
    arguments: logarithmArguments,
    value: (x, y) => [exact.logarithm(x, y)],
  },
  fyl2xp1: {
    run: (x87, cpu) => x87.fyl2xp1(cpu),
    arguments: (random) => [
      random.pick([signed(random, -12, -3), signed(random, -80, -3)]),
      random.pick([one, signed(random, -300, 300)]),
    ],
    value: (x, y) => [exact.logarithmOfOnePlus(x, y)],
  },
}

const valueOf = ({ se, m }: Register): Exact => ({
  numerator: se & 0x8000 ? -m : m,
  exponent: (se & 0x7fff) - bias - 63,
})

const model = new Model()
const { x87, cpu, state } = model

function register(position: number): Register {
  const at = 0x400 + 16 * (((state.getUint32(0x484, true) >> 11) + position) & 7)
  return { se: state.getUint16(at + 8, true), m: state.getBigUint64(at, true) }
}

/** Distance of a result from the true value, in units in its last place. */
function errorOf(result: Register, truth: Exact): number {
  const found = valueOf(result)
  const { numerator, exponent } = exact.sum(truth, { ...found, numerator: -found.numerator })
  const fraction = 60
  const shift = exponent - found.exponent + fraction
  const units = shift >= 0 ? numerator << BigInt(shift) : numerator >> BigInt(-shift)
  return Math.abs(Number(units)) / 2 ** fraction
}

/** The largest error of `count` results, in units in the last place, and the argument that it was found at. */
export function worstError(name: string, seed: number, count: number, rounding: number): { error: number; at: string } {
  const { run, arguments: draw, value } = functions[name]!
  const random = new Random(seed)
  let worst = { error: 0, at: '' }
  for (let i = 0; i < count; i++) {
    const [x, y] = draw(random)
    x87.fninit(cpu)
    x87.fldcw(cpu, 0x37f | (rounding << 10))
    x87.fld_f80(cpu, y.m, y.se)
    x87.fld_f80(cpu, x.m, x.se)
    run(x87, cpu)
    const [below, top] = [valueOf(y), valueOf(x)]
    value(top, below).forEach((truth, position) => {
      const result = register(position)
      if (truth.numerator === 0n && result.m === 0n) return
      const error = errorOf(result, truth)
      if (error > worst.error)
        worst = {
          error,
          at: `${name} ${x.se.toString(16)}:${x.m.toString(16)}, ${y.se.toString(16)}:${y.m.toString(16)}`,
        }
    })
  }
  return worst
}
