// Oracle: SDM vol. 3, tables 2-2 (CR0) and 22-25 (CR4, CPUID), and the exception lists of vol. 2.
import { describe, expect, it } from 'vitest'
import { Layout } from '../../src/state/layout.ts'
import { defineModel, mica32, modelDefinitions } from '../../src/system/cpu-models.ts'
import type { CpuFeature } from '../../src/system/cpuid-bits.ts'
import type { CpuModel } from '../../src/system/types.ts'
import { VectorMachine } from './vector-machine.ts'

const [UD, NM, MF, XM] = [6, 7, 16, 19]
const addps = [0x0f, 0x58, 0xca]
const paddb = [0x0f, 0xfc, 0xca]
const emms = [0x0f, 0x77]
const movd = [0x66, 0x0f, 0x6e, 0xc0]
const pshufb = [0x66, 0x0f, 0x38, 0x00, 0xca]
const haddps = [0xf2, 0x0f, 0x7c, 0xca]
const ptest = [0x66, 0x0f, 0x38, 0x17, 0xca]
const crc32 = [0xf2, 0x0f, 0x38, 0xf1, 0xc0]
const movbe = [0x0f, 0x38, 0xf0, 0x07]
const ldmxcsr = [0x0f, 0xae, 0x17]
/** A model with all vector instructions but those. */
const without = (...lacking: CpuFeature[]): CpuModel =>
  defineModel({
    ...modelDefinitions.mica32,
    features: [...modelDefinitions['x86-64-v2'].features, 'MOVBE' as const].filter((name) => !lacking.includes(name)),
  })
const all = [addps, paddb, emms, movd, pshufb, haddps, ptest, ldmxcsr]

describe.each(['interpreter', 'translator'] as const)('the %s', (mode) => {
  it('runs all where nothing forbids it', () => {
    const machine = new VectorMachine({ mode })
    for (const code of [...all, crc32, movbe]) expect(machine.run(...code)).toBe(-1)
  })

  it('raises #UD for all with CR0.EM, whatever CR0.TS says', () => {
    for (const cr0 of [0x35, 0x3d]) {
      for (const code of all) expect(new VectorMachine({ mode, cr0 }).run(...code)).toBe(UD)
    }
  })

  it('raises #NM for all with CR0.TS', () => {
    for (const code of all) expect(new VectorMachine({ mode, cr0: 0x39 }).run(...code)).toBe(NM)
  })

  it('needs CR4.OSFXSR for XMM registers and MXCSR, not for MMX registers', () => {
    for (const code of all) {
      const mmx = code === paddb || code === emms
      expect(new VectorMachine({ mode, cr4: 0x400 }).run(...code)).toBe(mmx ? -1 : UD)
    }
  })

  it.each([
    ['nothing', mica32(), [...all, crc32, movbe]],
    ['MMX alone', mica32({ features: ['MMX'] }), [addps, movd, pshufb, haddps, ptest, ldmxcsr, crc32, movbe]],
    ['SSE', mica32({ features: ['MMX', 'SSE'] }), [movd, pshufb, haddps, ptest, crc32, movbe]],
    ['SSE2', mica32({ features: ['MMX', 'SSE', 'SSE2'] }), [pshufb, haddps, ptest, crc32, movbe]],
    ['all but SSE3', without('SSE3'), [haddps]],
    ['all but SSE4', without('SSE4_1', 'SSE4_2'), [ptest, crc32]],
  ])('raises #UD for what a model with %s lacks', (_, model, lacking) => {
    for (const code of [...all, crc32, movbe]) {
      const machine = new VectorMachine({ mode, model, cr4: 0x600 })
      expect(machine.run(...code)).toBe((lacking as readonly number[][]).includes(code) ? UD : -1)
    }
  })

  it('follows CR0 and CR4 when the guest writes them: CLTS, and MOV to CR4', () => {
    const machine = new VectorMachine({ mode, cr0: 0x39, cr4: 0 })
    const clts = [0x0f, 0x06]
    // MOV EAX, 600H; MOV CR4, EAX
    const enable = [0xb8, 0x00, 0x06, 0x00, 0x00, 0x0f, 0x22, 0xe0]
    expect(machine.run(...clts, ...enable, ...addps)).toBe(-1)
    // MOV EAX, CR0; OR AL, 8; MOV CR0, EAX
    expect(machine.run(0x0f, 0x20, 0xc0, 0x0c, 0x08, 0x0f, 0x22, 0xc0, ...addps)).toBe(NM)
  })

  it('reports an error that waits in the x87 before an MMX instruction, not before one on XMM registers', () => {
    for (const [code, vector] of [
      [paddb, MF],
      [emms, MF],
      [addps, -1],
    ] as const) {
      const machine = new VectorMachine({ mode })
      machine.set(Layout.x87Status, 0x80)
      expect(machine.run(...code)).toBe(vector)
    }
  })

  it('raises #XM for an unmasked exception, or #UD without CR4.OSXMMEXCPT, and keeps the destination', () => {
    for (const [cr4, vector] of [
      [0x600, XM],
      [0x200, UD],
    ] as const) {
      const machine = new VectorMachine({ mode, cr4 })
      machine.set(Layout.mxcsr, 0x1f00) // invalid operation unmasked
      machine.xmm(1).set([0, 0, 0x80, 0x7f])
      machine.xmm(2).set([0, 0, 0x80, 0xff])
      const before = machine.xmm(1).slice()
      expect(machine.run(...addps)).toBe(vector)
      expect(machine.xmm(1)).toEqual(before)
      expect(machine.get(Layout.mxcsr)).toBe(0x1f01)
    }
  })

  it('refuses reserved bits of MXCSR', () => {
    const machine = new VectorMachine({ mode })
    machine.machine.write32(0x4000, 0x1_1f80)
    expect(machine.run(...ldmxcsr)).toBe(13)
    expect(machine.get(Layout.mxcsr)).toBe(0x1f80)
    machine.machine.write32(0x4000, 0xffbf)
    const stmxcsr = [0x0f, 0xae, 0x5f, 0x08]
    expect(machine.run(...ldmxcsr, ...stmxcsr)).toBe(-1)
    expect(machine.machine.read32(0x4008)).toBe(0xffbf)
  })

  it('lets fences, prefetches and CLFLUSH pass', () => {
    const machine = new VectorMachine({ mode })
    expect(machine.run(0x0f, 0xae, 0xf8, 0x0f, 0xae, 0xe8, 0x0f, 0xae, 0xf0, 0x0f, 0xae, 0x3f, 0x0f, 0x18, 0x07)).toBe(
      -1,
    )
  })
})
