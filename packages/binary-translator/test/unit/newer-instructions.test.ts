// Oracle: SDM vol. 2, RDRAND, RDSEED, RDTSCP, MONITOR, MWAIT, LZCNT, TZCNT; FIPS 197, appendix C.1, for AES.
import { describe, expect, it } from 'vitest'
import { Layout } from '../../src/state/layout.ts'
import { cpuModel } from '../../src/system/cpu-models.ts'
import { FakeRandom, FlatMachine } from '../../src/testing/index.ts'
import type { EngineMode } from '../../src/types.ts'
import { Vcpu } from '../../src/vcpu.ts'
import { fullModel } from '../random/full-model.ts'
import { VectorMachine } from '../sse/vector-machine.ts'

const hlt = 0xf4

function ran(mode: EngineMode, code: readonly number[], registers = {}, model = fullModel()): FlatMachine {
  const machine = new FlatMachine({ mode, model, ramBytes: 0x8000 })
  machine.start({ eip: 0x1000, registers, eflags: 0x8d7 })
  machine.write(0x1000, [...code, hlt])
  machine.state.set(Layout.idtrLimit, 0)
  machine.run(10)
  return machine
}

const exceptionOf = ({ vcpu }: FlatMachine): number => vcpu.statistics.exceptions.findIndex((count) => count > 0)

describe.each(['interpreter', 'translator'] as const)('the %s', (mode) => {
  it('takes the numbers of RDRAND and RDSEED from its port, and CF says that there was one', () => {
    const numbers = new FakeRandom()
    // RDRAND ECX; RDSEED DX
    const { state } = ran(mode, [0x0f, 0xc7, 0xf1, 0x66, 0x0f, 0xc7, 0xfa], { edx: 0xffff_ffff })
    expect(state.gpr(1)).toBe(numbers.next())
    expect(state.gpr(2)).toBe(((numbers.next() & 0xffff) | 0xffff_0000) >>> 0)
    expect(state.eflags & 0x8d5).toBe(1)
  })

  it('RDTSCP names the processor by IA32_TSC_AUX', () => {
    // MOV ECX, C000_0103H; MOV EAX, 1234H; XOR EDX, EDX; WRMSR; RDTSCP
    const code = [0xb9, 0x03, 0x01, 0x00, 0xc0, 0xb8, 0x34, 0x12, 0, 0, 0x31, 0xd2, 0x0f, 0x30, 0x0f, 0x01, 0xf9]
    expect(ran(mode, code).state.gpr(1)).toBe(0x1234)
  })

  it('MONITOR reads its line, MWAIT goes on; neither takes unknown extensions', () => {
    const monitor = [0x0f, 0x01, 0xc8]
    const mwait = [0x0f, 0x01, 0xc9]
    expect(exceptionOf(ran(mode, [...monitor, ...mwait]))).toBe(-1)
    expect(exceptionOf(ran(mode, mwait, { ecx: 1 }))).toBe(-1)
    expect(exceptionOf(ran(mode, monitor, { ecx: 1 }))).toBe(13)
    expect(exceptionOf(ran(mode, mwait, { ecx: 2 }))).toBe(13)
    expect(exceptionOf(ran(mode, monitor, { eax: 0x9000_0000 }))).toBe(14)
  })

  it('LZCNT is BSR, and TZCNT BSF, to a processor without them', () => {
    const lzcnt = [0xf3, 0x0f, 0xbd, 0xc1]
    const tzcnt = [0xf3, 0x0f, 0xbc, 0xd1]
    expect(ran(mode, lzcnt, { ecx: 0x10_0000 }).state.gpr(0)).toBe(11)
    const old = cpuModel('pentium3')
    const { state } = ran(mode, [...lzcnt, ...tzcnt], { ecx: 0x10_0000 }, old)
    expect([state.gpr(0), state.gpr(2)]).toEqual([20, 20])
    // A zero source leaves the destination alone.
    expect(ran(mode, lzcnt, { eax: 77 }, old).state.gpr(0)).toBe(77)
  })

  it('encrypts the example of FIPS 197 with keys of its own making', () => {
    const machine = new VectorMachine({ mode })
    const bytes = (text: string): number[] => text.match(/../g)!.map((byte) => parseInt(byte, 16))
    machine.xmm(0).set(bytes('00112233445566778899aabbccddeeff'))
    machine.xmm(1).set(bytes('000102030405060708090a0b0c0d0e0f'))
    machine.run(0x66, 0x0f, 0xef, 0xc1) // PXOR XMM0, XMM1
    for (let round = 1; round <= 10; round++) {
      const constant = [1, 2, 4, 8, 0x10, 0x20, 0x40, 0x80, 0x1b, 0x36][round - 1]!
      machine.run(
        ...[0x66, 0x0f, 0x3a, 0xdf, 0xd1, constant, 0x66, 0x0f, 0x70, 0xd2, 0xff], // AESKEYGENASSIST; PSHUFD XMM2, XMM2, FFH
        ...[0x66, 0x0f, 0x6f, 0xd9, 0x66, 0x0f, 0x73, 0xfb, 4, 0x66, 0x0f, 0xef, 0xcb], // MOVDQA XMM3, XMM1; PSLLDQ XMM3, 4; PXOR XMM1, XMM3
        ...[0x66, 0x0f, 0x73, 0xfb, 4, 0x66, 0x0f, 0xef, 0xcb, 0x66, 0x0f, 0x73, 0xfb, 4, 0x66, 0x0f, 0xef, 0xcb],
        ...[0x66, 0x0f, 0xef, 0xca, 0x66, 0x0f, 0x38, round < 10 ? 0xdc : 0xdd, 0xc1], // PXOR XMM1, XMM2; AESENC(LAST) XMM0, XMM1
      )
    }
    expect([...machine.xmm(0)]).toEqual(bytes('69c4e0d86a7b0430d8cdb78070b4c55a'))
  })
})

it('a model with RDRAND needs a source of numbers', () => {
  const { engine, mmu, io, interrupts } = new FlatMachine()
  const model = cpuModel('mica32', ['RDRAND'])
  const create = (): unknown => new Vcpu({ engine, base: 4096, mmu, io, interrupts, model })
  expect(create).toThrow(/mica32 has RDRAND or RDSEED: give the vCPU `random`/)
})
