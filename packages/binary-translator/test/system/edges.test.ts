import { describe, expect, it } from 'vitest'
import { Layout, Mode, Segment } from '../../src/state/layout.ts'
import { Callout } from '../../src/system/callouts.ts'
import { defineModel } from '../../src/system/cpu-models.ts'
import type { CpuFeature } from '../../src/system/cpuid-bits.ts'
import { featuresOf } from '../../src/system/features.ts'
import { Vector, noErrorCode } from '../../src/system/guest-fault.ts'
import { SystemRequest } from '../../src/system/types.ts'
import { Machine, Selector, gdtBase, kernelStackTop, ldtBase, protectedMachine, rights, tssBase } from './machine.ts'

const pointer = (selector: number, size: number = 4): number => selector | (size << 16)

/** A code segment of limit 0FFFH whose last byte may be the target of a transfer, and the next may not. */
const shortCode = (machine: Machine, dpl: number = 0): number => {
  machine.descriptor(Selector.Free, 0, 0xfff, rights(0x1a, dpl, 0x4000))
  return Selector.Free | dpl
}

describe('the last byte of the code segment', () => {
  it('can be jumped to, called, returned to and be a handler; the next cannot', () => {
    for (const [offset, fault] of [
      [0xfff, undefined],
      [0x1000, [Vector.GP, 0]],
    ] as const) {
      const outcome = (machine: Machine, id: number, x: number, y: number = 0): unknown =>
        machine.callout(id, x, y) === 1 ? machine.fault : undefined
      const frame = (machine: Machine, ...values: number[]): Machine => {
        values.forEach((value, index) => machine.memory.write(0x8000 + index * 4, 4, value, 0))
        machine.state.setGpr(4, 0x8000)
        return machine
      }
      let machine = protectedMachine()
      expect(outcome(machine, Callout.FarJump, offset, pointer(shortCode(machine)))).toEqual(fault)
      machine = protectedMachine()
      expect(outcome(frame(machine, offset, shortCode(machine)), Callout.FarReturn, 0, 4)).toEqual(fault)
      machine = protectedMachine()
      expect(outcome(frame(machine, offset, shortCode(machine), 2), Callout.Iret, 4)).toEqual(fault)
      machine = protectedMachine()
      machine.gate(0x2000 + 0x40 * 8, shortCode(machine), offset, 14, 0)
      expect(outcome(machine, Callout.Int, 0x40)).toEqual(fault)
      machine = protectedMachine()
      machine.gate(gdtBase + 0x88, shortCode(machine), offset, 12, 0)
      expect(outcome(machine, Callout.FarCall, 0, pointer(0x88))).toEqual(fault)
    }
  })

  it('in real and virtual-8086 mode is FFFFH', () => {
    for (const [eip, fault] of [
      [0xffff, false],
      [0x1_0000, true],
    ] as const) {
      const machines = (): Machine[] => {
        const virtual = protectedMachine()
        virtual.toVirtual8086(3)
        return [new Machine(), virtual]
      }
      for (const id of [Callout.Iret, Callout.FarReturn]) {
        for (const machine of machines()) {
          const base = machine.state.segmentBase(Segment.SS)
          machine.state.setGpr(4, 0x200)
          for (const [index, value] of [eip, 0x1234, 2].entries())
            machine.memory.write(base + 0x200 + index * 4, 4, value, 0)
          const result = id === Callout.Iret ? machine.callout(id, 4) : machine.callout(id, 0, 4)
          expect(result).toBe(fault ? 1 : 0)
          if (fault) expect(machine.fault).toEqual([Vector.GP, 0])
        }
      }
      for (const machine of machines()) {
        machine.state.setGpr(4, 0x200)
        expect(machine.callout(Callout.FarCall, eip, pointer(0x1234))).toBe(fault ? 1 : 0)
      }
    }
  })
})

describe('returns to conforming code', () => {
  it.each([
    ['DPL below RPL', 0, 3, true],
    ['DPL equal to RPL', 3, 3, true],
    ['DPL above RPL', 3, 0, false],
  ])('%s', (_title, dpl, rpl, allowed) => {
    const machine = protectedMachine()
    machine.descriptor(Selector.Free, 0, 0xffff, rights(0x1e, dpl, 0x4000))
    const frame = [0x600, Selector.Free | rpl, 0xb000, Selector.UserData]
    frame.forEach((value, index) => machine.memory.write(0x8000 + index * 4, 4, value, 0))
    machine.state.setGpr(4, 0x8000)
    if (allowed) machine.run(Callout.FarReturn, 0, 4)
    else expect(machine.faultOf(Callout.FarReturn, 0, 4)).toEqual([Vector.GP, Selector.Free])
    expect(machine.state.cpl).toBe(allowed ? rpl : 0)
  })
})

describe('stacks', () => {
  it('a 16-bit stack wraps at 64 KiB and keeps the high half of ESP', () => {
    const machine = protectedMachine()
    machine.run(Callout.LoadSegment, Segment.SS, Selector.Data16)
    expect(machine.state.get(Layout.mode) & Mode.stack32).toBe(0)
    machine.state.setGpr(4, 0xabcd_0000)
    machine.run(Callout.Pushf, 4)
    expect(machine.state.gpr(4)).toBe(0xabcd_fffc)
    expect(machine.memory.read(0x3_fffc, 4, 0)).toBe(2)
    machine.run(Callout.Popf, 4)
    expect(machine.state.gpr(4)).toBe(0xabcd_0000)
    machine.state.setGpr(4, 0xabcd_0001)
    expect(machine.faultOf(Callout.Pushf, 2)).toEqual([Vector.SS, 0])
  })

  it('a 32-bit stack goes on below 64 KiB', () => {
    const machine = protectedMachine()
    machine.state.setGpr(4, 0x1_0000)
    machine.run(Callout.Pushf, 4)
    expect(machine.state.gpr(4)).toBe(0xfffc)
    machine.run(Callout.Popf, 4)
    expect(machine.state.gpr(4)).toBe(0x1_0000)
  })

  it('in real mode ignore the type that protected mode left', () => {
    const machine = protectedMachine()
    machine.descriptor(Selector.Free, 0, 0x7fff, rights(0x16, 0, 0x4000))
    machine.run(Callout.LoadSegment, Segment.SS, Selector.Free)
    machine.run(Callout.MovToCr, 0, 0)
    machine.state.setGpr(4, 0x8000)
    machine.run(Callout.Pushf, 4)
    machine.state.setGpr(4, 0x8004)
    expect(machine.faultOf(Callout.Pushf, 4)).toEqual([Vector.SS, 0])
  })

  it('an expand-down stack ends above its limit', () => {
    const machine = protectedMachine()
    machine.descriptor(Selector.Free, 0, 0x7fff, rights(0x16, 0, 0x4000))
    machine.run(Callout.LoadSegment, Segment.SS, Selector.Free)
    machine.state.setGpr(4, 0x8004)
    machine.run(Callout.Pushf, 4)
    expect(machine.faultOf(Callout.Pushf, 4)).toEqual([Vector.SS, 0])
    expect(machine.state.gpr(4)).toBe(0x8000)
  })

  it('are written with the privilege of the handler and read with that of the program', () => {
    const machine = protectedMachine()
    machine.interruptGate(0x20)
    machine.toUser()
    machine.memory.supervisorOnly.add((kernelStackTop - 4) >>> 12)
    expect(machine.unit.interrupt(0x20)).toBe(SystemRequest.None)
    expect(machine.state.cpl).toBe(0)
    machine.run(Callout.Iret, 4)
    machine.state.setGpr(4, kernelStackTop - 20)
    expect(machine.faultOf(Callout.Iret, 4)).toEqual([Vector.PF, 5])
  })

  it('the inner stack of a 16-bit TSS has 16-bit fields', () => {
    const machine = protectedMachine()
    machine.interruptGate(0x20)
    machine.descriptor(Selector.Free, tssBase + 0x800, 0x2b, rights(0x01, 0))
    machine.run(Callout.Ltr, Selector.Free)
    machine.memory.write(tssBase + 0x802, 2, 0x8800, 0)
    machine.memory.write(tssBase + 0x804, 2, Selector.KernelData, 0)
    machine.toUser()
    machine.unit.interrupt(0x20)
    expect(machine.state.gpr(4)).toBe(0x8800 - 20)
  })

  it('a TSS too short for the stack it should name is #TS with its selector', () => {
    for (const [limit, vector] of [
      [8, Vector.TS],
      [9, 0x40],
    ] as const) {
      const machine = protectedMachine()
      machine.interruptGate(0x40, 14, 3)
      machine.state.set(Layout.segments + Segment.TR * 32 + 16, limit)
      machine.toUser()
      if (vector === Vector.TS) expect(machine.faultOf(Callout.Int, 0x40)).toEqual([Vector.TS, Selector.Tss])
      else machine.run(Callout.Int, 0x40)
    }
  })
})

describe('the I/O bitmap', () => {
  it('may lie inside the shortest TSS', () => {
    const machine = protectedMachine()
    machine.state.set(Layout.segments + Segment.TR * 32 + 16, 0x67)
    machine.memory.write(tssBase + 0x66, 2, 0x40, 0)
    machine.toUser()
    machine.run(Callout.In, 0x10, 1)
  })

  it('needs a 32-bit TSS of full length', () => {
    const machine = protectedMachine()
    machine.toUser()
    machine.memory.bytes.fill(0, tssBase + 0x68, tssBase + 0x100)
    machine.run(Callout.In, 0x60, 1)
    const tr = Layout.segments + Segment.TR * 32
    machine.state.set(tr + 16, 0x66)
    expect(machine.faultOf(Callout.In, 0x60, 1)).toEqual([Vector.GP, 0])
    machine.state.set(tr + 16, 0x2067)
    machine.state.set(tr + 4, rights(0x03, 0))
    expect(machine.faultOf(Callout.In, 0x60, 1)).toEqual([Vector.GP, 0])
  })
})

describe('segments of a new task', () => {
  const withImage = (offset: number, selector: number): Machine => {
    const machine = protectedMachine()
    const base = tssBase + 0x400
    const selectors = [Selector.UserData, Selector.KernelCode, Selector.KernelData, Selector.KernelData, 0, 0]
    selectors.forEach((value, index) => machine.memory.write(base + 0x48 + index * 4, 2, value, 0))
    machine.memory.write(base + 0x20, 4, 0x800, 0)
    machine.memory.write(base + offset, 2, selector, 0)
    return machine
  }

  it.each([
    ['a local LDT', 0x60, 0x0c, Vector.TS, 0x0c],
    ['an LDT that is data', 0x60, Selector.KernelData, Vector.TS, Selector.KernelData],
    ['a null CS', 0x4c, 0, Vector.TS, 0],
    ['CS with data', 0x4c, Selector.KernelData, Vector.TS, Selector.KernelData],
    ['CS of another privilege', 0x4c, Selector.UserCode & ~3, Vector.TS, Selector.UserCode & ~3],
    ['CS absent', 0x4c, Selector.AbsentCode, Vector.NP, Selector.AbsentCode],
    ['a null SS', 0x50, 0, Vector.TS, 0],
    ['SS of another privilege', 0x50, Selector.UserData, Vector.TS, Selector.UserData & ~3],
    ['DS outside the table', 0x54, 0x98, Vector.TS, 0x98],
    ['DS that cannot be read', 0x54, Selector.ExecuteOnly, Vector.TS, Selector.ExecuteOnly],
    ['EIP beyond the limit', 0x22, 0x1, Vector.GP, 0],
  ])('refuse %s', (_title, offset, selector, vector, error) => {
    const machine = withImage(offset, selector)
    if (offset === 0x22) {
      machine.descriptor(Selector.Free, 0, 0xffff, rights(0x1a, 0, 0x4000))
      machine.memory.write(tssBase + 0x400 + 0x4c, 2, Selector.Free, 0)
    }
    expect(machine.faultOf(Callout.FarJump, 0, pointer(Selector.Tss2))).toEqual([vector, error])
  })

  it('leave the mode right', () => {
    const machine = withImage(0x54, 0)
    machine.run(Callout.FarJump, 0, pointer(Selector.Tss2))
    expect(machine.state.get(Layout.mode)).toBe(Mode.code32 | Mode.stack32)
    const virtual = withImage(0x26, 2)
    virtual.run(Callout.FarJump, 0, pointer(Selector.Tss2))
    expect([virtual.state.get(Layout.mode), virtual.state.get(Layout.tlbRead)]).toEqual([Mode.user, 1])
  })

  it('must be in the GDT', () => {
    const machine = protectedMachine()
    machine.run(Callout.Lldt, Selector.Ldt)
    machine.descriptor(0x0c, tssBase + 0x400, 0x67, rights(0x09, 0), ldtBase)
    expect(machine.faultOf(Callout.FarJump, 0, pointer(0x0c))).toEqual([Vector.GP, 0x0c])
  })

  it('a task of lower DPL cannot be reached, but a task gate may lead there', () => {
    const machine = withImage(0x54, Selector.KernelData)
    machine.gate(gdtBase + Selector.Free, Selector.Tss2, 0, 5, 3)
    machine.toUser()
    expect(machine.faultOf(Callout.FarCall, 0, pointer(Selector.Tss2))).toEqual([Vector.GP, Selector.Tss2])
    machine.run(Callout.FarCall, 0, pointer(Selector.Free | 3))
    expect([machine.state.cpl, machine.state.eip]).toEqual([0, 0x800])
  })
})

describe('reserved system descriptors', () => {
  it('have neither rights nor limit', () => {
    const machine = protectedMachine()
    for (const type of [0, 8, 10, 13]) {
      machine.descriptor(Selector.Free, 0, 0xff, rights(type, 0))
      for (const id of [Callout.Lar, Callout.Lsl]) {
        machine.state.eflags = 0x42
        machine.run(id, Selector.Free, 0x400)
        expect(machine.state.eflags & 0x40).toBe(0)
      }
    }
  })
})

describe('SYSEXIT', () => {
  it('is refused at CPL 3 even when SYSENTER is set up', () => {
    const machine = protectedMachine()
    machine.state.setGpr(0, Selector.KernelCode)
    machine.state.setGpr(1, 0x174)
    machine.run(Callout.Wrmsr)
    machine.toUser()
    expect(machine.faultOf(Callout.Sysexit)).toEqual([Vector.GP, 0])
  })
})

describe('features', () => {
  const model = (features: readonly CpuFeature[], signature: number = 0x600): ReturnType<typeof featuresOf> =>
    featuresOf(defineModel({ name: 'any', signature, features, highestBasicLeaf: 1, physicalBits: 40 }))

  it('of 36-bit addresses follow PAE or PSE-36 where no leaf tells the width', () => {
    expect(model([]).physicalBits).toBe(32)
    expect(model(['PAE']).physicalBits).toBe(36)
    expect(model(['PSE36']).physicalBits).toBe(36)
  })

  it('of CR4 follow CPUID, and performance counters the family', () => {
    expect(model([]).cr4Mask).toBe(0x100)
    expect(model([], 0x500).cr4Mask).toBe(0)
    expect(model(['DE', 'PSE', 'TSC', 'PAE', 'MCE', 'PGE', 'FXSR', 'SSE']).cr4Mask).toBe(0x7fc)
  })
})

describe('a fault without error code', () => {
  it('is -1 in the state', () => {
    const machine = protectedMachine()
    machine.faultOf(Callout.Undefined)
    expect(machine.state.get(Layout.faultError)).toBe(noErrorCode >>> 0)
  })
})
