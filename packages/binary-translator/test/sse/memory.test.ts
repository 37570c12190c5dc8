// Oracle: SDM vol. 1, section 4.1.1 and vol. 3, chapter 6: misaligned operands raise #GP(0), and a fault changes nothing.
import { describe, expect, it } from 'vitest'
import { Layout } from '../../src/state/layout.ts'
import { VectorMachine, counting, dataPage } from './vector-machine.ts'

const [GP, PF] = [13, 14]
const EDI = 7

/** Instructions with [EDI] as operand: loads, then stores. */
const aligned = {
  movaps: [0x0f, 0x28, 0x0f],
  paddb: [0x66, 0x0f, 0xfc, 0x0f],
  addps: [0x0f, 0x58, 0x0f],
  pshufd: [0x66, 0x0f, 0x70, 0x0f, 0x1b],
  'movaps to memory': [0x0f, 0x29, 0x0f],
  movntdq: [0x66, 0x0f, 0xe7, 0x0f],
}
const unaligned = {
  movups: [0x0f, 0x10, 0x0f],
  lddqu: [0xf2, 0x0f, 0xf0, 0x0f],
  pcmpistri: [0x66, 0x0f, 0x3a, 0x63, 0x0f, 0],
  addsd: [0xf2, 0x0f, 0x58, 0x0f],
  'movups to memory': [0x0f, 0x11, 0x0f],
  'movlps to memory': [0x0f, 0x13, 0x0f],
}
const stores = {
  'movups to memory': [0x0f, 0x11, 0x0f],
  'movq to memory': [0x66, 0x0f, 0xd6, 0x0f],
  'movss to memory': [0xf3, 0x0f, 0x11, 0x0f],
  movntq: [0x0f, 0xe7, 0x0f],
  maskmovdqu: [0x66, 0x0f, 0xf7, 0xca],
}

describe.each(['interpreter', 'translator'] as const)('the %s', (mode) => {
  const at = (address: number): VectorMachine => {
    const machine = new VectorMachine({ mode })
    machine.machine.state.setGpr(EDI, address)
    machine.machine.ram.fill(0xee, dataPage, dataPage + 0x2000)
    machine.xmm(1).set(counting)
    machine.xmm(2).fill(0x80)
    machine.physical(1).set(counting.slice(0, 8))
    return machine
  }

  it.each(Object.entries(aligned))('%s wants its operand at a multiple of 16', (_, code) => {
    for (let offset = 0; offset < 32; offset++) {
      const machine = at(dataPage + offset)
      expect(machine.run(...code)).toBe(offset % 16 === 0 ? -1 : GP)
      if (offset % 16 !== 0) expect([...machine.xmm(1)]).toEqual(counting)
    }
  })

  it.each(Object.entries(unaligned))('%s takes its operand anywhere, across pages too', (_, code) => {
    for (const address of [dataPage, dataPage + 1, dataPage + 0xff9, dataPage + 0xfff])
      expect(at(address).run(...code)).toBe(-1)
  })

  it('moves 16 bytes across pages that lie apart', () => {
    const machine = at(dataPage + 0xffb)
    machine.machine.mmu.map(5, { frame: 7 })
    expect(machine.run(...stores['movups to memory'])).toBe(-1)
    const { ram } = machine.machine
    expect([...ram.subarray(0x4ffb, 0x5000), ...ram.subarray(0x7000, 0x700b)]).toEqual(counting)
    expect(machine.run(0x0f, 0x10, 0x17)).toBe(-1) // MOVUPS XMM2, [EDI]
    expect([...machine.xmm(2)]).toEqual(counting)
  })

  it.each(Object.entries(stores))('%s writes nothing if its second page is missing', (_, code) => {
    const machine = at(dataPage + 0xffe)
    machine.machine.mmu.map(5, { frame: -2 })
    const before = machine.machine.ram.slice(dataPage, dataPage + 0x1000)
    machine.set(Layout.x87Tag, 0xffff)
    expect(machine.run(...code)).toBe(PF)
    expect(machine.get(Layout.cr2)).toBe(0x5000)
    expect(machine.machine.ram.slice(dataPage, dataPage + 0x1000)).toEqual(before)
    expect(machine.get(Layout.x87Tag)).toBe(0xffff)
  })

  it.each(Object.entries(stores))('%s raises a page fault on a page that may not be written', (_, code) => {
    const machine = at(dataPage + 0x10)
    machine.machine.mmu.map(4, { writable: false })
    expect(machine.run(...code)).toBe(PF)
  })

  it('keeps the register when a load faults', () => {
    for (const code of [aligned.movaps, aligned.addps, unaligned.movups, unaligned.addsd]) {
      const machine = at(0x5000)
      machine.machine.mmu.map(5, { frame: -2 })
      expect(machine.run(...code)).toBe(PF)
      expect([...machine.xmm(1)]).toEqual(counting)
    }
  })

  it('reads and writes device memory in words of four bytes', () => {
    const machine = at(0x6000)
    machine.machine.mmu.map(6, { frame: -1 })
    expect(machine.run(...stores['movups to memory'])).toBe(-1)
    const writes = machine.machine.io.log.filter(({ kind }) => kind === 'write')
    expect(writes.map(({ address, size, value }) => [address, size, value])).toEqual([
      [0x6000, 4, 0x0403_0201],
      [0x6004, 4, 0x0807_0605],
      [0x6008, 4, 0x0c0b_0a09],
      [0x600c, 4, 0x100f_0e0d],
    ])
  })

  it('overwrites the code that follows it', () => {
    const machine = at(0x1003)
    // MOVUPS [EDI], XMM1 at 0x1000, then what XMM1 holds: INC EAX, HLT
    machine.xmm(1).set([0x40, 0xf4])
    machine.machine.state.setGpr(0, 41)
    expect(machine.run(...stores['movups to memory'], 0x90, 0x90, 0x90)).toBe(-1)
    expect(machine.machine.state.gpr(0)).toBe(42)
  })
})
