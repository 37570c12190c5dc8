// Oracle: SDM vol. 1, chapter 13, and the exception lists of vol. 2: XSAVE, XSAVEOPT, XSAVEC, XRSTOR, XGETBV, XSETBV.
import { beforeEach, describe, expect, it } from 'vitest'
import { Layout } from '../../src/state/layout.ts'
import { VectorMachine, counting, dataPage } from './vector-machine.ts'

const [UD, NM, GP] = [6, 7, 13]
const area = dataPage + 0x400
const [xsave, xrstor, xsaveopt, xsavec] = [
  [0x0f, 0xae, 0x27],
  [0x0f, 0xae, 0x2f],
  [0x0f, 0xae, 0x37],
  [0x0f, 0xc7, 0x27],
] as const
const xgetbv = [0x0f, 0x01, 0xd0] as const
const xsetbv = [0x0f, 0x01, 0xd1] as const
const osxsave = 0x4_0600

describe.each(['interpreter', 'translator'] as const)('the %s', (mode) => {
  let machine: VectorMachine

  beforeEach(() => (machine = made()))

  function made(cr0 = 0x31, cr4 = osxsave): VectorMachine {
    const made = new VectorMachine({ mode, cr0, cr4 })
    made.set(Layout.xcr0, 3)
    made.machine.state.setGpr(7, area)
    made.machine.state.setGpr(0, 3)
    made.set(Layout.x87Control, 0x37f)
    made.set(Layout.x87Tag, 0xffff)
    return made
  }

  const word = (at: number): number => machine.machine.read32(area + at)
  const put = (at: number, value: number): void => machine.machine.write32(area + at, value)
  const present = (): number[] => [word(512), word(516), word(520), word(524)]

  it('wants CR4.OSXSAVE, no task switch, and an area at a multiple of 64', () => {
    for (const code of [xsave, xrstor, xsaveopt, xsavec]) {
      expect(made().run(...code)).toBe(-1)
      expect(made(0x31, 0x600).run(...code)).toBe(UD)
      expect(made(0x39).run(...code)).toBe(NM)
      // CR0.EM does not matter here.
      expect(made(0x35).run(...code)).toBe(-1)
      machine = made()
      machine.machine.state.setGpr(7, area + 32)
      expect(machine.run(...code)).toBe(GP)
    }
    expect(made(0x31, 0x600).run(...xgetbv)).toBe(UD)
    expect(made(0x31, 0x600).run(...xsetbv)).toBe(UD)
  })

  it('XSETBV takes the x87 alone or with SSE, and XGETBV tells it', () => {
    const set = (ecx: number, edx: number, eax: number): number => {
      machine.machine.state.setGpr(1, ecx)
      machine.machine.state.setGpr(2, edx)
      machine.machine.state.setGpr(0, eax)
      return machine.run(...xsetbv)
    }
    for (const value of [1, 3]) {
      expect(set(0, 0, value)).toBe(-1)
      machine.machine.state.setGpr(0, 0x55)
      expect(machine.run(...xgetbv)).toBe(-1)
      expect([machine.machine.state.gpr(0), machine.machine.state.gpr(2)]).toEqual([value, 0])
    }
    for (const [ecx, edx, eax] of [
      [0, 0, 0],
      [0, 0, 2],
      [0, 0, 7],
      [0, 1, 3],
      [1, 0, 3],
    ] as const)
      expect(set(ecx, edx, eax)).toBe(GP)
    expect(machine.run(...xgetbv)).toBe(GP)
  })

  it('CPUID tells what the system enabled', () => {
    for (const [cr4, expected] of [
      [osxsave, 3],
      [0x600, 1],
    ] as const) {
      machine = made(0x31, cr4)
      machine.machine.state.setGpr(0, 1)
      machine.run(0x0f, 0xa2)
      expect((machine.machine.state.gpr(1) >>> 26) & 3).toBe(expected)
    }
  })

  it('XSAVE writes what is asked for, and of the header which of it is not in its first state', () => {
    machine.xmm(2).set(counting)
    put(512, 0xf0)
    put(520, 0x1234)
    machine.machine.state.setGpr(0, 3)
    expect(machine.run(...xsave)).toBe(-1)
    expect(present()).toEqual([0xf2, 0, 0x1234, 0])
    expect([word(0), word(24), word(28), word(160 + 32)]).toEqual([0x37f, 0x1f80, 0xffff, 0x0403_0201])
    machine.machine.ram.fill(0xaa, area, area + 576)
    machine.machine.state.setGpr(0, 1)
    expect(machine.run(...xsave)).toBe(-1)
    expect([word(0), word(24), word(160)]).toEqual([0x37f, 0xaaaa_aaaa, 0xaaaa_aaaa])
    expect(present()).toEqual([0xaaaa_aaaa, 0xaaaa_aaaa, 0xaaaa_aaaa, 0xaaaa_aaaa])
  })

  it('XSAVEOPT and XSAVEC leave out what is in its first state; XSAVEC counts MXCSR to SSE', () => {
    machine.machine.ram.fill(0xaa, area, area + 512)
    expect(machine.run(...xsaveopt)).toBe(-1)
    expect([word(0), word(24), word(160), word(512)]).toEqual([0xaaaa_aaaa, 0x1f80, 0xaaaa_aaaa, 0])
    machine.machine.ram.fill(0xaa, area, area + 576)
    expect(machine.run(...xsavec)).toBe(-1)
    expect([word(0), word(24), word(160), ...present()]).toEqual([
      0xaaaa_aaaa, 0xaaaa_aaaa, 0xaaaa_aaaa, 0, 0, 3, 0x8000_0000,
    ])
    machine.set(Layout.mxcsr, 0x1fa0)
    expect(machine.run(...xsavec)).toBe(-1)
    expect([word(0), word(24), word(160), word(512)]).toEqual([0xaaaa_aaaa, 0x1fa0, 0, 2])
  })

  it('XRSTOR gives back what XSAVE and XSAVEC saved, and the first state for what they left out', () => {
    for (const code of [xsave, xsavec]) {
      machine = made()
      machine.xmm(7).set(counting)
      machine.set(Layout.mxcsr, 0x1fa0)
      machine.run(0xd9, 0xe8) // FLD1
      expect(machine.run(...code)).toBe(-1)
      machine.xmm(7).fill(0)
      machine.set(Layout.mxcsr, 0x1f80)
      machine.run(0xdb, 0xe3) // FNINIT
      expect(machine.run(...xrstor)).toBe(-1)
      expect([...machine.xmm(7)]).toEqual(counting)
      expect(machine.get(Layout.mxcsr)).toBe(0x1fa0)
      expect(machine.get(Layout.x87Status) & 0x3800).toBe(0x3800)
      expect(machine.physical(7)[9]).toBe(0x3f)
      put(512, 0)
      expect(machine.run(...xrstor)).toBe(-1)
      expect([...machine.xmm(7)]).toEqual(counting.map(() => 0))
      // The standard form loads MXCSR all the same.
      expect(machine.get(Layout.mxcsr)).toBe(code === xsave ? 0x1fa0 : 0x1f80)
      expect([machine.get(Layout.x87Tag), machine.get(Layout.x87Control)]).toEqual([0xffff, 0x37f])
    }
  })

  it.each([
    ['a component that XCR0 lacks', [[512, 4]]],
    ['a component in the high half', [[516, 1]]],
    ['reserved bytes of the standard form', [[528, 1]]],
    ['a compaction field without its highest bit', [[520, 1]]],
    [
      'a component that the compacted form does not have',
      [
        [512, 3],
        [520, 1],
        [524, 0x8000_0000],
      ],
    ],
    [
      'a compacted component that XCR0 lacks',
      [
        [520, 7],
        [524, 0x8000_0000],
      ],
    ],
    [
      'reserved bytes of the compacted form',
      [
        [520, 3],
        [524, 0x8000_0000],
        [572, 1],
      ],
    ],
    ['reserved bits of MXCSR', [[24, 0x1_0000]]],
  ] as const)('XRSTOR raises #GP for %s, and changes nothing', (_, words) => {
    machine.xmm(1).set(counting)
    put(24, 0x1f80)
    for (const [at, value] of words) put(at, value)
    expect(machine.run(...xrstor)).toBe(GP)
    expect([...machine.xmm(1)]).toEqual(counting)
  })
})
