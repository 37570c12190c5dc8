import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Flag, Segment } from '../../src/state/layout.ts'
import { Callout } from '../../src/system/callouts.ts'
import { Vector } from '../../src/system/guest-fault.ts'
import { elementsPerTurn } from '../../src/system/port-io.ts'
import { type Machine, Selector, protectedMachine, tssBase } from './machine.ts'

const string = (size: number, rep: number = 3, address: number = 4): number => size | (address << 8) | (rep << 16)

describe('IN and OUT', () => {
  it('IN changes AL, AX or EAX', () => {
    const machine = protectedMachine()
    const { state } = machine
    machine.portValue = () => 0xaabb_ccdd
    state.setGpr(0, 0x1111_1111)
    machine.run(Callout.In, 0x60, 1)
    expect(state.gpr(0)).toBe(0x1111_11dd)
    machine.run(Callout.In, 0x60, 2)
    expect(state.gpr(0)).toBe(0x1111_ccdd)
    machine.run(Callout.In, 0xffff, 4)
    expect(state.gpr(0)).toBe(0xaabb_ccdd)
    expect(machine.portReads).toEqual([
      { port: 0x60, size: 1 },
      { port: 0x60, size: 2 },
      { port: 0xffff, size: 4 },
    ])
  })

  it('OUT sends AL, AX or EAX', () => {
    const machine = protectedMachine()
    machine.state.setGpr(0, 0xaabb_ccdd)
    for (const size of [1, 2, 4]) machine.run(Callout.Out, 0x80, size)
    expect(machine.portWrites.map(({ value }) => value)).toEqual([0xdd, 0xccdd, 0xaabb_ccdd])
  })
})

function userMachine(iopl: number): Machine {
  const machine = protectedMachine()
  machine.memory.bytes.fill(0xff, tssBase + 0x68, tssBase + 0x68 + 0x2001)
  machine.toUser(2 | (iopl << 12))
  return machine
}

describe('I/O permission', () => {
  it('IOPL 3 needs no bitmap, IOPL 0 does', () => {
    userMachine(3).run(Callout.In, 0x60, 1)
    const machine = userMachine(0)
    expect(machine.faultOf(Callout.In, 0x60, 1)).toEqual([Vector.GP, 0])
    expect(machine.portReads).toEqual([])
  })

  it('agrees with a bit-by-bit reading of the map', () => {
    const machine = userMachine(0)
    const property = fc.property(
      fc.integer({ min: 0, max: 0xfffc }),
      fc.constantFrom(1, 2, 4),
      fc.uint8Array({ minLength: 2, maxLength: 2 }),
      (port, size, map) => {
        machine.memory.bytes.set(map, tssBase + 0x68 + (port >>> 3))
        const bit = (number: number): number =>
          (machine.memory.bytes[tssBase + 0x68 + (number >>> 3)]! >>> (number & 7)) & 1
        const free = Array.from({ length: size }, (_, index) => bit(port + index)).every((denied) => denied === 0)
        expect(machine.callout(Callout.Out, port, size)).toBe(free ? 0 : 1)
      },
    )
    fc.assert(property, { seed: 3, numRuns: 300 })
  })

  it('needs the byte after the last one inside the limit', () => {
    const machine = userMachine(0)
    machine.memory.bytes.fill(0, tssBase + 0x68, tssBase + 0x68 + 0x2000)
    machine.run(Callout.In, 0xfff7, 1)
    machine.memory.write(tssBase + 0x66, 2, 0x69, 0)
    expect(machine.faultOf(Callout.In, 0xffff, 1)).toEqual([Vector.GP, 0])
  })

  it('virtual-8086 mode asks the bitmap whatever IOPL is', () => {
    const machine = protectedMachine()
    machine.memory.bytes.fill(0xff, tssBase + 0x68, tssBase + 0x68 + 0x2001)
    machine.toVirtual8086(3)
    expect(machine.faultOf(Callout.In, 0x60, 1)).toEqual([Vector.GP, 0])
    machine.memory.bytes[tssBase + 0x68 + 0xc] = 0
    machine.run(Callout.In, 0x60, 1)
  })
})

describe('INS and OUTS', () => {
  it('INS moves ECX elements in either direction', () => {
    const machine = protectedMachine()
    const { state, memory } = machine
    let next = 0
    machine.portValue = () => 0x100 + next++
    state.setGpr(1, 3)
    state.setGpr(2, 0x1f0)
    state.setGpr(7, 0x8000)
    machine.run(Callout.Ins, string(2))
    expect(memory.words(0x8000, 3, 2)).toEqual([0x100, 0x101, 0x102])
    expect([state.gpr(1), state.gpr(7), state.eip]).toEqual([0, 0x8006, 0x7002])
    state.eflags = Flag.DF
    machine.run(Callout.Ins, string(4, 0))
    expect([state.gpr(1), state.gpr(7)]).toEqual([0, 0x8002])
    expect(machine.portReads.every(({ port }) => port === 0x1f0)).toBe(true)
  })

  it('OUTS reads the segment it is told, with 16-bit addresses', () => {
    const machine = protectedMachine()
    const { state, memory } = machine
    machine.run(Callout.LoadSegment, Segment.FS, Selector.Data16)
    memory.write(0x3_ffff, 1, 0x11, 0)
    memory.write(0x3_0000, 1, 0x22, 0)
    state.setGpr(1, 0xaaaa_0002)
    state.setGpr(6, 0xbbbb_ffff)
    machine.run(Callout.Outs, string(1, 3, 2), Segment.FS)
    expect(machine.portWrites.map(({ value }) => value)).toEqual([0x11, 0x22])
    expect([state.gpr(1), state.gpr(6)]).toEqual([0xaaaa_0000, 0xbbbb_0001])
  })

  it('leaves long transfers at the instruction', () => {
    const machine = protectedMachine()
    machine.state.eip = 0x7000
    machine.state.setGpr(1, elementsPerTurn + 1)
    machine.state.setGpr(7, 0x1_0000)
    machine.run(Callout.Ins, string(1))
    expect([machine.state.eip, machine.state.gpr(1)]).toEqual([0x7000, 64])
    machine.run(Callout.Ins, string(1))
    expect([machine.state.eip, machine.state.gpr(1)]).toEqual([0x7002, 0])
  })

  it('does nothing for a count of zero', () => {
    const machine = userMachine(0)
    machine.state.setGpr(1, 0)
    machine.run(Callout.Ins, string(1))
    machine.run(Callout.Outs, string(1), Segment.DS)
    expect([machine.portReads, machine.portWrites]).toEqual([[], []])
    machine.state.setGpr(1, 1)
    expect(machine.faultOf(Callout.Ins, string(1))).toEqual([Vector.GP, 0])
    expect(machine.faultOf(Callout.Outs, string(1), Segment.DS)).toEqual([Vector.GP, 0])
  })

  it('stops exactly at a page fault, without losing what the port had', () => {
    const machine = protectedMachine()
    const { state, memory } = machine
    state.eip = 0x7000
    memory.readOnly.add(0x10)
    state.setGpr(1, 8)
    state.setGpr(7, 0xfffa)
    expect(machine.faultOf(Callout.Ins, string(2))).toEqual([Vector.PF, 3])
    expect([state.gpr(1), state.gpr(7), state.eip, machine.portReads.length]).toEqual([5, 0x1_0000, 0x7000, 3])
    memory.readOnly.clear()
    machine.run(Callout.Ins, string(2))
    expect([state.gpr(1), state.gpr(7), machine.portReads.length]).toEqual([0, 0x1_000a, 8])
  })

  it('stops exactly at the segment limit', () => {
    const machine = protectedMachine()
    const { state } = machine
    machine.run(Callout.LoadSegment, Segment.ES, Selector.SmallKernelData)
    state.setGpr(1, 8)
    state.setGpr(7, 0x1f8)
    expect(machine.faultOf(Callout.Ins, string(4))).toEqual([Vector.GP, 0])
    expect([state.gpr(1), state.gpr(7), machine.portReads.length]).toEqual([6, 0x200, 2])
  })
})
