// RESET, INIT, start-up messages, HLT and shutdown. Rules from SDM vol. 3, table 9-1 and sections 8.4 and 9.1.
import { describe, expect, it } from 'vitest'
import { VcpuExit } from '../../src/index.ts'
import { Flag, Layout, Segment } from '../../src/state/layout.ts'
import { mica32 } from '../../src/system/cpu-models.ts'
import { Msr, msrSlot } from '../../src/system/msr-access.ts'
import { FlatMachine, differences, snapshot } from '../../src/testing/index.ts'

const [cacheDisable, notWriteThrough] = [0x4000_0000, 0x2000_0000]
const dr = (n: number): number => Layout.debug + n * 8

/** A machine whose every kind of register holds something. */
function used(): FlatMachine {
  const machine = new FlatMachine({ model: mica32({ apic: true }) })
  machine.write(0x1000, [0x90, 0x90, 0x90, 0xf4])
  machine.start({ eip: 0x1000, cr0: 0x1_0011 | cacheDisable, registers: { eax: 1, edx: 2, esp: 0x9000 } })
  const { state } = machine
  for (const cell of [Layout.cr2, Layout.gdtrBase, Layout.idtrBase, dr(0), dr(3)]) state.set(cell, 0x1234)
  state.set(Layout.x87Control, 0x37f)
  state.set(Layout.mxcsr, 0x1fa0)
  state.set(Layout.vector, 0x55aa)
  state.set(msrSlot(Msr.SysenterEip), 0xc000_0000)
  state.set(msrSlot(Msr.Pat), 0x0606_0606)
  state.set(dr(7), 0x401)
  machine.vcpu.system.refresh()
  return machine
}

describe('INIT', () => {
  it('leaves what RESET leaves, but for the state that table 9-1 calls unchanged', () => {
    const [machine, other] = [used(), used()]
    machine.vcpu.system.init()
    other.vcpu.reset()
    const kept = differences(snapshot(machine.state), snapshot(other.state)).map((line) => line.split(':')[0])
    expect(kept.sort()).toEqual(['cr0', 'mxcsr', 'x87', 'xmm0'])
    const { state } = machine
    expect(state.get(Layout.cr0) >>> 0).toBe(cacheDisable | 0x10)
    expect([state.get(msrSlot(Msr.SysenterEip)), state.get(msrSlot(Msr.Pat))]).toEqual([0xc000_0000, 0x0606_0606])
  })

  it('goes to the reset vector, at the next boundary between instructions', () => {
    const machine = used()
    machine.run(1)
    machine.vcpu.init()
    expect(machine.state.eip).toBe(0x1001)
    machine.mmu.map(0xf_ffff, { frame: 8, writable: false, user: true })
    machine.ram.set([0x40, 0x40, 0xf4], 0x8ff0)
    machine.run(2)
    const { state } = machine
    expect([state.eip, state.segmentBase(Segment.CS), state.selector(Segment.CS)]).toEqual([
      0xfff2, 0xffff_0000, 0xf000,
    ])
    expect([state.gpr(0), state.gpr(2), state.eflags & ~0xff]).toEqual([2, 0x106ca, 0])
  })

  it('keeps NW and CD as they are', () => {
    for (const bits of [0, cacheDisable, cacheDisable | notWriteThrough]) {
      const machine = used()
      machine.state.set(Layout.cr0, (0x8001_0011 | bits) >>> 0)
      machine.vcpu.system.init()
      expect(machine.state.get(Layout.cr0)).toBe((0x10 | bits) >>> 0)
    }
  })

  it('drops what waits for a boundary: traps, an NMI, and breakpoints', () => {
    const machine = used()
    machine.vcpu.raiseNmi()
    machine.state.set(Layout.pendingDebug, 0x4000)
    machine.mmu.map(0xf_ffff, { frame: 8, writable: false, user: true })
    machine.ram.set([0x90, 0x90, 0xf4], 0x8ff0)
    machine.vcpu.init()
    expect(machine.run(10)).toBe(VcpuExit.Halt)
    expect([machine.vcpu.statistics.exceptions[1], machine.state.eip]).toEqual([0, 0xfff3])
  })
})

describe('a processor that is not the bootstrap processor', () => {
  it('waits for a start-up message after INIT, which nothing else ends', () => {
    const machine = used()
    machine.state.set(msrSlot(Msr.ApicBase), 0xfee0_0800)
    machine.vcpu.startup(8)
    expect(machine.state.eip).toBe(0x1000)
    machine.vcpu.init()
    machine.vcpu.raiseNmi()
    machine.interrupt(0x20)
    expect([machine.run(10), machine.vcpu.waitsForStartup]).toEqual([VcpuExit.Halt, true])
    machine.ram.set([0x40, 0xf4], 0x9000)
    machine.vcpu.startup(9)
    expect(machine.vcpu.waitsForStartup).toBe(false)
    const { state } = machine
    expect([state.eip, state.segmentBase(Segment.CS), state.selector(Segment.CS)]).toEqual([0, 0x9000, 0x900])
    machine.run(1)
    expect(state.gpr(0)).toBe(1)
  })

  it('takes both messages at once', () => {
    const machine = used()
    machine.state.set(msrSlot(Msr.ApicBase), 0xfee0_0800)
    machine.vcpu.init()
    machine.vcpu.startup(9)
    expect([machine.vcpu.waitsForStartup, machine.state.segmentBase(Segment.CS)]).toEqual([false, 0x9000])
  })
})

describe('shutdown', () => {
  /** A machine without IDT, after UD2. */
  function shutDown(): FlatMachine {
    const machine = new FlatMachine()
    machine.write(0x1000, [0x0f, 0x0b])
    machine.start({ eip: 0x1000, eflags: 2 | Flag.IF, registers: { esp: 0x9000 } })
    machine.state.set(Layout.idtrLimit, 0)
    expect(machine.run(10)).toBe(VcpuExit.Shutdown)
    return machine
  }

  it('lasts, whatever interrupts come', () => {
    const machine = shutDown()
    machine.interrupt(0x20)
    expect(machine.run(10)).toBe(VcpuExit.Shutdown)
    expect(machine.interrupts.queue).toEqual([0x20])
  })

  it('ends with INIT and with RESET', () => {
    const machine = shutDown()
    machine.vcpu.init()
    machine.mmu.map(0xf_ffff, { frame: 8, writable: false, user: true })
    machine.ram.set([0xf4], 0x8ff0)
    expect(machine.run(10)).toBe(VcpuExit.Halt)
    const other = shutDown()
    other.start({ eip: 0x1000 })
    other.write(0x1000, [0xf4])
    expect(other.run(10)).toBe(VcpuExit.Halt)
  })
})
