// x87 errors with CR0.NE clear, as the PC/AT reports them. SDM vol. 1, appendix D.
import { describe, expect, it } from 'vitest'
import { VcpuExit } from '../../src/index.ts'
import { Flag, Layout } from '../../src/state/layout.ts'
import { FlatMachine } from '../../src/testing/index.ts'

const code = 0x1000
const idt = 0x2000
const handler = 0x3000
const gdt = 0x800
const [numericError, errorSummary] = [0x20, 0x80]
/** FNINIT; FLDCW [data], which unmasks all; FLDZ; FLDZ; FDIVP: invalid; FLD1; HLT */
const data = 0x4000
const program = [0xdb, 0xe3, 0xd9, 0x2d, 0, 0x40, 0, 0, 0xd9, 0xee, 0xd9, 0xee, 0xde, 0xf9, 0xd9, 0xe8, 0xf4]
const faulting = code + 14

function machineWith(mode: 'interpreter' | 'translator', cr0: number, eflags = 2 | Flag.IF): FlatMachine {
  const machine = new FlatMachine({ mode, ramBytes: 0x4_0000 })
  machine.write32(gdt + 8, 0xffff)
  machine.write32(gdt + 12, 0x00cf_9b00)
  machine.write32(gdt + 16, 0xffff)
  machine.write32(gdt + 20, 0x00cf_9300)
  for (let vector = 0; vector < 128; vector++) {
    machine.write32(idt + vector * 8, (0x08 << 16) | (handler + (vector === 0x75 ? 0 : 0x80)))
    machine.write32(idt + vector * 8 + 4, 0x8e00)
  }
  // OUT F0h, AL; FNCLEX; IRET. All other handlers: IRET.
  machine.ram.set([0xe6, 0xf0, 0xdb, 0xe2, 0xcf], handler)
  machine.ram.set([0xcf], handler + 0x80)
  machine.write32(data, 0x0340)
  machine.write(code, program)
  machine.start({ eip: code, eflags, cr0: 0x11 | cr0, registers: { esp: 0x9000 } })
  const { state } = machine
  state.set(Layout.gdtrBase, gdt)
  state.set(Layout.gdtrLimit, 0x17)
  state.set(Layout.idtrBase, idt)
  state.set(Layout.idtrLimit, 0x3ff)
  return machine
}

describe.each(['interpreter', 'translator'] as const)('an x87 error in the %s', (mode) => {
  it('is #MF with CR0.NE', () => {
    const machine = machineWith(mode, numericError)
    machine.run(7)
    expect(machine.vcpu.statistics.exceptions[16]).toBe(1)
  })

  it('with CR0.NE clear waits at the next instruction that looks for it, until an interrupt comes', () => {
    const machine = machineWith(mode, 0)
    expect(machine.run(100)).toBe(VcpuExit.Halt)
    expect([machine.state.eip, machine.vcpu.statistics.exceptions[16]]).toEqual([faulting, 0])
    machine.interrupt(0x20)
    expect(machine.run(100)).toBe(VcpuExit.Halt)
    expect(machine.state.eip).toBe(faulting)
  })

  it('goes on once its handler has cleared it', () => {
    const machine = machineWith(mode, 0)
    machine.run(100)
    machine.interrupt(0x75)
    expect(machine.run(100)).toBe(VcpuExit.Halt)
    expect(machine.state.eip).toBe(code + program.length)
    expect(machine.io.log.filter(({ kind }) => kind === 'out').map(({ address }) => address)).toEqual([0xf0])
  })

  it('is ignored from when the chip set says so until it is cleared', () => {
    const machine = machineWith(mode, 0)
    machine.run(100)
    machine.vcpu.ignoreNumericError()
    machine.interrupt(0x20)
    machine.run(100)
    expect(machine.state.eip).toBe(code + program.length)
    expect(machine.state.get(Layout.x87Status) & errorSummary).toBe(errorSummary)
    machine.write(code, [0xdb, 0xe2, 0xf4])
    machine.state.eip = code
    machine.interrupt(0x20)
    machine.run(10)
    expect(machine.state.get(Layout.ignoreNumericError)).toBe(0)
  })
})
