import { describe, expect, it } from 'vitest'
import { Layout, Segment } from '../../src/state/layout.ts'
import { Callout } from '../../src/system/callouts.ts'
import { cpuModel, mica32 } from '../../src/system/cpu-models.ts'
import { Vector, noErrorCode } from '../../src/system/guest-fault.ts'
import { CalloutResult } from '../../src/system/system-unit.ts'
import { SystemRequest } from '../../src/system/types.ts'
import { Machine, Selector, protectedMachine } from './machine.ts'

describe('control registers', () => {
  it('CR0 keeps its defined bits, and ET is always one', () => {
    const machine = protectedMachine()
    machine.run(Callout.MovToCr, 0, 0x7fff_ffff)
    expect(machine.state.get(Layout.cr0)).toBe(0x6005_003f)
    machine.run(Callout.MovToCr, 0, 1)
    machine.run(Callout.MovFromCr, 0, 3)
    expect(machine.state.gpr(3)).toBe(0x11)
  })

  it.each([
    ['PG without PE', 0x8000_0000],
    ['NW without CD', 0x2000_0001],
  ])('CR0 refuses %s', (_title, value) => {
    const machine = protectedMachine()
    expect(machine.faultOf(Callout.MovToCr, 0, value | 0)).toEqual([Vector.GP, 0])
    expect(machine.state.get(Layout.cr0)).toBe(0x11)
  })

  it('tells the MMU of paging, write protection and CR3, and of nothing else', () => {
    const machine = protectedMachine()
    machine.configured.length = 0
    machine.run(Callout.MovToCr, 3, 0x1234_5000)
    machine.run(Callout.MovToCr, 0, 0x8000_0001 | 0)
    machine.run(Callout.MovToCr, 0, 0x8000_000b | 0)
    machine.run(Callout.MovToCr, 0, 0x8001_000b | 0)
    machine.run(Callout.MovToCr, 0, 0xc001_000b | 0)
    expect(machine.configured.map(({ cr0, cr3 }) => [cr0, cr3])).toEqual([
      [0x1, 0x1234_5000],
      [0x8000_0001, 0x1234_5000],
      [0x8001_0001, 0x1234_5000],
      [0xc001_0001, 0x1234_5000],
    ])
  })

  it('a load of CR3 with the value that it has looks like one to the MMU, whatever else has changed since', () => {
    const machine = protectedMachine()
    machine.run(Callout.MovToCr, 0, 0x8000_0001 | 0)
    for (const [callout, x, y] of [
      [Callout.MovToCr, 0, 0x8004_003b | 0],
      [Callout.Clts, 0, 0],
      [Callout.MovToCr, 4, 0x30f],
    ] as const) {
      const before = machine.configured.at(-1)
      machine.run(callout, x, y)
      machine.run(Callout.MovToCr, 3, 0)
      expect(machine.configured.at(-1)).toEqual(before)
    }
  })

  it('CR4 accepts what the model has', () => {
    const machine = protectedMachine()
    machine.run(Callout.MovToCr, 4, 0x3bf)
    expect(machine.state.get(Layout.cr4)).toBe(0x3bf)
    expect(machine.configured.at(-1)!.cr4).toBe(0x0b0)
    for (const bit of [0x040, 0x400, 0x800, 0x2000, 0x4_0000, 0x10_0000, 0x8000_0000]) {
      expect(machine.faultOf(Callout.MovToCr, 4, bit | 0)).toEqual([Vector.GP, 0])
    }
    const old = protectedMachine(cpuModel('pentium'))
    old.run(Callout.MovToCr, 4, 0x14)
    expect(old.faultOf(Callout.MovToCr, 4, 0x20)).toEqual([Vector.GP, 0])
    const oldest = protectedMachine(cpuModel('486'))
    expect(oldest.faultOf(Callout.MovToCr, 4, 0)).toEqual([Vector.UD, noErrorCode])
    expect(oldest.faultOf(Callout.MovFromCr, 4, 0)).toEqual([Vector.UD, noErrorCode])
  })

  it('CR1, CR5 and CR8 do not exist', () => {
    const machine = protectedMachine()
    for (const register of [1, 5, 7, 8, 15]) {
      expect(machine.faultOf(Callout.MovToCr, register, 0)).toEqual([Vector.UD, noErrorCode])
      expect(machine.faultOf(Callout.MovFromCr, register, 0)).toEqual([Vector.UD, noErrorCode])
    }
  })

  it('LMSW sets PE but never clears it', () => {
    const machine = new Machine()
    machine.run(Callout.Lmsw, 0xfff1)
    expect(machine.state.get(Layout.cr0) & 0xf).toBe(1)
    machine.run(Callout.Lmsw, 0xe)
    expect(machine.state.get(Layout.cr0) & 0xf).toBe(0xf)
    machine.run(Callout.Clts)
    expect(machine.state.get(Layout.cr0) & 0xf).toBe(7)
  })

  it('entering protected mode judges segments by their rights', () => {
    const machine = new Machine()
    machine.state.set(0x100 + Segment.FS * 32 + 4, 0)
    machine.unit.refresh()
    expect(machine.unit.checkSegment(Segment.FS, 0, 1, false)).toBe(-1)
    machine.run(Callout.MovToCr, 0, 1)
    expect(machine.unit.checkSegment(Segment.FS, 0, 1, false)).toBe(Vector.GP)
  })

  it('INVLPG reaches the MMU unsigned', () => {
    const machine = protectedMachine()
    machine.run(Callout.Invlpg, 0xc000_0123 | 0)
    expect(machine.invalidated).toEqual([0xc000_0123])
  })

  it('the A20 gate reaches the MMU', () => {
    const machine = protectedMachine()
    machine.unit.setA20(false)
    expect(machine.configured.at(-1)!.a20).toBe(false)
    machine.unit.setA20(true)
    expect(machine.configured.at(-1)!.a20).toBe(true)
  })
})

describe('privilege', () => {
  it.each([
    ['MOV to CR0', Callout.MovToCr, 0],
    ['MOV from CR0', Callout.MovFromCr, 0],
    ['MOV to DR0', Callout.MovToDr, 0],
    ['MOV from DR7', Callout.MovFromDr, 7],
    ['LMSW', Callout.Lmsw, 0],
    ['CLTS', Callout.Clts, 0],
    ['INVLPG', Callout.Invlpg, 0],
    ['HLT', Callout.Hlt, 0],
    ['RDMSR', Callout.Rdmsr, 0],
    ['WRMSR', Callout.Wrmsr, 0],
    ['LGDT', Callout.Lgdt, 0],
    ['LIDT', Callout.Lidt, 0],
    ['LLDT', Callout.Lldt, Selector.Ldt],
    ['LTR', Callout.Ltr, Selector.Tss2],
    ['WBINVD', Callout.Wbinvd, 0],
    ['SYSEXIT', Callout.Sysexit, 0],
    ['RDPMC', Callout.Rdpmc, 0],
    ['CLI', Callout.Cli, 0],
    ['STI', Callout.Sti, 0],
  ])('%s is refused at CPL 3', (_title, callout, x) => {
    const machine = protectedMachine()
    machine.toUser()
    const before = machine.snapshot()
    expect(machine.faultOf(callout, x, 0)).toEqual([Vector.GP, 0])
    expect(machine.snapshot()).toEqual(before)
    expect(machine.invalidated).toEqual([])
  })

  it('LLDT, LTR, LAR, LSL, VERR and VERW are unknown to real and virtual-8086 mode', () => {
    const real = new Machine()
    const virtual = protectedMachine()
    virtual.toVirtual8086(3)
    for (const machine of [real, virtual]) {
      for (const id of [Callout.Lldt, Callout.Ltr, Callout.Lar, Callout.Lsl, Callout.Verr, Callout.Verw]) {
        expect(machine.faultOf(id, 8, 0)).toEqual([Vector.UD, noErrorCode])
      }
      expect(machine.faultOf(Callout.CheckProtected, 1, 0)).toEqual([Vector.UD, noErrorCode])
      machine.run(Callout.CheckProtected, 0, 0)
    }
  })
})

describe('debug registers', () => {
  it('keep their fixed bits', () => {
    const machine = protectedMachine()
    machine.run(Callout.MovToDr, 6, -1)
    machine.run(Callout.MovToDr, 7, 0)
    machine.run(Callout.MovToDr, 3, 0x8765_4321 | 0)
    const read = (register: number): number => {
      machine.run(Callout.MovFromDr, register, 1)
      return machine.state.gpr(1)
    }
    expect([3, 4, 5, 6, 7].map(read)).toEqual([0x8765_4321, 0xffff_efff, 0x400, 0xffff_efff, 0x400])
    machine.run(Callout.MovToDr, 7, 0xffff_dfff | 0)
    expect(read(7)).toBe(0xffff_07ff)
  })

  it('DR7.GD guards them once', () => {
    const machine = protectedMachine()
    machine.run(Callout.MovToDr, 7, 0x2000)
    expect(machine.faultOf(Callout.MovFromDr, 0, 0)).toEqual([Vector.DB, noErrorCode])
    machine.run(Callout.MovFromDr, 6, 0)
    expect(machine.state.gpr(0)).toBe(0xffff_2ff0)
    machine.run(Callout.MovFromDr, 7, 0)
    expect(machine.state.gpr(0)).toBe(0x400)
  })
})

describe('descriptor tables', () => {
  it('LGDT and LIDT take 24 or 32 bits of base', () => {
    const machine = protectedMachine()
    machine.memory.write(0x8000, 2, 0x1fff, 0)
    machine.memory.write(0x8002, 4, 0xc123_4567, 0)
    machine.run(Callout.Lgdt, 0x8000, 4)
    machine.run(Callout.Lidt, 0x8000, 2)
    expect([machine.state.get(Layout.gdtrBase), machine.state.get(Layout.gdtrLimit)]).toEqual([0xc123_4567, 0x1fff])
    expect([machine.state.get(Layout.idtrBase), machine.state.get(Layout.idtrLimit)]).toEqual([0x23_4567, 0x1fff])
  })

  it('LTR marks the task busy and refuses a busy one, LDTs, nulls and local selectors', () => {
    const machine = protectedMachine()
    expect(machine.faultOf(Callout.Ltr, Selector.Tss)).toEqual([Vector.GP, Selector.Tss])
    expect(machine.faultOf(Callout.Ltr, Selector.Ldt)).toEqual([Vector.GP, Selector.Ldt])
    expect(machine.faultOf(Callout.Ltr, 0)).toEqual([Vector.GP, 0])
    expect(machine.faultOf(Callout.Ltr, 0x0c)).toEqual([Vector.GP, 0x0c])
    machine.run(Callout.Ltr, Selector.Tss2)
    expect(machine.state.attributes(Segment.TR)).toBe(0x8b)
    expect(machine.faultOf(Callout.Lldt, 0x0c)).toEqual([Vector.GP, 0x0c])
    expect(machine.faultOf(Callout.Lldt, Selector.Tss)).toEqual([Vector.GP, Selector.Tss])
    machine.run(Callout.Lldt, 0)
    expect(machine.state.attributes(Segment.LDTR)).toBe(0)
  })
})

describe('descriptor queries', () => {
  const zf = (machine: Machine): boolean => (machine.state.eflags & 0x40) !== 0

  it('LAR and LSL answer what the program may see', () => {
    const machine = protectedMachine()
    machine.run(Callout.Lar, Selector.KernelCode, 1 | (4 << 8))
    expect([zf(machine), machine.state.gpr(1)]).toEqual([true, 0x00c0_9a00])
    machine.run(Callout.Lsl, Selector.KernelCode, 1 | (4 << 8))
    expect([zf(machine), machine.state.gpr(1)]).toEqual([true, 0xffff_ffff])
    machine.run(Callout.Lsl, Selector.Tss, 2 | (2 << 8))
    expect([zf(machine), machine.state.gpr(2)]).toEqual([true, 0x2068])
    for (const selector of [0, 3, 0x98, Selector.KernelCode | 3]) {
      machine.run(Callout.Lar, selector, 1 | (4 << 8))
      expect([zf(machine), machine.state.gpr(1)]).toEqual([false, 0xffff_ffff])
    }
    machine.toUser()
    machine.run(Callout.Lar, Selector.KernelCode, 1 | (4 << 8))
    expect(zf(machine)).toBe(false)
    machine.run(Callout.Lar, Selector.ConformingCode, 1 | (4 << 8))
    expect(zf(machine)).toBe(true)
  })

  it('LSL knows no gates, LAR no interrupt gates', () => {
    const machine = protectedMachine()
    machine.gate(0x1000 + Selector.Free, Selector.KernelCode, 0x1234, 12, 0)
    machine.run(Callout.Lar, Selector.Free, 0x400)
    expect(zf(machine)).toBe(true)
    machine.run(Callout.Lsl, Selector.Free, 0x400)
    expect(zf(machine)).toBe(false)
    machine.gate(0x1000 + Selector.Free, Selector.KernelCode, 0x1234, 14, 0)
    machine.run(Callout.Lar, Selector.Free, 0x400)
    expect(zf(machine)).toBe(false)
  })

  it.each([
    ['data', Selector.KernelData, true, true],
    ['read-only data', Selector.ReadOnlyData, true, false],
    ['code', Selector.KernelCode, true, false],
    ['execute-only code', Selector.ExecuteOnly, false, false],
    ['a task', Selector.Tss, false, false],
    ['null', 0, false, false],
  ])('VERR and VERW: %s', (_title, selector, readable, writable) => {
    const machine = protectedMachine()
    machine.run(Callout.Verr, selector)
    expect(zf(machine)).toBe(readable)
    machine.run(Callout.Verw, selector)
    expect(zf(machine)).toBe(writable)
  })
})

describe('processor control', () => {
  it('HLT asks the monitor and goes on after it', () => {
    const machine = protectedMachine()
    expect(machine.callout(Callout.Hlt)).toBe(CalloutResult.Request)
    expect(machine.unit.request).toBe(SystemRequest.Halt)
    expect(machine.state.eip).toBe(machine.state.nextEip)
    expect(machine.callout(Callout.Clts)).toBe(CalloutResult.Done)
  })

  it('RDTSC obeys CR4.TSD', () => {
    const machine = protectedMachine()
    machine.time = { low: 0x89ab_cdef, high: 0x0123_4567 }
    machine.run(Callout.MovToCr, 4, 4)
    machine.run(Callout.Rdtsc)
    expect([machine.state.gpr(0), machine.state.gpr(2)]).toEqual([0x89ab_cdef, 0x0123_4567])
    machine.toUser()
    expect(machine.faultOf(Callout.Rdtsc)).toEqual([Vector.GP, 0])
  })

  it('an emitted exception arrives with its error code', () => {
    const machine = protectedMachine()
    expect(machine.faultOf(Callout.Raise, Vector.DE, noErrorCode)).toEqual([Vector.DE, noErrorCode])
    expect(machine.faultOf(Callout.Rsm)).toEqual([Vector.UD, noErrorCode])
  })

  it('refuses a callout that does not exist', () => {
    expect(() => protectedMachine().callout(99)).toThrow('there is no callout 99')
  })

  it('does not swallow errors of its surroundings', () => {
    const machine = protectedMachine()
    machine.portValue = () => {
      throw new Error('a device is broken')
    }
    expect(() => machine.callout(Callout.In, 0x60, 1)).toThrow('a device is broken')
  })
})

describe('reset', () => {
  it('is the power-up state', () => {
    const machine = protectedMachine(mica32({ apic: true }))
    machine.unit.reset()
    const { state } = machine
    expect([state.eip, state.eflags, state.cpl]).toEqual([0xfff0, 2, 0])
    expect([0, 1, 2, 3, 4, 5, 6, 7].map((register) => state.gpr(register))).toEqual([0, 0, 0x106ca, 0, 0, 0, 0, 0])
    expect([Layout.cr0, Layout.cr2, Layout.cr3, Layout.cr4].map((cell) => state.get(cell))).toEqual([
      0x6000_0010, 0, 0, 0,
    ])
    expect(state.segmentBase(Segment.CS)).toBe(0xffff_0000)
    expect(state.selector(Segment.CS)).toBe(0xf000)
    expect(state.limit(Segment.SS)).toBe(0xffff)
    expect(state.get(Layout.idtrLimit)).toBe(0xffff)
    expect(state.get(Layout.mode)).toBe(0)
    expect(state.get(Layout.tlbRead)).toBe(2)
    expect(machine.configured.at(-1)).toEqual({ cr0: 0x6000_0000, cr3: 0, cr4: 0, efer: 0, a20: true })
    expect(machine.time).toEqual({ low: 0, high: 0 })
  })
})
