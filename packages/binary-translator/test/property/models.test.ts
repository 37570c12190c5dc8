// Oracle: CPUID, as the guest itself reads it, and the decoder's word for what an encoding came with, which iced-x86 confirms.
import { Operation, facts, formCount } from '@mica-vm/x86-decoder'
import { describe, expect, it } from 'vitest'
import { ShapeTable } from '../../src/emit/described.ts'
import { Layout, Mode } from '../../src/state/layout.ts'
import { addableFeatures, cpuModel, modelNames } from '../../src/system/cpu-models.ts'
import { isCpuFeature, placeOf } from '../../src/system/cpuid-bits.ts'
import type { CpuModel } from '../../src/system/types.ts'
import { FlatMachine } from '../../src/testing/index.ts'
import type { EngineMode } from '../../src/types.ts'
import { forEachEncoding } from '../random/encodings.ts'

const codeAt = 0x1000
const dataAt = 0x4000
const hlt = 0xf4
const UD = 6

/** One encoding of each form of the table. */
const encodings = new Map<number, Uint8Array>()
forEachEncoding(32, (bytes, { code, length, lock }) => {
  if (!encodings.has(code) && lock === 0) encodings.set(code, bytes.slice(0, length))
})

/** Raise #UD whatever CPUID says: UDn, RSM outside of SMM, control register 0's neighbours. */
const never = new Set<number>([Operation.Ud0, Operation.Ud1, Operation.Ud2, Operation.Rsm])
/** Prefixes that older processors ignore, so that their instruction runs. */
const prefixIgnored = new Set<number>([Operation.Lzcnt, Operation.Tzcnt, Operation.Pause, Operation.Wbnoinvd])
/** In the range of no-operations that came with the P6, 0F 18 to 0F 1F: SDM vol. 2, NOP. */
const isHint = (encoding: string): boolean => /^(F3 |NP )?0F(1[89A-F]|0D r)/.test(encoding)
/** Not of VEX, EVEX or XOP, and no operation of 3DNow! */
const isLegacy = (encoding: string): boolean => !/(^| )([VEX]\d?0?F?|0F0F[0-9A-F])/.test(encoding)
const everywhere = ['8086', '186', '286', '386', '486', 'CPUID', 'FPU', '287', '387']

class Guest {
  readonly #machine: FlatMachine

  constructor(mode: EngineMode, model: CpuModel) {
    this.#machine = new FlatMachine({ mode, model, ramBytes: 0x8000 })
  }

  /** Runs `code` at privilege level 0 with nothing forbidden: the vector of its exception, -1: none. */
  run(code: ArrayLike<number>, eax = 0, ecx = 0): number {
    const machine = this.#machine
    const { state, vcpu } = machine
    const registers = { eax, ecx, edx: 0, ebx: dataAt, esp: dataAt + 0x800, ebp: dataAt, esi: dataAt, edi: dataAt }
    machine.start({ eip: codeAt, cr0: 0x31, registers })
    state.set(Layout.cr4, 0x4_0600)
    vcpu.system.refresh()
    state.set(Layout.idtrLimit, 0)
    machine.write(codeAt, [...Array.from(code), hlt])
    vcpu.statistics.exceptions.fill(0)
    machine.run(1)
    return vcpu.statistics.exceptions.findIndex((count) => count > 0)
  }

  cpuid(leaf: number, subleaf = 0): readonly [eax: number, ecx: number, edx: number, ebx: number] {
    this.run([0x0f, 0xa2], leaf, subleaf)
    const { state } = this.#machine
    return [state.gpr(0), state.gpr(1), state.gpr(2), state.gpr(3)]
  }

  announces(word: string): boolean {
    if (everywhere.includes(word)) return true
    if (word === 'PPRO') return this.announces('CMOV')
    if (word === 'RDPMC') return this.isP6
    if (!isCpuFeature(word)) return false
    const { leaf, subleaf, register, bit } = placeOf(word)
    const highest = this.cpuid(leaf >= 0x8000_0000 ? 0x8000_0000 : 0)[0]
    if (highest < leaf) return false
    return ((this.cpuid(leaf, subleaf)[['eax', 'ecx', 'edx', 'ebx'].indexOf(register)]! >>> bit) & 1) !== 0
  }

  get isP6(): boolean {
    return ((this.cpuid(1)[0] >>> 8) & 15) >= 6
  }
}

function isExpected(guest: Guest, code: number, words: Map<string, boolean>): boolean {
  const { operation, cpuFeature, encoding } = facts(code)
  if (never.has(operation)) return false
  if (prefixIgnored.has(operation)) return true
  if (isHint(encoding)) return guest.isP6
  let announced = words.get(cpuFeature)
  if (announced === undefined) words.set(cpuFeature, (announced = guest.announces(cpuFeature)))
  return announced
}

const models: readonly (readonly [string, CpuModel])[] = [
  ...modelNames.map((name) => [name, cpuModel(name)] as const),
  ['x86-64-v2 with all that can be added', cpuModel('x86-64-v2', addableFeatures)],
]

describe.each(['interpreter', 'translator'] as const)('the %s', (mode) => {
  it.each(models)('raises #UD on %s for exactly what CPUID does not announce', (_, model) => {
    const guest = new Guest(mode, model)
    const words = new Map<string, boolean>()
    const wrong: string[] = []
    for (const [code, bytes] of encodings) {
      const isDefined = guest.run(bytes) !== UD
      if (isDefined !== isExpected(guest, code, words)) wrong.push(`${facts(code).encoding}: ${isDefined}`)
    }
    expect(wrong).toEqual([])
  })
})

it('met every legacy form that 32-bit code has', () => {
  const missing: string[] = []
  for (let code = 1; code < formCount(); code++) {
    const { encoding, validOutside64BitMode } = facts(code)
    if (validOutside64BitMode && isLegacy(encoding) && !encodings.has(code)) missing.push(encoding)
  }
  // The first is of 64-bit code; 3DNow! operations have forms of their own.
  expect(missing).toEqual(['0FC7 /1 m W1 cmpxchg16b Mx', '0F0F threednow Pq Qq Ib'])
})

it('units of processors with other instructions have other keys, and of equal processors the same', () => {
  const shapes = new ShapeTable()
  const modes = modelNames.map((name) => shapes.modeOf(cpuModel(name)))
  expect(new Set(modes).size).toBe(modelNames.length)
  expect(modelNames.map((name) => shapes.modeOf(cpuModel(name)))).toEqual(modes)
  for (const mode of modes) expect(mode & ((1 << Mode.instructionSet) - 1)).toBe(0)
})
