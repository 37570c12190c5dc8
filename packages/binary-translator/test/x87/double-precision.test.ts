// Oracle: JavaScript's own number arithmetic. With PC = 53 bits the x87 rounds to a double's significand (SDM vol. 1, section
// 8.1.5.2), and where no result is subnormal a store to m64 rounds nothing more.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Model } from '../oracle-x87/module.ts'

const model = new Model()
const { x87, cpu } = model
const scratch = new DataView(new ArrayBuffer(8))

function bitsOf(value: number): bigint {
  scratch.setFloat64(0, value)
  return scratch.getBigUint64(0)
}

function valueOf(bits: bigint): number {
  scratch.setBigUint64(0, bits)
  return scratch.getFloat64(0)
}

function compute(a: number, operate: () => void): number {
  x87.fninit(cpu)
  x87.fldcw(cpu, 0x27f)
  x87.fld_f64(cpu, bitsOf(a))
  operate()
  const bits = x87.store_f64(cpu)
  x87.commit_store(cpu, 1)
  return valueOf(bits)
}

const isSubnormal = (value: number): boolean => value !== 0 && Math.abs(value) < 2 ** -1022

const operations: [string, (a: number, b: number) => number, (b: bigint) => void][] = [
  ['+', (a, b) => a + b, (b) => x87.fadd_f64(cpu, b)],
  ['-', (a, b) => a - b, (b) => x87.fsub_f64(cpu, b)],
  ['reversed -', (a, b) => b - a, (b) => x87.fsubr_f64(cpu, b)],
  ['*', (a, b) => a * b, (b) => x87.fmul_f64(cpu, b)],
  ['/', (a, b) => a / b, (b) => x87.fdiv_f64(cpu, b)],
  ['reversed /', (a, b) => b / a, (b) => x87.fdivr_f64(cpu, b)],
]

describe('double precision equals JavaScript', () => {
  for (const [name, oracle, operate] of operations) {
    test(name, () => {
      fc.assert(
        fc.property(fc.double(), fc.double(), (a, b) => {
          const expected = oracle(a, b)
          fc.pre(!isSubnormal(expected))
          // A product that underflows to zero in doubles is still a number in a register.
          fc.pre(
            expected !== 0 ||
              a === 0 ||
              b === 0 ||
              name.includes('-') ||
              name === '+' ||
              !Number.isFinite(a) ||
              !Number.isFinite(b),
          )
          expect(compute(a, () => operate(bitsOf(b)))).toBe(expected)
        }),
        { seed: 87, numRuns: 3000 },
      )
    })
  }

  test('square root', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), (a) => {
        expect(compute(a, () => x87.fsqrt(cpu))).toBe(Math.sqrt(a))
      }),
      { seed: 87, numRuns: 3000 },
    )
  })

  test('integers round-trip through FILD and FISTP', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }), (value) => {
        x87.fninit(cpu)
        x87.fild_i64(cpu, value)
        const stored = x87.store_i64(cpu)
        x87.commit_store(cpu, 1)
        expect(stored).toBe(value)
        expect(x87.fnstsw(cpu)).toBe(0)
      }),
      { seed: 87 },
    )
  })
})
