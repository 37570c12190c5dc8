import { describe, expect, test } from 'vitest'
import {
  Access,
  decode,
  type Instruction,
  InstructionUses,
  registerName,
  stackPointerIncrement,
  uses,
  usesInto,
} from '../../src/index.ts'
import type { Bitness } from '../../src/index.ts'

function decoded(hex: string, bitness: Bitness): Instruction {
  const result = decode(Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex')), { bitness })
  if (!result.ok) throw new Error(`${hex}: status ${result.status}`)
  return result.instruction
}

const names = Object.keys(Access)
const registersOf = (hex: string, bitness: Bitness = 32): string[] =>
  uses(decoded(hex, bitness)).registers.map(({ register, access }) => `${names[access]} ${registerName(register)}`)
const memoryOf = (hex: string, bitness: Bitness = 32): string[] =>
  uses(decoded(hex, bitness)).memory.map(
    ({ access, size, base, displacement }) =>
      `${names[access]} ${size} ${base < 0 ? '' : registerName(base)}${displacement < 0 ? '' : '+'}${displacement}`,
  )

// Oracle: SDM vol. 2. The comparison with iced-x86 is in test/vectors and test/property.
describe('what an instruction uses', () => {
  test('operands, address registers and segments', () => {
    expect(registersOf('01 44 8b 10')).toEqual(['Read ebx', 'Read ecx', 'Read ds', 'Read eax'])
    expect(memoryOf('01 44 8b 10')).toEqual(['ReadWrite 4 ebx+16'])
    expect(registersOf('8d 04 0b')).toEqual(['Write eax', 'Read ebx', 'Read ecx'])
    expect(memoryOf('8d 04 0b')).toEqual([])
  })

  test('implied registers: accumulators, counters, the stack', () => {
    expect(registersOf('f7 e1')).toEqual(['Read ecx', 'ReadWrite eax', 'Write edx'])
    expect(registersOf('f3 a4')).toContain('ReadConditionalWrite ecx')
    expect(registersOf('50')).toEqual(['Read eax', 'ReadWrite esp', 'Read ss'])
    expect(memoryOf('50')).toEqual(['Write 4 esp-4'])
    expect(memoryOf('a4')).toEqual(['Write 1 edi+0', 'Read 1 esi+0'])
  })

  test('a write of 32 bits is one of 64 in 64-bit mode, one of XMM by VEX is one of ZMM', () => {
    expect(registersOf('89 d8', 64)).toEqual(['Write rax', 'Read ebx'])
    expect(registersOf('c5 f0 58 c2', 64)).toEqual(['Write zmm0', 'Read xmm1', 'Read xmm2'])
    expect(registersOf('0f 58 c2', 64)).toEqual(['ReadWrite xmm0', 'Read xmm2'])
  })

  test('zeroing idioms read nothing, and merging reads what the mask excludes', () => {
    expect(registersOf('31 c0')).toEqual(['Write eax'])
    expect(registersOf('62 f1 74 49 58 c2', 64)).toContain('ReadConditionalWrite zmm0')
    expect(registersOf('62 f1 74 c9 58 c2', 64)).toContain('Write zmm0')
  })

  test('how far the stack pointer moves', () => {
    const increment = (hex: string, bitness: Bitness = 32): number => stackPointerIncrement(decoded(hex, bitness))
    expect([increment('50'), increment('58'), increment('60'), increment('c2 08 00'), increment('cf')]).toEqual([
      -4, 4, -32, 12, 12,
    ])
    expect([increment('e8 00 00 00 00', 64), increment('48 cf', 64), increment('c8 10 00 01')]).toEqual([-8, 40, -24])
    expect([increment('90'), increment('c9'), increment('cd 80')]).toEqual([0, 0, 0])
  })

  test('a record is reused', () => {
    const record = new InstructionUses()
    usesInto(decoded('f3 a4', 32), record)
    usesInto(decoded('90', 32), record)
    expect([record.registerCount, record.memoryCount]).toEqual([0, 0])
  })
})
