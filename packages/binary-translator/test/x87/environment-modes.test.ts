// Oracle: SDM vol. 1, figures 8-9 to 8-12: what FNSTENV stores depends on the mode and the operand size; FLDENV takes it back.
import { describe, expect, it } from 'vitest'
import { Layout } from '../../src/state/layout.ts'
import type { SegmentState } from '../../src/system/types.ts'
import { FlatMachine } from '../../src/testing/index.ts'

const code = { selector: 0x1100, base: 0x1_1000 }
const data = { selector: 0x1200, base: 0x1_2000 }
const eip = 0x10
/** FLD1; FLD DWORD [100H]; FNSTENV [200H]; o32 FNSTENV [300H]; FNINIT; o32 FLDENV [300H]; FNSTENV [400H]. */
const program = [
  ...[0xd9, 0xe8, 0xd9, 0x06, 0x00, 0x01, 0xd9, 0x36, 0x00, 0x02, 0x66, 0xd9, 0x36, 0x00, 0x03],
  ...[0xdb, 0xe3, 0x66, 0xd9, 0x26, 0x00, 0x03, 0xd9, 0x36, 0x00, 0x04],
]
const instructions = 7
/** Of the FLD from memory, the last instruction that counts, and of its operand. */
const [ip, dp] = [eip + 2, 0x100]
const vm = 0x2_0000

const modes = [
  { name: 'real mode', cr0: 0x30, eflags: 2, attributes: [0x93, 0x93], isProtected: false },
  { name: 'virtual-8086 mode', cr0: 0x31, eflags: vm | 0x3002, attributes: [0xf3, 0xf3], isProtected: false },
  { name: 'protected mode', cr0: 0x31, eflags: 2, attributes: [0x9b, 0x93], isProtected: true },
] as const

describe.each(['interpreter', 'translator'] as const)('the %s', (mode) => {
  it.each(modes)('stores the environment as in $name', ({ cr0, eflags, attributes, isProtected }) => {
    const machine = new FlatMachine({ mode, ramBytes: 0x2_0000 })
    const of = ({ selector, base }: typeof code, rights: number): SegmentState => ({
      selector,
      base,
      limit: 0xffff,
      attributes: rights,
    })
    const ds = of(data, attributes[1])
    machine.start({ eip, cr0, eflags, segments: { 0: ds, 1: of(code, attributes[0]), 2: ds, 3: ds, 4: ds, 5: ds } })
    machine.state.set(Layout.x87Control, 0x37f)
    machine.state.set(Layout.x87Tag, 0xffff)
    machine.write(code.base + eip, program)
    machine.write32(data.base + dp, 0x3f80_0000)
    machine.run(instructions)
    const view = new DataView(machine.ram.buffer, machine.ram.byteOffset + data.base)
    const words = (at: number): number[] => Array.from({ length: 7 }, (_, i) => view.getUint16(at + 2 * i, true))
    const doublewords = (at: number): number[] => Array.from({ length: 7 }, (_, i) => view.getUint32(at + 4 * i, true))

    const [linearIp, linearDp] = [code.base + ip, data.base + dp]
    const high = (linear: number, shift: number): number => (linear >>> 16) << shift
    const narrow = isProtected
      ? [ip, code.selector, dp, data.selector]
      : [linearIp & 0xffff, high(linearIp, 12), linearDp & 0xffff, high(linearDp, 12)]
    const wide = isProtected
      ? [ip, code.selector, dp, 0xffff_0000 + data.selector]
      : [0xffff_0000 + (linearIp & 0xffff), high(linearIp, 12), 0xffff_0000 + (linearDp & 0xffff), high(linearDp, 12)]
    // Two numbers on the stack: TOP is 6, and registers 6 and 7 are valid.
    expect(words(0x200)).toEqual([0x37f, 0x3000, 0x0fff, ...narrow])
    expect(doublewords(0x300)).toEqual([0xffff_037f, 0xffff_3000, 0xffff_0fff, ...wide])
    expect(words(0x400)).toEqual(words(0x200))
  })
})
