import { describe, expect, it } from 'vitest'
import { Flag, Layout, Mode, Segment } from '../../src/state/layout.ts'
import { Callout } from '../../src/system/callouts.ts'
import { Vector } from '../../src/system/guest-fault.ts'
import { Selector, handlerBase, kernelStackTop, protectedMachine, segmentOf } from './machine.ts'

describe('virtual-8086 mode', () => {
  it('is entered by IRET with all six segments', () => {
    const machine = protectedMachine()
    machine.toVirtual8086()
    const { state } = machine
    expect([state.eip, state.gpr(4), state.cpl, state.virtual8086]).toEqual([0x10, 0x100, 3, true])
    const selectors = [0, 1, 2, 3, 4, 5].map((segment) => state.selector(segment))
    expect(selectors).toEqual([0xe00, 0x700, 0xa00, 0xd00, 0xf00, 0x100])
    expect(segmentOf(state, Segment.DS)).toEqual({ selector: 0xd00, base: 0xd000, limit: 0xffff, attributes: 0xf3 })
    expect(state.get(Layout.mode)).toBe(Mode.user)
    expect(state.get(Layout.tlbRead)).toBe(1)
  })

  it('an interrupt saves all segments for the handler and IRET brings them back', () => {
    const machine = protectedMachine()
    machine.interruptGate(0x20)
    machine.toVirtual8086(0, Flag.IF | Flag.CF)
    const before = machine.snapshot()
    machine.unit.interrupt(0x20)
    const { state, memory } = machine
    expect([state.cpl, state.virtual8086, state.eip]).toEqual([0, false, handlerBase + 0x20])
    expect(memory.words(state.gpr(4), 9)).toEqual([0x10, 0x700, 0x2_0203, 0x100, 0xa00, 0xe00, 0xd00, 0xf00, 0x100])
    expect(state.gpr(4)).toBe(kernelStackTop - 36)
    expect([0, 3, 4, 5].map((segment) => state.attributes(segment))).toEqual([0, 0, 0, 0])
    machine.run(Callout.Iret, 4)
    expect(machine.snapshot()).toEqual(before)
  })

  it('refuses a handler that is not at level 0', () => {
    for (const selector of [Selector.Ring1Code, Selector.ConformingCode]) {
      const machine = protectedMachine()
      machine.interruptGate(0x40, 14, 3, selector)
      machine.toVirtual8086(3)
      expect(machine.faultOf(Callout.Int, 0x40, 0)).toEqual([Vector.GP, selector & ~3])
    }
  })

  it('INT n, IRET, PUSHF, POPF, CLI and STI need IOPL 3; INT3 does not', () => {
    const trapped = [Callout.Iret, Callout.Pushf, Callout.Popf, Callout.Cli, Callout.Sti]
    const machine = protectedMachine()
    machine.interruptGate(0x21, 14, 3)
    machine.interruptGate(3, 14, 3)
    machine.toVirtual8086(2)
    for (const id of trapped) expect(machine.faultOf(id, 2)).toEqual([Vector.GP, 0])
    expect(machine.faultOf(Callout.Int, 0x21, 0)).toEqual([Vector.GP, 0])
    machine.run(Callout.Int, 3, 1)
    expect(machine.state.eip).toBe(handlerBase + 3)
  })

  it('with IOPL 3 PUSHF and POPF work and keep IOPL and VM', () => {
    const machine = protectedMachine()
    machine.toVirtual8086(3)
    const { state, memory } = machine
    machine.run(Callout.Pushf, 2)
    expect(state.gpr(4)).toBe(0xfe)
    expect(memory.read(0xa0fe, 2, 1)).toBe(0x3202)
    memory.write(0xa0fe, 2, Flag.CF | Flag.NT, 1)
    machine.run(Callout.Popf, 2)
    expect([state.gpr(4), state.eflags]).toEqual([0x100, Flag.VM | 0x3000 | Flag.CF | Flag.NT | 2])
    machine.run(Callout.Sti)
    expect([state.eflags & Flag.IF, state.get(Layout.interruptShadow)]).toEqual([Flag.IF, 1])
    machine.run(Callout.Cli)
    expect(state.eflags & Flag.IF).toBe(0)
  })

  it('with IOPL 3 IRET stays inside and far transfers shift selectors', () => {
    const machine = protectedMachine()
    machine.toVirtual8086(3)
    const { state, memory } = machine
    for (const [index, value] of [0x22, 0x333, Flag.ZF].entries()) memory.write(0xa100 + index * 2, 2, value, 1)
    machine.run(Callout.Iret, 2)
    expect([state.eip, state.segmentBase(Segment.CS), state.gpr(4)]).toEqual([0x22, 0x3330, 0x106])
    expect(state.eflags).toBe(Flag.VM | 0x3000 | Flag.ZF | 2)
    state.nextEip = 0x24
    machine.run(Callout.FarCall, 0x55, 0x444 | (2 << 16))
    expect([state.eip, segmentOf(state, Segment.CS).base]).toEqual([0x55, 0x4440])
    expect(memory.words(0xa102, 2, 2)).toEqual([0x24, 0x333])
    machine.run(Callout.FarReturn, 0, 2)
    expect([state.eip, segmentOf(state, Segment.CS).base]).toEqual([0x24, 0x3330])
  })

  it('loads segments as real mode does, with 64 KiB', () => {
    const machine = protectedMachine()
    machine.toVirtual8086()
    machine.run(Callout.LoadSegment, Segment.DS, 0xffff)
    expect(segmentOf(machine.state, Segment.DS)).toEqual({
      selector: 0xffff,
      base: 0xffff0,
      limit: 0xffff,
      attributes: 0xf3,
    })
    expect(machine.unit.checkSegment(Segment.CS, 0, 4, true)).toBe(-1)
    expect(machine.unit.checkSegment(Segment.DS, 0xfffd, 4, true)).toBe(Vector.GP)
  })

  it('SYSENTER leaves it', () => {
    const machine = protectedMachine()
    machine.state.setGpr(0, Selector.KernelCode)
    machine.state.setGpr(1, 0x174)
    machine.run(Callout.Wrmsr)
    machine.toVirtual8086()
    machine.run(Callout.Sysenter)
    expect([machine.state.virtual8086, machine.state.cpl]).toEqual([false, 0])
  })
})
