import { describe, expect, it } from 'vitest'
import { Layout } from '../../src/state/layout.ts'
import { Callout } from '../../src/system/callouts.ts'
import { cpuModel, defineModel, mica32 } from '../../src/system/cpu-models.ts'
import { Vector, noErrorCode } from '../../src/system/guest-fault.ts'
import type { CpuModel } from '../../src/system/types.ts'
import { type Machine, Selector, protectedMachine } from './machine.ts'

function write(machine: Machine, address: number, low: number, high: number = 0): number {
  machine.state.setGpr(0, low)
  machine.state.setGpr(1, address)
  machine.state.setGpr(2, high)
  return machine.callout(Callout.Wrmsr)
}

function read(machine: Machine, address: number): [low: number, high: number] {
  machine.state.setGpr(1, address)
  machine.run(Callout.Rdmsr)
  return [machine.state.gpr(0), machine.state.gpr(2)]
}

describe('model-specific registers', () => {
  it.each([
    ['SYSENTER_CS', 0x174, 0x60, 0],
    ['SYSENTER_ESP', 0x175, 0xc123_4567, 0],
    ['SYSENTER_EIP', 0x176, 0xc000_1000, 0],
    ['PAT', 0x277, 0x0007_0106, 0x0007_0106],
    ['MTRR default', 0x2ff, 0xc06, 0],
    ['fixed MTRR', 0x250, 0x0606_0606, 0x0505_0401],
    ['last fixed MTRR', 0x26f, 0x0606_0606, 0],
    ['variable MTRR base', 0x200, 0xe000_0001, 0xf],
    ['variable MTRR mask', 0x20f, 0xf000_0800, 0xf],
    ['time-stamp counter', 0x10, 0x1234_5678, 0x9abc_def0],
  ])('%s reads back', (_title, address, low, high) => {
    const machine = protectedMachine(mica32({ apic: true, noExecute: true }))
    expect(write(machine, address, low, high)).toBe(0)
    expect(read(machine, address)).toEqual([low, high])
  })

  it.each([
    ['an unknown register', 0x1234, 0, 0],
    ['an unknown high register', 0xc000_0102, 0, 0],
    ['MTRRCAP', 0xfe, 0, 0],
    ['a reserved PAT type', 0x277, 0x0000_0002, 0],
    ['a reserved MTRR type', 0x200, 2, 0],
    ['an MTRR base beyond the address width', 0x200, 6, 0x10],
    ['MTRR mask bit 0', 0x201, 1, 0],
    ['a reserved bit of the MTRR default', 0x2ff, 0x106, 0],
    ['EFER.LME', 0xc000_0080, 0x100, 0],
    ['a reserved bit of APIC_BASE', 0x1b, 0xfee0_0a00, 0],
    ['a reserved bit of MISC_ENABLE', 0x1a0, 3, 0],
    ['a reserved bit of its high half', 0x1a0, 1, 1],
  ])('%s is #GP(0)', (_title, address, low, high) => {
    const machine = protectedMachine(mica32({ apic: true, noExecute: true }))
    expect(write(machine, address, low, high)).toBe(1)
    expect(machine.fault).toEqual([Vector.GP, 0])
  })

  it('EFER.NXE reaches the MMU where the model has it', () => {
    const machine = protectedMachine(mica32({ noExecute: true }))
    write(machine, 0xc000_0080, 0x800)
    expect(machine.configured.at(-1)!.efer).toBe(0x800)
    expect(write(protectedMachine(), 0xc000_0080, 0x800)).toBe(1)
  })

  it('APIC_BASE keeps its bootstrap flag and is told', () => {
    const machine = protectedMachine(mica32({ apic: true }))
    expect(read(machine, 0x1b)).toEqual([0xfee0_0900, 0])
    write(machine, 0x1b, 0xfec0_0800)
    expect(read(machine, 0x1b)).toEqual([0xfec0_0900, 0])
    expect(machine.apicBase).toBe(0xfec0_0900)
  })

  it("TSC_DEADLINE is the local APIC's timer, where the model has it, and armed anew when the counter is set", () => {
    const machine = protectedMachine(mica32({ apic: true, features: ['TSC_DEADLINE'] }))
    expect(write(machine, 0x6e0, 0x8765_4321, 0xfedc_ba98)).toBe(0)
    expect(machine.deadline).toEqual({ low: 0x8765_4321, high: 0xfedc_ba98 })
    expect(read(machine, 0x6e0)).toEqual([0x8765_4321, 0xfedc_ba98])
    write(machine, 0x10, 1, 0)
    expect(machine.deadlineWrites).toBe(2)
    expect(machine.deadline).toEqual({ low: 0x8765_4321, high: 0xfedc_ba98 })
    expect(write(protectedMachine(mica32({ apic: true })), 0x6e0, 0, 0)).toBe(1)
  })

  it('MISC_ENABLE takes what it could have, and keeps what this processor has: fast strings', () => {
    const machine = protectedMachine()
    // Bits 0, 3, 7, 11, 12, 16, 18, 22, 23 and 34. SDM vol. 4, table 2-2.
    expect(write(machine, 0x1a0, 0xc5_1889, 4)).toBe(0)
    expect(read(machine, 0x1a0)).toEqual([1, 0])
    expect(write(machine, 0x1a0, 0, 0)).toBe(0)
    expect(read(machine, 0x1a0)).toEqual([0, 0])
  })

  it('an old model has no RDMSR', () => {
    expect(protectedMachine(cpuModel('486')).faultOf(Callout.Rdmsr)).toEqual([Vector.UD, noErrorCode])
    expect(protectedMachine(cpuModel('pentium')).callout(Callout.Rdmsr)).toBe(1)
  })

  it('a boot protocol finds memory write-back', () => {
    expect(read(protectedMachine(), 0x2ff)).toEqual([0xc06, 0])
    expect(read(protectedMachine(), 0x277)).toEqual([0x0007_0406, 0x0007_0406])
    expect(read(protectedMachine(), 0xfe)).toEqual([0x508, 0])
  })
})

const text = (...registers: number[]): string =>
  registers
    .map((value) => String.fromCharCode(value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24))
    .join('')

function cpuid(model: CpuModel, leaf: number): { eax: number; ebx: number; ecx: number; edx: number } {
  const machine = protectedMachine(model)
  machine.state.setGpr(0, leaf)
  machine.state.setGpr(1, 0)
  machine.run(Callout.Cpuid)
  const [eax, ecx, edx, ebx] = [0, 1, 2, 3].map((register) => machine.state.gpr(register)) as [
    number,
    number,
    number,
    number,
  ]
  return { eax, ebx, ecx, edx }
}

describe('CPUID', () => {
  it('names vendor, hypervisor and brand', () => {
    const leaf0 = cpuid(mica32(), 0)
    expect(text(leaf0.ebx, leaf0.edx, leaf0.ecx)).toBe('GenuineIntel')
    const hypervisor = cpuid(mica32(), 0x4000_0000)
    expect(text(hypervisor.ebx, hypervisor.ecx, hypervisor.edx)).toBe('MicaMicaMica')
    const brand = [0x8000_0002, 0x8000_0003, 0x8000_0004].map((leaf) => {
      const { eax, ebx, ecx, edx } = cpuid(mica32(), leaf)
      return text(eax, ebx, ecx, edx)
    })
    expect(brand.join('').replace(/\0+$/, '')).toBe('Mica Virtual CPU')
  })

  it('tells the features of the default model', () => {
    const { eax, ecx, edx } = cpuid(mica32(), 1)
    expect([eax, ecx, edx]).toEqual([0x106ca, 0x8000_0000, 0x0103_b97f])
    expect(cpuid(mica32({ apic: true, features: ['MMX'] }), 1).edx).toBe(0x0183_bb7f)
    expect(cpuid(mica32({ noExecute: true }), 0x8000_0001).edx).toBe(1 << 20)
    expect(cpuid(mica32(), 0x8000_0008).eax).toBe(0x2024)
  })

  it('answers leaves beyond the highest like the highest basic one', () => {
    for (const leaf of [3, 0x1234, 0x8000_0009, 0xffff_ffff]) {
      expect(cpuid(mica32(), leaf)).toEqual(cpuid(mica32(), 2))
    }
    expect(cpuid(cpuModel('pentium3'), 0x4000_0000)).toEqual(cpuid(cpuModel('pentium3'), 2))
    expect(cpuid(cpuModel('pentium3'), 0x8000_0000)).toEqual(cpuid(cpuModel('pentium3'), 2))
    expect(cpuid(cpuModel('486'), 2)).toEqual(cpuid(cpuModel('486'), 1))
  })

  it('a model may announce newer features through leaf 7', () => {
    const base = defineModel({
      name: 'x',
      signature: 0x600,
      features: [],
      highestBasicLeaf: 2,
      physicalBits: 32,
    })
    const model: CpuModel = {
      name: 'with leaf 7',
      cpuid: (leaf, subleaf) => {
        if (leaf === 7) return { eax: 0, ebx: 0x10_0080, ecx: 4, edx: 0 }
        return leaf === 0 ? { ...base.cpuid(0, 0), eax: 7 } : base.cpuid(leaf, subleaf)
      },
    }
    const machine = protectedMachine(model)
    machine.run(Callout.MovToCr, 4, 0x30_0800)
    machine.toUser()
    expect(machine.faultOf(Callout.CheckProtected, 0, 0)).toEqual([Vector.GP, 0])
  })
})

describe('SYSENTER and SYSEXIT', () => {
  const prepared = (): Machine => {
    const machine = protectedMachine()
    write(machine, 0x174, Selector.KernelCode)
    write(machine, 0x175, 0x8800)
    write(machine, 0x176, 0xc000_1000)
    return machine
  }

  it('go to the fixed kernel and back to flat user segments', () => {
    const machine = prepared()
    const { state } = machine
    machine.toUser()
    machine.run(Callout.Sysenter)
    expect([state.eip, state.gpr(4), state.cpl, state.eflags]).toEqual([0xc000_1000, 0x8800, 0, 2])
    expect([state.selector(1), state.selector(2)]).toEqual([Selector.KernelCode, Selector.KernelData])
    expect(state.get(Layout.tlbFetch)).toBe(6)
    state.setGpr(2, 0x6000)
    state.setGpr(1, 0xb000)
    machine.run(Callout.Sysexit)
    expect([state.eip, state.gpr(4), state.cpl]).toEqual([0x6000, 0xb000, 3])
    expect([state.selector(1), state.selector(2)]).toEqual([Selector.UserCode, Selector.UserData])
    expect(state.get(Layout.tlbFetch)).toBe(5)
  })

  it('count as one entry of user mode, as an IRET to it does; returns within a privilege level do not', () => {
    const machine = prepared()
    const { state, unit } = machine
    const returnTo = (esp: number, ...frame: number[]): void => {
      frame.forEach((value, index) => machine.memory.write(esp + index * 4, 4, value, 0))
      state.setGpr(4, esp)
      machine.run(Callout.Iret, 4)
    }
    returnTo(0x8000, 0x6000, Selector.KernelCode, 2)
    expect([unit.userEntries, state.cpl]).toEqual([0, 0])
    returnTo(0x8000, 0x6000, Selector.UserCode, 2, 0xb000, Selector.UserData)
    expect([unit.userEntries, state.cpl]).toEqual([1, 3])
    returnTo(0xb000, 0x6000, Selector.UserCode, 2)
    machine.run(Callout.Sysenter)
    expect([unit.userEntries, state.cpl]).toEqual([1, 0])
    state.setGpr(2, 0x6000)
    state.setGpr(1, 0xb000)
    machine.run(Callout.Sysexit)
    expect([unit.userEntries, state.cpl]).toEqual([2, 3])
  })

  it('need a selector and protected mode', () => {
    expect(protectedMachine().faultOf(Callout.Sysenter)).toEqual([Vector.GP, 0])
    const machine = prepared()
    machine.run(Callout.MovToCr, 0, 0)
    expect(machine.faultOf(Callout.Sysenter)).toEqual([Vector.GP, 0])
    expect(protectedMachine(cpuModel('pentium')).faultOf(Callout.Sysenter)).toEqual([Vector.UD, noErrorCode])
  })
})
