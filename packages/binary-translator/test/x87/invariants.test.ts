// Properties that need no second implementation: what may never happen, whatever a guest puts into the registers.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { x87Bytes } from '../../src/generated/x87.ts'
import { makeCases } from '../oracle-x87/cases.ts'
import { Offset, RECORD_BYTES } from '../oracle-x87/image.ts'
import { type Instruction, instructions } from '../oracle-x87/instructions.ts'
import { Model } from '../oracle-x87/module.ts'

const model = new Model()
const { x87, cpu, state } = model
const CASES = 60

function* casesOf(instruction: Instruction, number: number): Generator<DataView> {
  const records = makeCases(4711, number, instruction.operands, CASES)
  for (let at = 0; at < records.length; at += RECORD_BYTES) yield new DataView(records.buffer, at, RECORD_BYTES)
}

test("the module brings neither data nor a start function, and imports the memory and its tables' address alone", () => {
  const module = new WebAssembly.Module(x87Bytes())
  expect(WebAssembly.Module.imports(module).map(({ name, kind }) => `${kind} ${name}`)).toEqual([
    'global tables',
    'memory memory',
  ])
  expect(WebAssembly.Module.exports(module).filter(({ kind }) => kind !== 'function')).toEqual([])
})

test('no instruction touches memory beyond the x87 state and its operand', () => {
  const bytes = new Uint8Array(model.memory.buffer)
  const [stateStart, stateEnd] = [cpu + 0x400, cpu + 0x4d0]
  const operandEnd = model.operand.byteOffset + model.operand.byteLength
  const isOurs = (at: number): boolean =>
    (at >= stateStart && at < stateEnd) || (at >= model.operand.byteOffset && at < operandEnd)
  for (let at = 0; at < bytes.length; at++) bytes[at] = at * 7
  for (const [number, instruction] of instructions.entries()) {
    for (const record of casesOf(instruction, number)) model.run(instruction, record)
  }
  const touched = bytes.findIndex((byte, at) => !isOurs(at) && byte !== ((at * 7) & 0xff))
  expect(touched).toBe(-1)
})

test('a store that is never committed leaves registers, tags and status alone', () => {
  const stores = Object.keys(x87).filter((name) => /^(store|truncate)_(?!st$)/.test(name)) as 'store_f32'[]
  expect(stores.length).toBe(10)
  for (const name of stores) {
    for (const seed of [1, 2, 3, 4]) {
      model.load(new DataView(makeCases(seed, 0, instructions[0]!.operands, 1).buffer))
      const before = new Uint8Array(model.memory.buffer, cpu + 0x400, 0x8c).slice()
      x87[name](cpu)
      expect(new Uint8Array(model.memory.buffer, cpu + 0x400, 0x8c), name).toEqual(before)
    }
  }
})

test('ES and B are set exactly while a flag is set whose mask is clear (SDM vol. 1, section 8.1.3.3)', () => {
  for (const [number, instruction] of instructions.entries()) {
    for (const record of casesOf(instruction, number)) {
      model.run(instruction, record)
      const status = record.getUint16(Offset.status, true)
      const unmasked = (status & ~record.getUint16(Offset.control, true) & 0x3f) !== 0
      expect((status & 0x8080) === 0x8080, instruction.name).toBe(unmasked)
      expect((status & 0x8080) === 0, instruction.name).toBe(!unmasked)
      expect(x87.pending(cpu), instruction.name).toBe(unmasked ? 1 : 0)
    }
  }
})

test('TOP stands in its own cell as in the status word', () => {
  for (const [number, instruction] of instructions.entries()) {
    for (const record of casesOf(instruction, number)) {
      model.run(instruction, record)
      expect(state.getUint32(0x4c0, true), instruction.name).toBe(state.getUint32(0x484, true) & 0x3800)
    }
  }
})

/** ST(0) after an operation on ST(0) = x and ST(1) = y under a rounding mode, as an integer that grows with the value. */
function ordinal(operate: () => void, x: number, y: number, rounding: number): bigint {
  const scratch = new DataView(new ArrayBuffer(8))
  const push = (value: number): void => {
    scratch.setFloat64(0, value)
    x87.fld_f64(cpu, scratch.getBigUint64(0))
  }
  x87.fninit(cpu)
  x87.fldcw(cpu, 0x37f | (rounding << 10))
  push(y)
  push(x)
  operate()
  const register = (x87.fnstsw(cpu) >> 11) & 7
  const signExponent = state.getUint16(0x408 + 16 * register, true)
  const magnitude = (BigInt(signExponent & 0x7fff) << 63n) + state.getBigUint64(0x400 + 16 * register, true)
  return signExponent & 0x8000 ? -magnitude : magnitude
}

describe('directed results enclose the value: down <= nearest <= up, at most one unit in the last place apart', () => {
  const operations: [string, () => void, fc.Arbitrary<number>][] = [
    ['FSIN', () => x87.fsin(cpu), fc.double({ min: -1e15, max: 1e15, noNaN: true })],
    ['FCOS', () => x87.fcos(cpu), fc.double({ min: -1e15, max: 1e15, noNaN: true })],
    ['F2XM1', () => x87.f2xm1(cpu), fc.double({ min: -1, max: 1, noNaN: true })],
    ['FYL2X', () => x87.fyl2x(cpu), fc.double({ min: 1e-300, noNaN: true, noDefaultInfinity: true })],
    ['FYL2XP1', () => x87.fyl2xp1(cpu), fc.double({ min: -0.29, max: 0.29, noNaN: true })],
    ['FPATAN', () => x87.fpatan(cpu), fc.double({ noNaN: true })],
    ['FSQRT', () => x87.fsqrt(cpu), fc.double({ min: 0, noNaN: true })],
    ['FDIV', () => x87.fdiv(cpu, 0, 1, 0), fc.double({ noNaN: true })],
  ]
  for (const [name, operate, argument] of operations) {
    test(name, () => {
      fc.assert(
        fc.property(argument, fc.double({ min: 0.5, max: 1e10, noNaN: true }), (x, y) => {
          const [nearest, down, up, zero] = [0, 1, 2, 3].map((rounding) => ordinal(operate, x, y, rounding)) as [
            bigint,
            bigint,
            bigint,
            bigint,
          ]
          expect(up - down === 0n || up - down === 1n).toBe(true)
          expect(nearest === down || nearest === up).toBe(true)
          expect(zero).toBe(down < 0n || up < 0n ? up : down)
        }),
        { seed: 87, numRuns: 400 },
      )
    })
  }
})
