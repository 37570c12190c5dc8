// Oracle: the integer whose square is next below, by BigInt, for arguments whose roots are next to a number or to half way between two.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Model } from '../oracle-x87/module.ts'

const { x87, cpu, state } = new Model()
const bias = 0x3fff
const top = 1n << 63n

function floorOfRoot(value: bigint): bigint {
  let root = BigInt(Math.floor(Math.sqrt(Number(value))))
  for (let i = 0; i < 4; i++) root = (root + value / root) >> 1n
  while (root * root > value) root--
  while ((root + 1n) * (root + 1n) <= value) root++
  return root
}

/** The root of m * 2^(exponent - 63), rounded; exponent 0 or 1. */
function rounded(m: bigint, exponent: number, rounding: number): bigint {
  const radicand = m << BigInt(63 + exponent)
  const root = floorOfRoot(radicand)
  const rest = radicand - root * root
  if (rest === 0n || rounding === 1 || rounding === 3) return root
  return rounding === 2 || rest > root ? root + 1n : root
}

const near = (value: bigint): fc.Arbitrary<bigint> => fc.bigInt({ min: -4n, max: 4n }).map((more) => value + more)

const normal = (m: bigint): bigint => {
  const bits = m.toString(2).length
  return bits > 64 ? m >> BigInt(bits - 64) : m << BigInt(64 - bits)
}

const significands = fc.oneof(
  fc.bigInt({ min: top, max: 2n * top - 1n }),
  fc.oneof(near(top + 4n), near(2n * top - 5n)),
  fc.bigInt({ min: 2n, max: 2n ** 32n - 1n }).map((root) => normal(root * root)),
  fc.bigInt({ min: 2n ** 32n, max: 2n ** 64n - 1n }).chain((root) => near(normal(root * root)).map(normal)),
)

test('FSQRT gives the root next to the true one, and PE and C1 tell how, in every rounding mode', () => {
  fc.assert(
    fc.property(significands, fc.constantFrom(0, 1), fc.integer({ min: 0, max: 3 }), (m, exponent, rounding) => {
      x87.fninit(cpu)
      x87.fldcw(cpu, 0x37f | (rounding << 10))
      x87.fld_f80(cpu, m, bias + exponent)
      x87.fsqrt(cpu)
      const root = rounded(m, exponent, rounding)
      const square = root * root
      const radicand = m << BigInt(63 + exponent)
      expect(state.getBigUint64(0x400 + 16 * 7, true)).toBe(root === 2n * top ? top : root)
      expect(x87.fnstsw(cpu) & 0x220).toBe(square === radicand ? 0 : square > radicand ? 0x220 : 0x20)
    }),
    { seed: 87, numRuns: 5000 },
  )
})
