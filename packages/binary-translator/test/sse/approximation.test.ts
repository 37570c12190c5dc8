// Oracle: SDM vol. 2, RCPPS and RSQRTPS: a relative error of 1.5 * 2^-12 at most, the tables of special values, and no flag in MXCSR.
import { describe, expect, it } from 'vitest'
import { Layout } from '../../src/state/layout.ts'
import { Random } from '../random/random.ts'
import { VectorMachine, dataPage } from './vector-machine.ts'

const bound = 1.5 * 2 ** -12
/** With [EDI] as operand, to XMM1. */
const instructions = {
  rcpps: { code: [0x0f, 0x53, 0x0f], exact: (x: number) => 1 / x, isRoot: false },
  rcpss: { code: [0xf3, 0x0f, 0x53, 0x0f], exact: (x: number) => 1 / x, isRoot: false },
  rsqrtps: { code: [0x0f, 0x52, 0x0f], exact: (x: number) => 1 / Math.sqrt(x), isRoot: true },
  rsqrtss: { code: [0xf3, 0x0f, 0x52, 0x0f], exact: (x: number) => 1 / Math.sqrt(x), isRoot: true },
}

/** [operand, RCPPS, RSQRTPS] as bits. */
const special: readonly (readonly [number, number, number])[] = [
  [0x0000_0000, 0x7f80_0000, 0x7f80_0000],
  [0x8000_0000, 0xff80_0000, 0xff80_0000],
  [0x0000_0001, 0x7f80_0000, 0x7f80_0000], // denormal numbers count as zero
  [0x807f_ffff, 0xff80_0000, 0xff80_0000],
  [0x7f80_0000, 0x0000_0000, 0x0000_0000],
  [0xff80_0000, 0x8000_0000, 0xffc0_0000],
  [0x7f7f_ffff, 0x0000_0000, -1], // what would be tiny is flushed
  [0xff7f_ffff, 0x8000_0000, 0xffc0_0000],
  [0x7fc0_1234, 0x7fc0_1234, 0x7fc0_1234],
  [0x7f81_2345, 0x7fc1_2345, 0x7fc1_2345], // a signaling NaN becomes quiet
  [0xbf80_0000, -1, 0xffc0_0000], // the root of a negative number
]

describe.each(['interpreter', 'translator'] as const)('the %s', (mode) => {
  const machine = new VectorMachine({ mode })
  const view = new DataView(machine.xmm(1).buffer, machine.xmm(1).byteOffset, 16)

  /** XMM1's four elements, as bits. */
  const results = (code: readonly number[], operands: readonly number[]): number[] => {
    machine.xmm(1).fill(0)
    operands.forEach((value, i) => machine.machine.write32(dataPage + 4 * i, value))
    machine.set(Layout.mxcsr, 0x1f80)
    expect(machine.run(...code)).toBe(-1)
    expect(machine.get(Layout.mxcsr)).toBe(0x1f80)
    return [0, 4, 8, 12].map((at) => view.getUint32(at, true))
  }
  const asNumber = (bits: number): number => {
    const pad = new DataView(new ArrayBuffer(4))
    pad.setUint32(0, bits)
    return pad.getFloat32(0)
  }

  it.each(Object.entries(instructions))('%s keeps the bound', (name, { code, exact, isRoot }) => {
    const random = new Random(20_260_404)
    const used = name.endsWith('ss') ? 1 : 4
    for (let n = 0; n < 1000; n++) {
      // Exponents whose results are normal numbers.
      const operands = Array.from({ length: 4 }, () => {
        const sign = isRoot || random.chance(0.5) ? 0 : 0x8000_0000
        return (sign | ((1 + random.below(251)) << 23) | (random.bits() & 0x7f_ffff)) >>> 0
      })
      results(code, operands).forEach((bits, i) => {
        if (i >= used) return expect(bits).toBe(0)
        const wanted = exact(asNumber(operands[i]!))
        expect(Math.abs(asNumber(bits) / wanted - 1)).toBeLessThanOrEqual(bound)
      })
    }
  })

  it.each(Object.entries(instructions))('%s has the special values of the table', (_, { code, isRoot }) => {
    for (const [operand, reciprocal, root] of special) {
      const wanted = isRoot ? root : reciprocal
      const [bits] = results(code, [operand, 0, 0, 0])
      if (wanted !== -1) expect(bits!.toString(16), operand.toString(16)).toBe(wanted.toString(16))
    }
  })
})
