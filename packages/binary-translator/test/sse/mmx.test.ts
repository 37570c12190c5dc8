// Oracle: SDM vol. 1, section 9.6.2: what MMX instructions do to the x87's registers, tags and TOP.
import { describe, expect, it } from 'vitest'
import { Layout } from '../../src/state/layout.ts'
import { VectorMachine, counting } from './vector-machine.ts'

describe.each(['interpreter', 'translator'] as const)('the %s', (mode) => {
  const machineWith = (top: number): VectorMachine => {
    const machine = new VectorMachine({ mode })
    machine.set(Layout.x87Tag, 0xffff)
    machine.set(Layout.x87Status, (top << 11) | 0x4700)
    machine.set(Layout.x87Top, top << 11)
    return machine
  }

  it.each([
    ['PADDB', [0x0f, 0xfc, 0xca]],
    ['MOVQ', [0x0f, 0x6f, 0xca]],
    ['MOVQ from memory', [0x0f, 0x6f, 0x0f]],
    ['MOVD', [0x0f, 0x6e, 0xc8]],
    ['PSLLW', [0x0f, 0x71, 0xf1, 0x03]],
    ['PINSRW', [0x0f, 0xc4, 0xc8, 0x02]],
    ['MOVDQ2Q', [0xf2, 0x0f, 0xd6, 0xca]],
    ['CVTPS2PI', [0x0f, 0x2d, 0xca]],
  ])('%s makes all registers valid, TOP zero, and the exponent of what it writes all ones', (_, code) => {
    const machine = machineWith(5)
    expect(machine.run(...code)).toBe(-1)
    expect(machine.get(Layout.x87Tag)).toBe(0)
    expect(machine.get(Layout.x87Status)).toBe(0x4700)
    expect(machine.get(Layout.x87Top)).toBe(0)
    expect([...machine.physical(1).subarray(8)]).toEqual([0xff, 0xff])
    expect([...machine.physical(2).subarray(8)]).toEqual([0, 0])
  })

  it.each([
    ['PMOVMSKB', [0x0f, 0xd7, 0xca]],
    ['MOVD to a register', [0x0f, 0x7e, 0xc8]],
    ['MOVQ to memory', [0x0f, 0x7f, 0x0f]],
    ['MOVNTQ', [0x0f, 0xe7, 0x0f]],
    ['MOVQ2DQ', [0xf3, 0x0f, 0xd6, 0xca]],
    ['CVTPI2PS', [0x0f, 0x2a, 0xca]],
  ])('%s, which writes no MMX register, does the same to tags and TOP', (_, code) => {
    const machine = machineWith(3)
    expect(machine.run(...code)).toBe(-1)
    expect(machine.get(Layout.x87Tag)).toBe(0)
    expect(machine.get(Layout.x87Status)).toBe(0x4700)
    expect(machine.get(Layout.x87Top)).toBe(0)
    expect([...machine.physical(1).subarray(8)]).toEqual([0, 0])
  })

  it('EMMS empties all registers and makes TOP zero, as the CPU at hand does too', () => {
    const machine = machineWith(6)
    machine.set(Layout.x87Tag, 0)
    expect(machine.run(0x0f, 0x77)).toBe(-1)
    expect(machine.get(Layout.x87Tag)).toBe(0xffff)
    expect(machine.get(Layout.x87Status)).toBe(0x4700)
    expect(machine.get(Layout.x87Top)).toBe(0)
  })

  it('MM registers are the physical registers, wherever TOP was', () => {
    const machine = machineWith(4)
    machine.physical(2).set(counting.slice(0, 8))
    expect(machine.run(0x0f, 0x6f, 0xca)).toBe(-1) // MOVQ MM1, MM2
    expect([...machine.physical(1).subarray(0, 8)]).toEqual(counting.slice(0, 8))
  })
})
