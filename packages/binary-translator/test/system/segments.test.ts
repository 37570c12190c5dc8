import { describe, expect, it } from 'vitest'
import { Layout, Mode, Segment, SegmentField, Shadow, segmentSlot } from '../../src/state/layout.ts'
import { Callout } from '../../src/system/callouts.ts'
import { Vector } from '../../src/system/guest-fault.ts'
import { Machine, Selector, flat, gdtBase, ldtBase, protectedMachine, rights, segmentOf } from './machine.ts'

describe('segment loads in protected mode', () => {
  it('take base, limit and rights from the descriptor and mark it accessed', () => {
    const machine = protectedMachine()
    machine.descriptor(Selector.Free, 0x1234_5678, 0xabcde, rights(0x12, 3, 0x4000))
    machine.run(Callout.LoadSegment, Segment.FS, Selector.Free | 3)
    expect(segmentOf(machine.state, Segment.FS)).toEqual({
      selector: Selector.Free | 3,
      base: 0x1234_5678,
      limit: 0xabcde,
      attributes: rights(0x13, 3, 0x4000),
    })
    expect(machine.memory.read(gdtBase + Selector.Free + 5, 1, 0)).toBe(rights(0x13, 3))
    expect(machine.state.eip).toBe(machine.state.nextEip)
  })

  it('apply page granularity', () => {
    const machine = protectedMachine()
    machine.descriptor(Selector.Free, 0, 0x12345fff, rights(0x12, 3, flat))
    machine.run(Callout.LoadSegment, Segment.GS, Selector.Free)
    expect(machine.state.limit(Segment.GS)).toBe(0x12345fff)
  })

  it('read the LDT', () => {
    const machine = protectedMachine()
    expect(machine.faultOf(Callout.LoadSegment, Segment.FS, 0x0c)).toEqual([Vector.GP, 0x0c])
    machine.run(Callout.Lldt, Selector.Ldt)
    machine.descriptor(0x0c, 0x5000, 0xfff, rights(0x12, 3), ldtBase)
    machine.run(Callout.LoadSegment, Segment.FS, 0x0f)
    expect(machine.state.segmentBase(Segment.FS)).toBe(0x5000)
    expect(machine.faultOf(Callout.LoadSegment, Segment.FS, 0x104)).toEqual([Vector.GP, 0x104])
    machine.state.set(segmentSlot(Segment.LDTR) + SegmentField.limit, 0x0e)
    expect(machine.faultOf(Callout.LoadSegment, Segment.FS, 0x0c)).toEqual([Vector.GP, 0x0c])
  })

  it.each([
    ['DS outside the table', Segment.DS, 0x98, Vector.GP],
    ['DS with a system segment', Segment.DS, Selector.Tss, Vector.GP],
    ['DS with execute-only code', Segment.DS, Selector.ExecuteOnly, Vector.GP],
    ['DS not present', Segment.DS, Selector.AbsentData, Vector.NP],
    ['DS with RPL above DPL', Segment.DS, Selector.KernelData | 3, Vector.GP],
    ['SS with RPL other than CPL', Segment.SS, Selector.KernelData | 1, Vector.GP],
    ['SS with DPL other than CPL', Segment.SS, Selector.UserData & ~3, Vector.GP],
    ['SS read-only', Segment.SS, Selector.ReadOnlyData, Vector.GP],
    ['SS with code', Segment.SS, Selector.KernelCode, Vector.GP],
  ])('raises a fault with the selector: %s', (_title, segment, selector, vector) => {
    const machine = protectedMachine()
    const before = machine.snapshot()
    expect(machine.faultOf(Callout.LoadSegment, segment, selector)).toEqual([vector, selector & ~3])
    expect(machine.snapshot()).toEqual(before)
  })

  it('SS not present is #SS, null is #GP(0)', () => {
    const machine = protectedMachine()
    machine.descriptor(Selector.Free, 0, 0xffff, rights(0x12, 0) & ~0x80)
    expect(machine.faultOf(Callout.LoadSegment, Segment.SS, Selector.Free)).toEqual([Vector.SS, Selector.Free])
    expect(machine.faultOf(Callout.LoadSegment, Segment.SS, 0)).toEqual([Vector.GP, 0])
    expect(machine.faultOf(Callout.LoadSegment, Segment.CS, Selector.KernelCode)).toEqual([Vector.UD, -1])
  })

  it('CPL 3 may load conforming code of DPL 0 but not its data', () => {
    const machine = protectedMachine()
    machine.toUser()
    machine.run(Callout.LoadSegment, Segment.FS, Selector.ConformingCode | 3)
    expect(machine.faultOf(Callout.LoadSegment, Segment.FS, Selector.KernelData)).toEqual([Vector.GP, 0x10])
  })

  it('a null selector makes the segment unusable and takes the flat mode away', () => {
    const machine = protectedMachine()
    expect(machine.state.get(Layout.mode) & Mode.flat).toBe(Mode.flat)
    machine.run(Callout.LoadSegment, Segment.DS, 3)
    expect(machine.state.get(Layout.mode) & Mode.flat).toBe(0)
    expect(machine.state.attributes(Segment.DS)).toBe(0)
    expect(machine.state.selector(Segment.DS)).toBe(3)
    expect(machine.unit.checkSegment(Segment.DS, 0, 1, false)).toBe(Vector.GP)
    expect(machine.state.get(segmentSlot(Segment.DS) + SegmentField.readSpan)).toBe(0)
  })

  it('a load of SS holds interrupts off for an instruction', () => {
    const machine = protectedMachine()
    machine.run(Callout.LoadSegment, Segment.SS, Selector.SmallKernelData)
    expect(machine.state.get(Layout.interruptShadow)).toBe(Shadow.Everything)
  })

  it('POP releases the old stack only when the load succeeds', () => {
    const machine = protectedMachine()
    const top = machine.state.gpr(4)
    machine.faultOf(Callout.PopSegment, Segment.DS | (4 << 8), 0x98)
    expect(machine.state.gpr(4)).toBe(top)
    machine.run(Callout.PopSegment, Segment.SS | (4 << 8), Selector.Data16)
    expect(machine.state.gpr(4)).toBe(top + 4)
    machine.run(Callout.PopSegment, Segment.ES | (2 << 8), Selector.KernelData)
    expect(machine.state.gpr(4)).toBe(top + 6)
  })

  it('LFS loads the segment and the offset, in the size of the operand', () => {
    const machine = protectedMachine()
    machine.state.setGpr(3, 0x1111_2222)
    machine.state.set(Layout.scratch, 0xaaaa_bbbb)
    machine.run(Callout.LoadFarPointer, Segment.FS | (3 << 8) | (2 << 16), Selector.UserData)
    expect(machine.state.gpr(3)).toBe(0x1111_bbbb)
    machine.run(Callout.LoadFarPointer, Segment.FS | (3 << 8) | (4 << 16), Selector.UserData)
    expect(machine.state.gpr(3)).toBe(0xaaaa_bbbb)
    expect(machine.state.selector(Segment.FS)).toBe(Selector.UserData)
  })

  it('a page fault in the table reads it as supervisor and leaves the segment alone', () => {
    const machine = protectedMachine()
    machine.toUser()
    machine.memory.supervisorOnly.add(gdtBase >>> 12)
    machine.run(Callout.LoadSegment, Segment.FS, Selector.UserData)
    machine.memory.notPresent.add(gdtBase >>> 12)
    const before = machine.snapshot()
    expect(machine.faultOf(Callout.LoadSegment, Segment.FS, Selector.ConformingCode)[0]).toBe(Vector.PF)
    expect(machine.snapshot()).toEqual(before)
  })
})

describe('segment loads in real mode', () => {
  it('shift the selector and keep limit and size of protected mode', () => {
    const machine = protectedMachine()
    machine.run(Callout.MovToCr, 0, 0)
    machine.run(Callout.LoadSegment, Segment.DS, 0x1234)
    expect(segmentOf(machine.state, Segment.DS)).toEqual({
      selector: 0x1234,
      base: 0x12340,
      limit: 0xffff_ffff,
      attributes: 0xc093,
    })
    expect(machine.unit.checkSegment(Segment.DS, 0xffff_fff0, 4, true)).toBe(-1)
  })

  it('start with 64 KiB', () => {
    const machine = new Machine()
    machine.run(Callout.LoadSegment, Segment.ES, 0xffff)
    expect(machine.state.segmentBase(Segment.ES)).toBe(0xffff0)
    expect(machine.unit.checkSegment(Segment.ES, 0xffff, 1, true)).toBe(-1)
    expect(machine.unit.checkSegment(Segment.ES, 0xffff, 2, true)).toBe(Vector.GP)
    expect(machine.unit.checkSegment(Segment.SS, 0xffff, 2, true)).toBe(Vector.SS)
    expect(machine.unit.checkSegment(Segment.CS, 0, 2, true)).toBe(-1)
  })
})
