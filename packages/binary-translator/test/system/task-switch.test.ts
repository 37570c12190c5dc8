import { describe, expect, it } from 'vitest'
import { Flag, Layout, Segment } from '../../src/state/layout.ts'
import { Callout } from '../../src/system/callouts.ts'
import { Vector } from '../../src/system/guest-fault.ts'
import { SystemRequest } from '../../src/system/types.ts'
import { type Machine, Selector, gdtBase, idtBase, protectedMachine, rights, tssBase } from './machine.ts'

const secondTask = tssBase + 0x400
const pointer = (selector: number): number => selector | (4 << 16)
const busy = (machine: Machine, selector: number): boolean =>
  (machine.memory.read(gdtBase + selector + 5, 1, 0) & 2) !== 0

/** A second task at CPL 0: EIP 6666H, ESP A000H, EAX..EDI 101H..108H but ESP. */
function withTask(): Machine {
  const machine = protectedMachine()
  const { memory } = machine
  memory.write(secondTask + 0x1c, 4, 0x5_5000, 0)
  memory.write(secondTask + 0x20, 4, 0x6666, 0)
  memory.write(secondTask + 0x24, 4, Flag.IF | Flag.CF | 2, 0)
  for (let index = 0; index < 8; index++)
    memory.write(secondTask + 0x28 + index * 4, 4, index === 4 ? 0xa000 : 0x101 + index, 0)
  const selectors = [Selector.UserData, Selector.KernelCode, Selector.KernelData, Selector.KernelData, 0, 0]
  selectors.forEach((selector, index) => memory.write(secondTask + 0x48 + index * 4, 2, selector, 0))
  memory.write(secondTask + 0x60, 2, Selector.Ldt, 0)
  machine.state.setGpr(3, 0x3333)
  machine.state.eflags = Flag.ZF
  return machine
}

describe('task switches', () => {
  it('CALL saves one task, loads the other and links them; IRET comes back', () => {
    const machine = withTask()
    const { state, memory } = machine
    machine.run(Callout.FarCall, 0, pointer(Selector.Tss2))
    expect([state.eip, state.gpr(4), state.gpr(0), state.gpr(7)]).toEqual([0x6666, 0xa000, 0x101, 0x108])
    expect(state.eflags).toBe(Flag.IF | Flag.CF | Flag.NT | 2)
    expect([state.selector(Segment.TR), state.selector(Segment.LDTR), state.selector(Segment.ES)]).toEqual([
      Selector.Tss2,
      Selector.Ldt,
      Selector.UserData,
    ])
    expect(state.get(Layout.cr0) & 8).toBe(8)
    expect([busy(machine, Selector.Tss), busy(machine, Selector.Tss2)]).toEqual([true, true])
    expect(memory.read(secondTask, 2, 0)).toBe(Selector.Tss)
    expect([memory.read(tssBase + 0x20, 4, 0), memory.read(tssBase + 0x34, 4, 0)]).toEqual([0x7002, 0x3333])
    machine.run(Callout.Iret, 4)
    expect([state.eip, state.gpr(3), state.selector(Segment.TR), state.eflags]).toEqual([
      0x7002,
      0x3333,
      Selector.Tss,
      Flag.ZF | 2,
    ])
    expect([busy(machine, Selector.Tss), busy(machine, Selector.Tss2)]).toEqual([true, false])
  })

  it('saves NT with the task that is called from, and clears it in the one that returns', () => {
    const machine = withTask()
    machine.state.eflags = Flag.NT
    machine.run(Callout.FarCall, 0, pointer(Selector.Tss2))
    expect(machine.memory.read(tssBase + 0x24, 4, 0)).toBe(Flag.NT | 2)
    machine.run(Callout.Iret, 4)
    expect(machine.memory.read(secondTask + 0x24, 4, 0) & Flag.NT).toBe(0)
    expect(machine.state.eflags).toBe(Flag.NT | 2)
  })

  it('JMP leaves the old task for good', () => {
    const machine = withTask()
    machine.run(Callout.FarJump, 0, pointer(Selector.Tss2))
    expect([busy(machine, Selector.Tss), busy(machine, Selector.Tss2)]).toEqual([false, true])
    expect(machine.state.eflags & Flag.NT).toBe(0)
  })

  it('an exception through a task gate brings its error code, from any stack', () => {
    const machine = withTask()
    machine.gate(idtBase + Vector.DF * 8, Selector.Tss2, 0, 5, 0)
    machine.toUser()
    expect(machine.unit.deliver(Vector.DF, 0)).toBe(SystemRequest.None)
    const { state, memory } = machine
    expect([state.cpl, state.eip, state.gpr(4)]).toEqual([0, 0x6666, 0x9ffc])
    expect(memory.read(0x9ffc, 4, 0)).toBe(0)
    expect(memory.read(tssBase + 0x20, 4, 0)).toBe(0x6000)
  })

  it('loads CR3 only under paging', () => {
    const machine = withTask()
    machine.run(Callout.FarJump, 0, pointer(Selector.Tss2))
    expect(machine.state.get(Layout.cr3)).toBe(0)
    const paged = withTask()
    paged.run(Callout.MovToCr, 0, 0x8000_0001 | 0)
    paged.run(Callout.FarJump, 0, pointer(Selector.Tss2))
    expect(paged.configured.at(-1)!.cr3).toBe(0x5_5000)
  })

  it('refuses a busy task, a short one and an absent one with no effect', () => {
    const machine = withTask()
    machine.descriptor(Selector.Free, secondTask, 0x66, rights(0x09, 0))
    const before = machine.snapshot()
    expect(machine.faultOf(Callout.FarJump, 0, pointer(Selector.Tss))).toEqual([Vector.GP, Selector.Tss])
    expect(machine.faultOf(Callout.FarJump, 0, pointer(Selector.Free))).toEqual([Vector.TS, Selector.Free])
    machine.descriptor(Selector.Free, secondTask, 0x67, rights(0x09, 0) & ~0x80)
    expect(machine.faultOf(Callout.FarJump, 0, pointer(Selector.Free))).toEqual([Vector.NP, Selector.Free])
    machine.memory.notPresent.add((secondTask >>> 12) & 0xff)
    machine.state.eflags = Flag.NT
    expect(machine.faultOf(Callout.Iret, 4)[0]).toBe(Vector.PF)
    expect(machine.snapshot()).toEqual({ ...before, eflags: Flag.NT | 2 })
  })

  it('IRET with NT and no link is #TS', () => {
    const machine = protectedMachine()
    machine.state.eflags = Flag.NT
    expect(machine.faultOf(Callout.Iret, 4)).toEqual([Vector.TS, 0])
  })

  it('a bad segment faults in the new task', () => {
    const machine = withTask()
    machine.memory.write(secondTask + 0x54, 2, Selector.AbsentData, 0)
    expect(machine.faultOf(Callout.FarJump, 0, pointer(Selector.Tss2))).toEqual([Vector.NP, Selector.AbsentData])
    expect(machine.state.eip).toBe(0x6666)
    expect(machine.state.selector(Segment.TR)).toBe(Selector.Tss2)
  })

  it('enters virtual-8086 mode when the image says so', () => {
    const machine = withTask()
    machine.memory.write(secondTask + 0x24, 4, Flag.VM | 2, 0)
    machine.run(Callout.FarJump, 0, pointer(Selector.Tss2))
    expect([machine.state.cpl, machine.state.segmentBase(Segment.CS)]).toEqual([3, Selector.KernelCode * 16])
  })

  it('a 16-bit task has words, and no FS and GS', () => {
    const machine = withTask()
    const { memory, state } = machine
    machine.descriptor(Selector.Tss2, secondTask, 0x2b, rights(0x01, 0))
    memory.write(secondTask + 0x0e, 2, 0x4444, 0)
    memory.write(secondTask + 0x10, 2, Flag.CF | 2, 0)
    memory.write(secondTask + 0x12, 2, 0xaaaa, 0)
    for (const [index, selector] of [0, Selector.KernelCode, Selector.KernelData, 0, 0].entries()) {
      memory.write(secondTask + 0x22 + index * 2, 2, selector, 0)
    }
    machine.run(Callout.FarJump, 0, pointer(Selector.Tss2))
    expect([state.eip, state.gpr(0), state.eflags, state.attributes(Segment.FS)]).toEqual([
      0x4444,
      0xffff_aaaa,
      Flag.CF | 2,
      0,
    ])
  })

  it('saves RF set where a fault leads to a task, and clear where an instruction does', () => {
    for (const [vector, flag] of [
      [Vector.UD, Flag.RF],
      [Vector.DF, 0],
    ] as const) {
      const machine = withTask()
      machine.gate(idtBase + vector * 8, Selector.Tss2, 0, 5, 0)
      machine.unit.deliver(vector, vector === Vector.DF ? 0 : -1)
      expect(machine.memory.read(tssBase + 0x24, 4, 0) & Flag.RF).toBe(flag)
    }
    const machine = withTask()
    machine.state.eflags = Flag.RF
    machine.run(Callout.FarCall, 0, pointer(Selector.Tss2))
    expect(machine.memory.read(tssBase + 0x24, 4, 0) & Flag.RF).toBe(0)
  })

  it('loads RF with the other flags of the new task', () => {
    const machine = withTask()
    machine.memory.write(secondTask + 0x24, 4, Flag.RF | 2, 0)
    machine.run(Callout.FarJump, 0, pointer(Selector.Tss2))
    expect(machine.state.eflags).toBe(Flag.RF | 2)
  })

  it('a T bit in the TSS traps once the task has been entered, and local breakpoints end', () => {
    const machine = withTask()
    machine.memory.write(secondTask + 0x64, 2, 1, 0)
    machine.state.set(Layout.debug, 0x4000)
    machine.state.set(Layout.debug + 7 * 8, 0x0001_05ff)
    machine.unit.refresh()
    machine.run(Callout.FarJump, 0, pointer(Selector.Tss2))
    expect(machine.breakpoints.take()).toBe(0x8000)
    expect(machine.state.get(Layout.debug + 7 * 8)).toBe(0x0001_04aa)
    machine.state.set(Layout.debug + 7 * 8, 0x0001_0401)
    machine.unit.refresh()
    machine.run(Callout.FarJump, 0, pointer(Selector.Tss))
    expect([machine.breakpoints.armed, machine.exclusion.data]).toEqual([false, []])
  })

  it('a fault in the new task comes without the trap of its T bit', () => {
    const machine = withTask()
    machine.memory.write(secondTask + 0x64, 2, 1, 0)
    machine.memory.write(secondTask + 0x54, 2, Selector.AbsentData, 0)
    machine.faultOf(Callout.FarJump, 0, pointer(Selector.Tss2))
    expect(machine.breakpoints.take()).toBe(0)
  })

  it('finds pages that it may not write before it changes anything', () => {
    for (const page of [gdtBase >>> 12, secondTask >>> 12]) {
      for (const callout of [Callout.FarCall, Callout.FarJump]) {
        const machine = withTask()
        machine.memory.readOnly.add(page)
        const before = machine.snapshot()
        const isWritten = page === gdtBase >>> 12 || callout === Callout.FarCall || page === tssBase >>> 12
        if (!isWritten) continue
        expect(machine.faultOf(callout, 0, pointer(Selector.Tss2))[0]).toBe(Vector.PF)
        expect(machine.snapshot()).toEqual(before)
        machine.memory.readOnly.clear()
        expect([busy(machine, Selector.Tss), busy(machine, Selector.Tss2)]).toEqual([true, false])
      }
    }
  })

  it('an external event through a task gate to a busy task is #GP with EXT', () => {
    const machine = withTask()
    machine.interruptGate(Vector.GP)
    machine.gate(idtBase + 0x20 * 8, Selector.Tss, 0, 5, 0)
    machine.unit.interrupt(0x20)
    expect(machine.memory.read(machine.state.gpr(4), 4, 0)).toBe(Selector.Tss | 1)
    const other = withTask()
    other.gate(idtBase + 0x20 * 8, Selector.Tss, 0, 5, 0)
    expect(other.faultOf(Callout.Int, 0x20, 0)).toEqual([Vector.GP, Selector.Tss])
  })

  it('an NMI through a task gate blocks further ones until its task returns', () => {
    const machine = withTask()
    machine.gate(idtBase + 2 * 8, Selector.Tss2, 0, 5, 0)
    machine.unit.nonMaskableInterrupt()
    expect([machine.state.selector(Segment.TR), machine.unit.nmiBlocked]).toEqual([Selector.Tss2, true])
    machine.run(Callout.Iret, 4)
    expect([machine.state.selector(Segment.TR), machine.unit.nmiBlocked]).toEqual([Selector.Tss, false])
  })

  it('checks CS before SS before the data segments', () => {
    const bad = [
      [Segment.CS, Selector.AbsentCode, Vector.NP],
      [Segment.SS, Selector.ReadOnlyData, Vector.TS],
      [Segment.ES, Selector.ExecuteOnly, Vector.TS],
    ] as const
    bad.forEach(([, selector, vector], first) => {
      const machine = withTask()
      for (const [segment, wrong] of bad.slice(first)) {
        machine.memory.write(secondTask + 0x48 + segment * 4, 2, wrong, 0)
      }
      expect(machine.faultOf(Callout.FarJump, 0, pointer(Selector.Tss2))).toEqual([vector, selector])
    })
  })
})
