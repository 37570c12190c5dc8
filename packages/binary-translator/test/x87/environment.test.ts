// Oracle: the figures of SDM vol. 1, section 8.1.10 (8-9 to 8-12) and table 10-2 for the pointers, which the recorded vectors leave out.
import { beforeEach, expect, test } from 'vitest'
import { Model } from '../oracle-x87/module.ts'

const model = new Model()
const { x87, cpu, state, operand } = model
const BUFFER = operand.byteOffset
const Pointer = { opcode: 0x48c, code: 0x490, codeSelector: 0x498, dataSelector: 0x49c, data: 0x4a0 } as const
const Format = { real16: 0, protected16: 1, real32: 2, protected32: 3 } as const

beforeEach(() => {
  x87.fninit(cpu)
  for (let i = 0; i < 160; i++) operand.setUint8(i, 0)
  state.setUint32(Pointer.opcode, 0x5a3, true)
  state.setBigUint64(Pointer.code, 0x1_2345_6789n, true)
  state.setUint32(Pointer.codeSelector, 0xf00d, true)
  state.setUint32(Pointer.dataSelector, 0xbeef, true)
  state.setBigUint64(Pointer.data, 0x2_0000_1234n, true)
})

const words = (at: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => operand.getUint16(at + 2 * i, true))
const doublewords = (at: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => operand.getUint32(at + 4 * i, true))

test('16-bit protected mode holds offsets and selectors', () => {
  x87.fnstenv(cpu, BUFFER, Format.protected16)
  expect(words(0, 7)).toEqual([0x37f, 0, 0xffff, 0x6789, 0xf00d, 0x1234, 0xbeef])
})

test('16-bit real mode holds 20-bit linear addresses and the opcode', () => {
  state.setBigUint64(Pointer.code, 0x6789n, true)
  x87.fnstenv(cpu, BUFFER, Format.real16)
  // f00d * 16 + 6789 = f6859, beef * 16 + 1234 = c0124
  expect(words(6, 4)).toEqual([0x6859, 0xf5a3, 0x0124, 0xc000])
})

test('32-bit protected mode holds the opcode above the code selector', () => {
  x87.fnstenv(cpu, BUFFER, Format.protected32)
  expect(doublewords(12, 4)).toEqual([0x23456789, 0x05a3f00d, 0x1234, 0xffffbeef])
})

test('32-bit real mode splits linear addresses', () => {
  state.setBigUint64(Pointer.code, 0x6789n, true)
  x87.fnstenv(cpu, BUFFER, Format.real32)
  expect(doublewords(12, 4)).toEqual([0xffff6859, 0x0000f5a3, 0xffff0124, 0x0000c000])
})

for (const [name, format] of Object.entries(Format)) {
  test(`${name}: what FNSAVE wrote, FRSTOR takes back`, () => {
    x87.fldpi(cpu)
    x87.fld1(cpu)
    x87.fnsave(cpu, BUFFER, format)
    const saved = new Uint8Array(operand.buffer, BUFFER, 108).slice()
    x87.fninit(cpu)
    x87.frstor(cpu, BUFFER, format)
    for (let i = 0; i < 160; i++) operand.setUint8(i, 0)
    x87.fnsave(cpu, BUFFER, format)
    expect(new Uint8Array(operand.buffer, BUFFER, 108)).toEqual(saved)
  })
}

test('FXSAVE keeps selectors in its 32-bit form and whole offsets in its 64-bit form', () => {
  x87.fxsave(cpu, BUFFER, 0)
  expect(doublewords(8, 4)).toEqual([0x23456789, 0xf00d, 0x1234, 0xbeef])
  x87.fxsave(cpu, BUFFER, 1)
  expect(doublewords(8, 4)).toEqual([0x23456789, 1, 0x1234, 2])
})

test('a fault between FNSTENV and its commit leaves the masks', () => {
  x87.fldcw(cpu, 0x340)
  x87.fnstenv(cpu, BUFFER, Format.protected32)
  expect(x87.fnstcw(cpu)).toBe(0x340)
  x87.commit_fnstenv(cpu)
  expect(x87.fnstcw(cpu)).toBe(0x37f)
})
