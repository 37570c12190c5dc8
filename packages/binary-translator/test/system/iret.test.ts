import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Flag, Layout, Segment } from '../../src/state/layout.ts'
import { Callout } from '../../src/system/callouts.ts'
import { Vector } from '../../src/system/guest-fault.ts'
import { SystemRequest } from '../../src/system/types.ts'
import { type Machine, Selector, kernelStackTop, protectedMachine, rights, userStackTop } from './machine.ts'

function push(machine: Machine, ...frame: number[]): void {
  const at = kernelStackTop - frame.length * 4
  frame.forEach((value, index) => machine.memory.write(at + index * 4, 4, value >>> 0, 0))
  machine.state.setGpr(4, at)
}

describe('IRET', () => {
  it.each([
    ['a null CS', [0x6000, 3, 2], Vector.GP, 0],
    ['CS outside the table', [0x6000, 0x98, 2], Vector.GP, 0x98],
    ['CS with data', [0x6000, Selector.KernelData, 2], Vector.GP, Selector.KernelData],
    ['CS with RPL other than DPL', [0x6000, Selector.UserCode & ~3, 2], Vector.GP, Selector.UserCode & ~3],
    ['CS absent', [0x6000, Selector.AbsentCode, 2], Vector.NP, Selector.AbsentCode],
    ['EIP beyond the limit', [0x1_0000, Selector.Code16, 2], Vector.GP, 0],
    ['a null SS', [0x6000, Selector.UserCode, 2, 0, 3], Vector.GP, 0],
    [
      'SS with RPL other than CS',
      [0x6000, Selector.UserCode, 2, 0, Selector.KernelData],
      Vector.GP,
      Selector.KernelData,
    ],
    ['SS absent', [0x6000, Selector.UserCode, 2, 0, Selector.Free | 3], Vector.SS, Selector.Free],
    ['EIP beyond 64 KiB for virtual-8086 mode', [0x1_0000, 0, Flag.VM | 2, 0, 0, 0, 0, 0, 0], Vector.GP, 0],
  ] as [string, number[], number, number][])('refuses %s with no effect', (_title, frame, vector, error) => {
    const machine = protectedMachine()
    machine.descriptor(Selector.Free, 0, 0xffff, rights(0x12, 3) & ~0x80)
    push(machine, ...frame)
    const before = machine.snapshot()
    expect(machine.faultOf(Callout.Iret, 4)).toEqual([vector, error])
    expect(machine.snapshot()).toEqual(before)
  })

  it('a page fault on the frame has no effect', () => {
    const machine = protectedMachine()
    machine.state.setGpr(4, 0x9ff8)
    machine.memory.notPresent.add(0xa)
    const before = machine.snapshot()
    expect(machine.faultOf(Callout.Iret, 4)).toEqual([Vector.PF, 0])
    expect(machine.state.get(Layout.cr2)).toBe(0xa000)
    expect(machine.snapshot()).toEqual(before)
  })

  it('CPL 0 restores VIF and VIP from a 32-bit frame alone', () => {
    for (const size of [2, 4] as const) {
      const machine = protectedMachine()
      const image = [0x1234, Selector.KernelCode, Flag.VIF | Flag.VIP | Flag.CF]
      image.forEach((value, index) => machine.memory.write(0x8000 + index * size, 4, value, 0))
      machine.state.setGpr(4, 0x8000)
      machine.run(Callout.Iret, size)
      expect(machine.state.eflags).toBe(2 | Flag.CF | (size === 4 ? Flag.VIF | Flag.VIP : 0))
    }
  })

  it('enters virtual-8086 mode at its last byte', () => {
    const machine = protectedMachine()
    push(machine, 0xffff, 0, Flag.VM | 2, 0, 0, 0, 0, 0, 0)
    machine.run(Callout.Iret, 4)
    expect([machine.state.eip, machine.state.virtual8086]).toEqual([0xffff, true])
  })

  it('CPL 3 restores neither IOPL nor, above it, IF', () => {
    for (const iopl of [0, 3]) {
      const machine = protectedMachine()
      machine.toUser(Flag.IF | 2 | (iopl << 12))
      const frame = [0x6000, Selector.UserCode, (0x3000 ^ (iopl << 12)) | Flag.AC | Flag.ID | Flag.VM]
      frame.forEach((value, index) => machine.memory.write(userStackTop + index * 4, 4, value, 0))
      machine.run(Callout.Iret, 4)
      const kept = iopl === 0 ? Flag.IF : 0
      expect(machine.state.eflags).toBe((iopl << 12) | kept | Flag.AC | Flag.ID | 2)
    }
  })

  it('keeps the high half of ESP when it returns to a 16-bit stack', () => {
    const machine = protectedMachine()
    machine.descriptor(Selector.Free, 0, 0xffff, rights(0x12, 3))
    push(machine, 0x6000, Selector.UserCode, 2, 0x1234_5678, Selector.Free | 3)
    machine.run(Callout.Iret, 4)
    expect(machine.state.gpr(4)).toBe(0x5678)
  })

  it('a 16-bit frame changes the low half of the flags alone', () => {
    const machine = protectedMachine()
    machine.state.eflags = Flag.AC | Flag.ID
    machine.state.setGpr(4, 0x8000)
    for (const [index, value] of [0x1234, Selector.KernelCode, Flag.CF | Flag.IF].entries()) {
      machine.memory.write(0x8000 + index * 2, 2, value, 0)
    }
    machine.run(Callout.Iret, 2)
    expect([machine.state.eip, machine.state.gpr(4)]).toEqual([0x1234, 0x8006])
    expect(machine.state.eflags).toBe(Flag.AC | Flag.ID | Flag.CF | Flag.IF | 2)
  })
})

const flags = fc
  .nat(0xffff_ffff)
  .map((value) => (value & (0x08d5 | Flag.DF | Flag.IF | Flag.AC | Flag.ID | Flag.NT)) | 2)

const origins = fc.record({
  origin: fc.constantFrom('kernel', 'ring1', 'user', 'user16', 'virtual8086', 'smallStack'),
  gate: fc.constantFrom(14, 15),
  flags,
  iopl: fc.integer({ min: 0, max: 3 }),
  registers: fc.array(fc.nat(0xffff_ffff), { minLength: 8, maxLength: 8 }),
  errorCode: fc.option(fc.nat(0xffff), { nil: -1 }),
})

/** Brings a machine to where the interrupt shall come. */
function depart(machine: Machine, origin: string, image: number): void {
  const { state } = machine
  machine.descriptor(Selector.Free, 0x2_0000, 0xffff, rights(0x1a, 3))
  if (origin === 'virtual8086') return machine.toVirtual8086((image >>> 12) & 3, image & ~0x3000)
  if (origin === 'user') return machine.toUser(image)
  if (origin === 'user16') return machine.toUser(image, { code: Selector.Free | 3 })
  if (origin === 'ring1') return machine.toUser(image, { code: Selector.Ring1Code, data: Selector.Ring1Data })
  if (origin === 'smallStack') {
    machine.run(Callout.LoadSegment, Segment.SS, Selector.SmallKernelData)
    state.setGpr(4, 0x200)
  }
  state.eflags = image
}

describe('an interrupt and IRET', () => {
  it('restore everything from any mode and privilege (oracle: the state before)', () => {
    fc.assert(
      fc.property(origins, (one) => {
        const machine = protectedMachine()
        const { state } = machine
        machine.interruptGate(0x33, one.gate)
        depart(machine, one.origin, one.flags | (one.iopl << 12))
        one.registers.forEach((value, register) => {
          if (register !== 4) state.setGpr(register, value)
        })
        state.set(Layout.interruptShadow, 0)
        const before = machine.snapshot()
        const request = one.errorCode < 0 ? machine.unit.interrupt(0x33) : machine.unit.deliver(0x33, one.errorCode)
        expect(request).toBe(SystemRequest.None)
        expect(state.cpl).toBe(0)
        expect(state.eflags & (Flag.NT | Flag.TF | Flag.VM)).toBe(0)
        expect((state.eflags & Flag.IF) !== 0).toBe(one.gate === 15 && (one.flags & Flag.IF) !== 0)
        if (one.errorCode >= 0) state.setGpr(4, state.gpr(4) + 4)
        machine.run(Callout.Iret, 4)
        // A fault saves RF set, an interrupt as it was: it holds for the instruction that is returned to.
        const resume = one.errorCode >= 0 ? Flag.RF : 0
        expect(machine.snapshot()).toEqual({ ...before, eflags: (before['eflags'] as number) | resume })
      }),
      { seed: 4, numRuns: 400 },
    )
  })

  it('EFLAGS reads back what was written (oracle: the value itself)', () => {
    const machine = protectedMachine()
    fc.assert(
      fc.property(fc.nat(0x3f_ffff), (value) => {
        const image = (value & 0x3d_7fd5) | 2
        machine.state.eflags = image
        expect(machine.state.eflags).toBe(image)
      }),
      { seed: 5, numRuns: 2000 },
    )
  })
})

describe('PUSHF and POPF in protected mode', () => {
  it('are inverse at CPL 0 but for VM, RF, VIF and VIP', () => {
    fc.assert(
      fc.property(flags, fc.integer({ min: 0, max: 3 }), fc.constantFrom(2, 4), (image, iopl, size) => {
        const machine = protectedMachine()
        machine.state.eflags = image | (iopl << 12)
        const expected = size === 4 ? machine.state.eflags : machine.state.eflags & 0xffff
        machine.run(Callout.Pushf, size)
        machine.state.eflags = 2
        machine.run(Callout.Popf, size)
        expect(machine.state.eflags).toBe(expected)
        expect(machine.state.gpr(4)).toBe(kernelStackTop)
      }),
      { seed: 6, numRuns: 200 },
    )
  })
})
