// #AC: SDM vol. 3, section 6.15, interrupt 17, and table 6-7. What each operand asks for was seen on a processor of family 6.
import { describe, expect, it } from 'vitest'
import { Flag, Layout } from '../../src/state/layout.ts'
import { fullModel } from '../random/full-model.ts'
import { FlatMachine } from '../../src/testing/index.ts'

const code = 0x1000
const data = 0x8000
const little = (value: number): number[] => [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff)
const [alignmentMask, userCode, userData] = [0x4_0000, 0xc0fb, 0xc0f3]

/** The operand's bytes are at the end of the instruction; the number is the alignment that a real processor asks for. */
const operands: readonly (readonly [name: string, bytes: readonly number[], alignment: number])[] = [
  ['MOV AL', [0xa0], 1],
  ['MOV AX', [0x66, 0xa1], 2],
  ['MOV EAX', [0xa1], 4],
  ['MOV to memory', [0xa3], 4],
  ['ADD to memory', [0x01, 0x05], 4],
  ['FLD m64', [0xdd, 0x05], 8],
  ['FILD m64', [0xdf, 0x2d], 8],
  ['FLD m80', [0xdb, 0x2d], 8],
  ['FSTP m80', [0xdb, 0x3d], 8],
  ['FNSTCW', [0xd9, 0x3d], 2],
  ['FNSTENV', [0xd9, 0x35], 4],
  ['FNSAVE', [0xdd, 0x35], 4],
  ['MOVQ', [0x0f, 0x6f, 0x05], 8],
  ['MOVLPS', [0x0f, 0x12, 0x05], 8],
  ['MOVUPS', [0x0f, 0x10, 0x05], 1],
  ['MOVDQU', [0xf3, 0x0f, 0x6f, 0x05], 1],
  ['LDDQU', [0xf2, 0x0f, 0xf0, 0x05], 1],
  ['CMPXCHG8B', [0x0f, 0xc7, 0x0d], 8],
]

interface Choice {
  readonly cpl?: 0 | 3
  readonly cr0?: number
  readonly flag?: number
}

/** The number of #AC that an instruction raises. */
function raised(
  mode: 'interpreter' | 'translator',
  bytes: readonly number[],
  address: number,
  choice: Choice = {},
): number {
  const { cpl = 3, cr0 = alignmentMask, flag = Flag.AC } = choice
  const machine = new FlatMachine({ mode, ramBytes: 0x2_0000, model: fullModel() })
  machine.write(code, [...bytes, ...little(address), 0xf4])
  const flat = { base: 0, limit: 0xffff_ffff }
  const segment = { ...flat, selector: 0x20 | cpl, attributes: cpl === 3 ? userData : 0xc093 }
  machine.start({
    eip: code,
    eflags: 2 | flag,
    cr0: 0x11 | cr0,
    registers: { esp: 0x9000 },
    segments: {
      1: { ...flat, selector: 0x18 | cpl, attributes: cpl === 3 ? userCode : 0xc09b },
      0: segment,
      2: segment,
      3: segment,
    },
  })
  machine.state.set(Layout.cr4, 0x600)
  machine.vcpu.system.refresh()
  machine.run(1)
  return machine.vcpu.statistics.exceptions[17]!
}

describe.each(['interpreter', 'translator'] as const)('alignment checks of the %s', (mode) => {
  it.each(operands)('ask of %s what a real processor asks', (name, bytes, alignment) => {
    for (const offset of [0, 1, 2, 4, 8]) {
      const expected = offset % alignment === 0 ? 0 : 1
      expect([name, offset, raised(mode, bytes, data + offset)]).toEqual([name, offset, expected])
    }
  })

  it('need CR0.AM, EFLAGS.AC and CPL 3', () => {
    for (const choice of [{ cr0: 0 }, { flag: 0 }, { cpl: 0 }] as const) {
      expect(raised(mode, [0xa1], data + 1, choice)).toBe(0)
    }
  })

  it('come after a page fault of the same operand', () => {
    expect(raised(mode, [0xa1], 0x4_0001)).toBe(0)
  })

  it('begin with the POPF that sets AC, and end with the one that clears it', () => {
    const machine = new FlatMachine({ mode, ramBytes: 0x2_0000 })
    const flat = { base: 0, limit: 0xffff_ffff }
    const segment = { ...flat, selector: 0x23, attributes: userData }
    const pushAndPop = (flags: number): number[] => [0x68, ...little(flags), 0x9d]
    const load = [0xa1, ...little(data + 1)]
    machine.write(code, [
      ...load,
      ...pushAndPop(2 | Flag.AC),
      ...pushAndPop(2),
      ...load,
      ...pushAndPop(2 | Flag.AC),
      ...load,
    ])
    const start = {
      eip: code,
      cr0: 0x11 | alignmentMask,
      registers: { esp: 0x9000 },
      segments: { 1: { ...flat, selector: 0x1b, attributes: userCode }, 0: segment, 2: segment, 3: segment },
    }
    machine.start(start)
    machine.run(8)
    expect(machine.vcpu.statistics.exceptions[17]).toBe(0)
    machine.run(1)
    expect(machine.vcpu.statistics.exceptions[17]).toBe(1)
  })
})
