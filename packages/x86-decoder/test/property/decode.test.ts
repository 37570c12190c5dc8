import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeInto, DecodeStatus, format, Instruction } from '../../src/index.ts'
import type { Bitness } from '../../src/index.ts'

const SEED = 4711
const bitness = fc.constantFrom<Bitness>(16, 32, 64)
const prefix = fc.constantFrom(0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x48, 0x41, 0x0f)
const bytes = fc
  .tuple(fc.array(prefix, { maxLength: 16 }), fc.uint8Array({ minLength: 0, maxLength: 16 }))
  .map(([prefixes, rest]) => Uint8Array.from([...prefixes, ...rest]))

function plain(instruction: Instruction): string {
  return JSON.stringify(instruction)
}

describe(`every byte string (seed ${SEED})`, () => {
  // Oracle: the definition of an instruction's length: no shorter string is complete, no later byte matters.
  test('each strict prefix of an instruction needs more bytes, and what follows does not matter', () => {
    fc.assert(
      fc.property(bytes, bitness, fc.uint8Array({ maxLength: 4 }), (string, bits, tail) => {
        const instruction = new Instruction()
        if (decodeInto(string, 0, string.length, bits, instruction) !== DecodeStatus.Ok) return
        const { length } = instruction
        expect(length).toBeLessThanOrEqual(15)
        const text = plain(instruction)
        for (let end = 0; end < length; end++) {
          expect(decodeInto(string, 0, end, bits, instruction)).toBe(DecodeStatus.NeedMoreBytes)
        }
        const other = Uint8Array.from([...string.subarray(0, length), ...tail])
        expect(decodeInto(other, 0, other.length, bits, instruction)).toBe(DecodeStatus.Ok)
        expect(plain(instruction)).toBe(text)
      }),
      { seed: SEED, numRuns: 2000 },
    )
  })

  // Oracle: a fresh record.
  test('a used record gives what a fresh one gives, at any offset', () => {
    const used = new Instruction()
    fc.assert(
      fc.property(bytes, bitness, fc.nat(8), (string, bits, offset) => {
        const moved = new Uint8Array(string.length + offset)
        moved.set(string, offset)
        const fresh = new Instruction()
        const status = decodeInto(string, 0, string.length, bits, fresh)
        expect(decodeInto(moved, offset, moved.length, bits, used)).toBe(status)
        if (status !== DecodeStatus.Ok) return
        expect(describeOperands(used)).toBe(describeOperands(fresh))
        expect(format(used)).toBe(format(fresh))
      }),
      { seed: SEED, numRuns: 3000 },
    )
  })
})

/** Everything but sizes and registers of operand slots that are not in use. */
function describeOperands(instruction: Instruction): string {
  const { operandCount } = instruction
  const cut = (values: ArrayLike<number>): number[] => Array.from(values).slice(0, operandCount)
  const registers = cut(instruction.registers).map((id, slot) => (instruction.kinds[slot] === 1 ? id : 0))
  return JSON.stringify({ ...instruction, kinds: cut(instruction.kinds), sizes: cut(instruction.sizes), registers })
}
