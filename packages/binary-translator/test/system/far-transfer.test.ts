import { describe, expect, it } from 'vitest'
import { Layout, Mode, Segment } from '../../src/state/layout.ts'
import { Callout } from '../../src/system/callouts.ts'
import { Vector } from '../../src/system/guest-fault.ts'
import { Machine, Selector, gdtBase, kernelStackTop, protectedMachine, tssBase, userStackTop } from './machine.ts'

const pointer = (selector: number, size: number = 4): number => selector | (size << 16)

describe('far transfers to code', () => {
  it('JMP loads CS with the privilege it has', () => {
    const machine = protectedMachine()
    machine.run(Callout.FarJump, 0x1234, pointer(Selector.Code16))
    expect(machine.state.selector(Segment.CS)).toBe(Selector.Code16)
    expect(machine.state.eip).toBe(0x1234)
    expect(machine.state.get(Layout.mode) & Mode.code32).toBe(0)
    expect(machine.state.get(Layout.mode) & Mode.flat).toBe(0)
  })

  it('a 16-bit operand has a 16-bit offset', () => {
    const machine = protectedMachine()
    machine.run(Callout.FarJump, 0xabcd_1234 | 0, pointer(Selector.KernelCode, 2))
    expect(machine.state.eip).toBe(0x1234)
    machine.run(Callout.FarJump, 0xabcd_1234 | 0, pointer(Selector.KernelCode, 4))
    expect(machine.state.eip).toBe(0xabcd_1234)
  })

  it('CALL and RET are inverse and RET releases its parameters', () => {
    for (const size of [2, 4]) {
      const machine = protectedMachine()
      const before = machine.snapshot()
      machine.run(Callout.FarCall, 0x4000, pointer(Selector.ConformingCode, size))
      expect(machine.memory.words(kernelStackTop - 2 * size, 2, size as 2 | 4)).toEqual([0x7002, Selector.KernelCode])
      expect(machine.state.selector(Segment.CS)).toBe(Selector.ConformingCode)
      machine.run(Callout.FarReturn, 0, size)
      expect(machine.snapshot()).toEqual({ ...before, eip: 0x7002 })
      machine.run(Callout.FarCall, 0x4000, pointer(Selector.KernelCode, size))
      machine.run(Callout.FarReturn, 0x10, size)
      expect(machine.state.gpr(4)).toBe(kernelStackTop + 0x10)
    }
  })

  it.each([
    ['null', 0, Vector.GP, 0],
    ['outside the table', 0x98, Vector.GP, 0x98],
    ['data', Selector.KernelData, Vector.GP, Selector.KernelData],
    ['an LDT', Selector.Ldt, Vector.GP, Selector.Ldt],
    ['less privileged code', Selector.UserCode, Vector.GP, Selector.UserCode & ~3],
    ['RPL above CPL', Selector.KernelCode | 1, Vector.GP, Selector.KernelCode],
    ['absent code', Selector.AbsentCode, Vector.NP, Selector.AbsentCode],
  ])('refuse %s', (_title, selector, vector, error) => {
    for (const id of [Callout.FarJump, Callout.FarCall]) {
      const machine = protectedMachine()
      const before = machine.snapshot()
      expect(machine.faultOf(id, 0, pointer(selector))).toEqual([vector, error])
      expect(machine.snapshot()).toEqual(before)
    }
  })

  it('refuse an offset beyond the limit, and a stack that faults, with no effect', () => {
    const machine = protectedMachine()
    machine.memory.notPresent.add((kernelStackTop - 4) >>> 12)
    const before = machine.snapshot()
    expect(machine.faultOf(Callout.FarJump, 0x1_0000, pointer(Selector.Code16))).toEqual([Vector.GP, 0])
    expect(machine.faultOf(Callout.FarCall, 0, pointer(Selector.Code16))[0]).toBe(Vector.PF)
    expect(machine.snapshot()).toEqual(before)
  })

  it('in real mode shift the selector and push both words', () => {
    const machine = new Machine()
    machine.state.setGpr(4, 0x100)
    machine.state.nextEip = 0x1_0003
    machine.run(Callout.FarCall, 0x10, pointer(0x1234, 2))
    expect([machine.state.eip, machine.state.segmentBase(Segment.CS)]).toEqual([0x10, 0x12340])
    expect(machine.memory.words(0xfc, 2, 2)).toEqual([3, 0xf000])
    machine.run(Callout.FarReturn, 4, 2)
    expect([machine.state.eip, machine.state.segmentBase(Segment.CS), machine.state.gpr(4)]).toEqual([
      3, 0xf0000, 0x104,
    ])
    expect(machine.faultOf(Callout.FarJump, 0x1_0000, pointer(0x1234, 4))).toEqual([Vector.GP, 0])
  })
})

describe('RET to an outer level', () => {
  it('takes the stack from the stack and drops privileged segments', () => {
    const machine = protectedMachine()
    const { state, memory } = machine
    const frame = [0x6000, Selector.UserCode, 0xaa, 0xbb, userStackTop, Selector.UserData]
    frame.forEach((value, index) => memory.write(0x8000 + index * 4, 4, value, 0))
    state.setGpr(4, 0x8000)
    machine.run(Callout.LoadSegment, Segment.ES, Selector.UserData)
    machine.run(Callout.LoadSegment, Segment.FS, Selector.ConformingCode)
    machine.run(Callout.FarReturn, 8, 4)
    expect([state.eip, state.cpl, state.gpr(4)]).toEqual([0x6000, 3, userStackTop + 8])
    expect([state.attributes(Segment.DS), state.selector(Segment.DS)]).toEqual([0, 0])
    expect(state.selector(Segment.ES)).toBe(Selector.UserData)
    expect(state.selector(Segment.FS)).toBe(Selector.ConformingCode)
    expect(machine.faultOf(Callout.FarReturn, 0, 4)[0]).toBe(Vector.GP)
  })

  it('never goes inwards', () => {
    const machine = protectedMachine()
    machine.toUser()
    machine.memory.write(userStackTop, 4, 0x4000, 0)
    machine.memory.write(userStackTop + 4, 4, Selector.KernelCode, 0)
    const before = machine.snapshot()
    expect(machine.faultOf(Callout.FarReturn, 0, 4)).toEqual([Vector.GP, Selector.KernelCode])
    expect(machine.faultOf(Callout.Iret, 4)).toEqual([Vector.GP, Selector.KernelCode])
    expect(machine.snapshot()).toEqual(before)
  })
})

describe('call gates', () => {
  const withGate = (type: number, selector: number, dpl: number = 3, parameters: number = 0): Machine => {
    const machine = protectedMachine()
    machine.gate(gdtBase + Selector.Free, selector, 0x1_2345, type, dpl, parameters)
    return machine
  }

  it('a 32-bit gate switches stacks and copies parameters; RET undoes it', () => {
    const machine = withGate(12, Selector.KernelCode, 3, 2)
    const { state, memory } = machine
    machine.toUser()
    state.setGpr(4, userStackTop - 8)
    memory.write(userStackTop - 8, 4, 0x1111, 0)
    memory.write(userStackTop - 4, 4, 0x2222, 0)
    machine.run(Callout.FarCall, 0, pointer(Selector.Free | 3))
    expect([state.eip, state.cpl, state.selector(Segment.CS), state.selector(Segment.SS)]).toEqual([
      0x1_2345,
      0,
      Selector.KernelCode,
      Selector.KernelData,
    ])
    expect(memory.words(state.gpr(4), 6)).toEqual([
      0x6002,
      Selector.UserCode,
      0x1111,
      0x2222,
      userStackTop - 8,
      Selector.UserData,
    ])
    machine.run(Callout.FarReturn, 8, 4)
    expect([state.eip, state.cpl, state.gpr(4)]).toEqual([0x6002, 3, userStackTop])
  })

  it('a 16-bit gate pushes words and has a 16-bit offset', () => {
    const machine = withGate(4, Selector.KernelCode)
    machine.run(Callout.FarCall, 0, pointer(Selector.Free))
    expect(machine.state.eip).toBe(0x2345)
    expect(machine.memory.words(kernelStackTop - 4, 2, 2)).toEqual([0x7002, Selector.KernelCode])
  })

  it('a conforming target keeps the privilege', () => {
    const machine = withGate(12, Selector.ConformingCode)
    machine.toUser()
    machine.run(Callout.FarJump, 0, pointer(Selector.Free | 3))
    expect([machine.state.cpl, machine.state.selector(Segment.CS)]).toEqual([3, Selector.ConformingCode | 3])
  })

  it('JMP does not go inwards', () => {
    const machine = withGate(12, Selector.KernelCode)
    machine.toUser()
    expect(machine.faultOf(Callout.FarJump, 0, pointer(Selector.Free | 3))).toEqual([Vector.GP, Selector.KernelCode])
  })

  it.each([
    ['of lower DPL', Selector.KernelCode, 0, Vector.GP, Selector.Free],
    ['to nothing', 0, 3, Vector.GP, 0],
    ['to data', Selector.KernelData, 3, Vector.GP, Selector.KernelData],
    ['to absent code', Selector.AbsentCode, 3, Vector.NP, Selector.AbsentCode],
  ])('refuse a gate %s', (_title, selector, dpl, vector, error) => {
    const machine = withGate(12, selector, dpl)
    machine.toUser()
    const before = machine.snapshot()
    expect(machine.faultOf(Callout.FarCall, 0, pointer(Selector.Free | 3))).toEqual([vector, error])
    expect(machine.snapshot()).toEqual(before)
  })

  it('an absent gate is #NP, a bad inner stack #TS', () => {
    const machine = withGate(12, Selector.KernelCode)
    machine.toUser()
    machine.memory.write(tssBase + 8, 2, Selector.UserData, 0)
    expect(machine.faultOf(Callout.FarCall, 0, pointer(Selector.Free | 3))).toEqual([Vector.TS, Selector.UserData & ~3])
    machine.memory.write(gdtBase + Selector.Free + 5, 1, 0x6c, 0)
    expect(machine.faultOf(Callout.FarCall, 0, pointer(Selector.Free | 3))).toEqual([Vector.NP, Selector.Free])
  })
})
