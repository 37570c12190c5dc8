import { describe, expect, it } from 'vitest'
import { Flag, Layout, Mode, Segment } from '../../src/state/layout.ts'
import { Callout } from '../../src/system/callouts.ts'
import { Vector, noErrorCode } from '../../src/system/guest-fault.ts'
import { SystemRequest } from '../../src/system/types.ts'
import {
  Machine,
  Selector,
  handlerBase,
  idtBase,
  kernelStackTop,
  protectedMachine,
  tssBase,
  userStackTop,
} from './machine.ts'

describe('interrupts in protected mode', () => {
  it('pushes EFLAGS, CS and EIP on the same stack at CPL 0', () => {
    const machine = protectedMachine()
    machine.interruptGate(0x20)
    machine.state.eflags = Flag.IF | Flag.TF | Flag.CF | Flag.NT
    expect(machine.unit.interrupt(0x20)).toBe(SystemRequest.None)
    expect(machine.memory.words(kernelStackTop - 12, 3)).toEqual([0x7000, Selector.KernelCode, 0x4303])
    expect(machine.state.gpr(4)).toBe(kernelStackTop - 12)
    expect(machine.state.eip).toBe(handlerBase + 0x20)
    expect(machine.state.eflags).toBe(Flag.CF | 2)
  })

  it('leaves IF alone through a trap gate', () => {
    const machine = protectedMachine()
    machine.interruptGate(0x20, 15)
    machine.state.eflags = Flag.IF
    machine.unit.interrupt(0x20)
    expect(machine.state.eflags).toBe(Flag.IF | 2)
  })

  it('switches to the stack of the TSS from CPL 3 and back by IRET', () => {
    const machine = protectedMachine()
    machine.interruptGate(0x80, 15, 3)
    machine.toUser()
    const { state, memory } = machine
    expect(state.get(Layout.mode)).toBe(Mode.code32 | Mode.stack32 | Mode.user | Mode.flat)
    const before = machine.snapshot()
    state.nextEip = state.eip
    machine.run(Callout.Int, 0x80, 0)
    expect(state.cpl).toBe(0)
    expect(state.get(Layout.tlbWrite)).toBe(4)
    expect(state.get(Layout.mode)).toBe(Mode.code32 | Mode.stack32 | Mode.flat)
    expect(memory.words(state.gpr(4), 5)).toEqual([0x6000, Selector.UserCode, 0x202, userStackTop, Selector.UserData])
    expect(state.gpr(4)).toBe(kernelStackTop - 20)
    expect(state.selector(Segment.SS)).toBe(Selector.KernelData)
    machine.run(Callout.Iret, 4)
    expect(machine.snapshot()).toEqual(before)
  })

  it('pushes an error code last', () => {
    const machine = protectedMachine()
    machine.interruptGate(Vector.GP)
    machine.toUser()
    machine.unit.deliver(Vector.GP, 0x1234)
    expect(machine.memory.words(machine.state.gpr(4), 2)).toEqual([0x1234, 0x6000])
    expect(machine.state.gpr(4)).toBe(kernelStackTop - 24)
  })

  it('pushes 16 bits each through a 16-bit gate', () => {
    const machine = protectedMachine()
    machine.interruptGate(0x20, 6)
    machine.unit.interrupt(0x20)
    expect(machine.memory.words(kernelStackTop - 6, 3, 2)).toEqual([0x7000, Selector.KernelCode, 2])
  })

  it('saves RF for faults and not for traps', () => {
    for (const [vector, flag] of [
      [Vector.UD, Flag.RF],
      [Vector.BP, 0],
      [Vector.DB, 0],
    ] as const) {
      const machine = protectedMachine()
      machine.interruptGate(vector)
      if (vector === Vector.DB) machine.unit.debugTrap(1)
      else machine.unit.deliver(vector, noErrorCode)
      expect(machine.memory.read(kernelStackTop - 4, 4, 0)).toBe(flag | 2)
    }
  })

  it('ends HLT and the interrupt shadow', () => {
    const machine = protectedMachine()
    machine.interruptGate(0x20)
    machine.state.set(Layout.halted, 1)
    machine.state.set(Layout.interruptShadow, 1)
    expect(machine.unit.acceptInterrupt()).toBe(SystemRequest.None)
    expect(machine.state.get(Layout.halted)).toBe(0)
    expect(machine.state.get(Layout.interruptShadow)).toBe(0)
  })

  it('keeps an acknowledged interrupt when the host breaks its delivery off', () => {
    const machine = protectedMachine()
    machine.interruptGate(0x20)
    machine.interruptGate(0x21)
    machine.pendingVectors.push(0x21)
    const write = machine.memory.write.bind(machine.memory)
    machine.memory.write = () => {
      throw new Error('the host is out of memory')
    }
    const before = machine.snapshot()
    expect(() => machine.unit.acceptInterrupt()).toThrow('out of memory')
    expect(machine.snapshot()).toEqual(before)
    machine.memory.write = write
    for (const [vector, pending] of [
      [0x20, 1],
      [0x21, 0],
    ] as const) {
      machine.unit.acceptInterrupt()
      expect(machine.state.eip).toBe(handlerBase + vector)
      expect(machine.state.get(Layout.interruptPending)).toBe(pending)
    }
  })

  it('single-stepping saves TF for the return, clears it and says so in DR6', () => {
    const machine = protectedMachine()
    machine.interruptGate(1)
    machine.state.eflags = Flag.TF
    machine.unit.debugTrap(0x4000)
    expect(machine.state.eflags).toBe(2)
    expect(machine.memory.read(kernelStackTop - 4, 4, 0)).toBe(Flag.TF | 2)
    expect(machine.state.get(Layout.debug + 48)).toBe(0xffff_4ff0)
  })

  it('blocks NMIs until IRET', () => {
    const machine = protectedMachine()
    machine.interruptGate(2)
    machine.unit.nonMaskableInterrupt()
    expect(machine.unit.nmiBlocked).toBe(true)
    machine.run(Callout.Iret, 4)
    expect(machine.unit.nmiBlocked).toBe(false)
  })
})

describe('faults of software interrupts', () => {
  it('checks the gate: DPL, type, presence and the limit of the IDT', () => {
    const machine = protectedMachine()
    machine.interruptGate(0x30)
    machine.interruptGate(0x31, 12, 3)
    machine.interruptGate(0x32, 14, 3)
    machine.memory.write(idtBase + 0x32 * 8 + 4, 4, 0x6e00, 0)
    machine.toUser()
    const before = machine.snapshot()
    expect(machine.faultOf(Callout.Int, 0x30, 0)).toEqual([Vector.GP, 0x30 * 8 + 2])
    expect(machine.faultOf(Callout.Int, 0x31, 0)).toEqual([Vector.GP, 0x31 * 8 + 2])
    expect(machine.faultOf(Callout.Int, 0x32, 0)).toEqual([Vector.NP, 0x32 * 8 + 2])
    machine.state.set(Layout.idtrLimit, 0x30 * 8 + 6)
    expect(machine.faultOf(Callout.Int, 0x30, 0)).toEqual([Vector.GP, 0x30 * 8 + 2])
    expect(machine.snapshot()).toEqual(before)
  })

  it('INT1 passes a gate that INT3 may not use', () => {
    const machine = protectedMachine()
    machine.interruptGate(1)
    machine.interruptGate(3)
    machine.toUser()
    expect(machine.faultOf(Callout.Int, 3, 1)).toEqual([Vector.GP, 3 * 8 + 2])
    machine.run(Callout.Int, 1, 3)
    expect(machine.state.eip).toBe(handlerBase + 1)
  })

  it('INTO does nothing without OF', () => {
    const machine = protectedMachine()
    machine.run(Callout.Int, 4, 2)
    expect(machine.state.eip).toBe(machine.state.nextEip)
  })

  it('checks the handler: null, outside the GDT, data, less privileged, absent', () => {
    const cases: [selector: number, vector: number, error: number][] = [
      [0, Vector.GP, 0],
      [0x200, Vector.GP, 0x200],
      [Selector.KernelData, Vector.GP, Selector.KernelData],
      [Selector.UserCode, Vector.GP, Selector.UserCode & ~3],
      [Selector.AbsentCode, Vector.NP, Selector.AbsentCode],
    ]
    for (const [selector, vector, error] of cases) {
      const machine = protectedMachine()
      machine.interruptGate(0x40, 14, 3, selector)
      expect(machine.faultOf(Callout.Int, 0x40, 0)).toEqual([vector, error])
    }
  })

  it('checks the stack that the TSS names', () => {
    const cases: [selector: number, vector: number, error: number][] = [
      [0, Vector.TS, 0],
      [0x200, Vector.TS, 0x200],
      [Selector.UserData, Vector.TS, Selector.UserData & ~3],
      [Selector.KernelCode, Vector.TS, Selector.KernelCode],
    ]
    for (const [selector, vector, error] of cases) {
      const machine = protectedMachine()
      machine.interruptGate(0x40, 14, 3)
      machine.toUser()
      machine.memory.write(tssBase + 8, 2, selector, 0)
      const before = machine.snapshot()
      expect(machine.faultOf(Callout.Int, 0x40, 0)).toEqual([vector, error])
      expect(machine.snapshot()).toEqual(before)
    }
  })

  it('raises #SS for a stack that is too small', () => {
    const machine = protectedMachine()
    machine.interruptGate(0x40, 14, 3)
    machine.toUser()
    machine.memory.write(tssBase + 4, 4, 0x10, 0)
    machine.memory.write(tssBase + 8, 2, Selector.SmallKernelData, 0)
    expect(machine.faultOf(Callout.Int, 0x40, 0)).toEqual([Vector.SS, Selector.SmallKernelData])
  })
})

describe('double faults', () => {
  it('a contributory exception on top of another makes #DF with error code 0', () => {
    const machine = protectedMachine()
    machine.interruptGate(Vector.DF)
    expect(machine.unit.deliver(Vector.GP, 0x50)).toBe(SystemRequest.None)
    expect(machine.state.eip).toBe(handlerBase + Vector.DF)
    expect(machine.memory.words(machine.state.gpr(4), 2)).toEqual([0, 0x7000])
  })

  it('a benign exception gives way to the one that its delivery met', () => {
    const machine = protectedMachine()
    machine.interruptGate(Vector.GP)
    machine.unit.deliver(Vector.UD, noErrorCode)
    expect(machine.state.eip).toBe(handlerBase + Vector.GP)
    expect(machine.memory.read(machine.state.gpr(4), 4, 0)).toBe(Vector.UD * 8 + 3)
  })

  it('an external interrupt without a handler sets EXT in the error code', () => {
    const machine = protectedMachine()
    machine.interruptGate(Vector.GP)
    machine.unit.interrupt(0x77)
    expect(machine.memory.read(machine.state.gpr(4), 4, 0)).toBe(0x77 * 8 + 3)
  })

  it('a page fault while a page fault is delivered makes #DF, and one more shutdown', () => {
    const machine = protectedMachine()
    machine.interruptGate(Vector.PF)
    machine.interruptGate(Vector.DF)
    machine.toUser()
    machine.memory.notPresent.add((kernelStackTop - 4) >>> 12)
    const before = machine.snapshot()
    expect(machine.unit.deliver(Vector.PF, 4)).toBe(SystemRequest.Shutdown)
    expect(machine.snapshot()).toEqual(before)
  })

  it('an empty IDT shuts the processor down', () => {
    const machine = protectedMachine()
    machine.state.set(Layout.idtrLimit, 0)
    expect(machine.unit.deliver(Vector.UD, noErrorCode)).toBe(SystemRequest.Shutdown)
  })
})

describe('interrupts in real mode', () => {
  it('go through the vector table and come back by IRET', () => {
    const machine = new Machine()
    const { state, memory } = machine
    memory.write(0x21 * 4, 4, 0x1234_5678, 0)
    state.setGpr(4, 0xabcd_0002)
    state.eflags = Flag.IF | Flag.ZF
    const before = machine.snapshot()
    machine.unit.interrupt(0x21)
    expect(state.eip).toBe(0x5678)
    expect(state.segmentBase(Segment.CS)).toBe(0x12340)
    expect(state.gpr(4)).toBe(0xabcd_fffc)
    expect(state.eflags).toBe(Flag.ZF | 2)
    expect([...memory.words(0xfffc, 2, 2), ...memory.words(0, 1, 2)]).toEqual([0xfff0, 0xf000, 0x0242])
    machine.run(Callout.Iret, 2)
    expect(state.segmentBase(Segment.CS)).toBe(0xf0000)
    const { segments: _segments, ...rest } = machine.snapshot()
    const { segments: _before, ...expected } = before
    expect(rest).toEqual(expected)
  })

  it('a vector beyond the limit is #GP, which beyond it too is a double fault, then shutdown', () => {
    const machine = new Machine()
    machine.state.set(Layout.idtrLimit, 0x21 * 4 - 1)
    expect(machine.faultOf(Callout.Int, 0x21, 0)).toEqual([Vector.GP, noErrorCode])
    machine.state.set(Layout.idtrLimit, 7)
    expect(machine.unit.interrupt(0x21)).toBe(SystemRequest.Shutdown)
  })
})
