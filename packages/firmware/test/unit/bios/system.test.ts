// Oracle: the IBM PC AT and PS/2 references for INT 08h, 14h, 15h, 17h and 1Ah; the PCI BIOS specification 2.1.
import { expect, test } from 'vitest'
import { FakePc } from '../../../src/testing/index.ts'

function ah(pc: FakePc): number {
  return (pc.cpu.eax >> 8) & 0xff
}

test('ticks are counted to midnight, which is told of once', () => {
  const pc = new FakePc()
  pc.call(0x1a, { eax: 0x0100, ecx: 0x0018, edx: 0x00af })
  pc.call(0x08)
  pc.call(0x1a)
  expect([pc.cpu.ecx & 0xffff, pc.cpu.edx & 0xffff, pc.cpu.eax & 0xff]).toEqual([0, 0, 1])
  pc.call(0x1a)
  expect(pc.cpu.eax & 0xff).toBe(0)
})

test('the tick stops the motors and the tone whose time is over', () => {
  const pc = new FakePc()
  pc.memory.bytes[0x440] = 2
  pc.memory.bytes[0x43f] = 0x01
  pc.call(0x10, { eax: 0x0e07 })
  expect(pc.ports.readPort(0x61, 1) & 3).toBe(3)
  for (let tick = 0; tick < 5; tick += 1) pc.call(0x08)
  expect(pc.memory.bytes[0x43f]).toBe(0)
  expect(pc.ports.writes.some(({ port, value }) => port === 0x3f2 && value === 0x0c)).toBe(true)
  expect(pc.ports.readPort(0x61, 1) & 3).toBe(0)
})

test('time and date are the clock chip’s, and are set in it', () => {
  const pc = new FakePc()
  pc.call(0x1a, { eax: 0x0300, ecx: 0x1234, edx: 0x5600 })
  pc.call(0x1a, { eax: 0x0500, ecx: 0x2026, edx: 0x1127 })
  const cmos = pc.ports.files.get(0x70)!
  expect([cmos[4], cmos[2], cmos[0], cmos[0x32], cmos[9], cmos[8], cmos[7]]).toEqual([
    0x12, 0x34, 0x56, 0x20, 0x26, 0x11, 0x27,
  ])
  pc.call(0x1a, { eax: 0x0200 })
  expect([pc.cpu.ecx & 0xffff, pc.cpu.edx & 0xff00]).toEqual([0x1234, 0x5600])
  pc.call(0x1a, { eax: 0x0400 })
  expect([pc.cpu.ecx & 0xffff, pc.cpu.edx & 0xffff]).toEqual([0x2026, 0x1127])
})

test('a clock that never ends its update fails the call instead of holding the guest', () => {
  const pc = new FakePc()
  pc.ports.files.get(0x70)![0x0a] = 0x80
  expect(pc.call(0x1a, { eax: 0x0200 }).carry).toBe(true)
})

test('a wait ends when the clock’s interrupts have counted it down; a second one meanwhile is refused', () => {
  const pc = new FakePc()
  expect(pc.call(0x15, { eax: 0x8600, ecx: 0, edx: 3000 }).ended).toBe('waits')
  const cmos = pc.ports.files.get(0x70)!
  expect(cmos[0x0b]! & 0x40).toBe(0x40)
  cmos[0x0c] = 0x40
  for (let interrupt = 0; interrupt < 4; interrupt += 1) pc.call(0x70)
  expect(pc.call(0x15, { eax: 0x8600, ecx: 0, edx: 3000 }).ended).toBe('returned')
  expect(cmos[0x0b]! & 0x40).toBe(0)
  expect(pc.call(0x15, { eax: 0x8300, edx: 5000, es: 0x1000, ebx: 7 }).carry).toBe(false)
  expect(pc.call(0x15, { eax: 0x8600, edx: 1 }).carry).toBe(true)
  for (let interrupt = 0; interrupt < 6; interrupt += 1) pc.call(0x70)
  expect(pc.memory.bytes[0x10007]).toBe(0x80)
})

test('a block is moved between the addresses of two descriptors', () => {
  const pc = new FakePc()
  pc.memory.bytes.set([1, 2, 3, 4, 5, 6], 0x2_3456)
  const descriptor = (at: number, base: number): void =>
    pc.memory.bytes.set([0xff, 0xff, base & 0xff, (base >> 8) & 0xff, (base >> 16) & 0xff, 0x93, 0, base >>> 24], at)
  descriptor(0x610, 0x2_3456)
  descriptor(0x618, 0x11_0001)
  expect(pc.call(0x15, { eax: 0x8700, ecx: 3, esi: 0x600 }).carry).toBe(false)
  expect([...pc.memory.bytes.subarray(0x11_0001, 0x11_0007)]).toEqual([1, 2, 3, 4, 5, 6])
})

test('CPU idle sleeps; power off writes the sleep type', () => {
  const pc = new FakePc()
  pc.call(0x15, { eax: 0x5305 })
  expect([...pc.memory.bytes.subarray(0xf0000 + pc.cpu.eip, 0xf0003 + pc.cpu.eip)]).toEqual([0xfb, 0xf4, 0xcf])
  pc.call(0x15, { eax: 0x5307, ebx: 1, ecx: 3 })
  expect(pc.ports.writes.at(-1)).toEqual({ port: 0x604, size: 2, value: 0x2000 })
})

test('a serial port that is not there times out', () => {
  const pc = new FakePc()
  for (const function_ of [0, 1, 2, 3, 4, 5]) {
    pc.call(0x14, { eax: function_ << 8 })
    expect(ah(pc)).toBe(0x80)
  }
})

test('receiving waits as long as the data area says, and then times out', () => {
  const pc = new FakePc()
  pc.memory.setWord(0x400, 0x3f8)
  pc.memory.bytes[0x47c] = 1
  pc.ports.override(0x3fd, 0x60)
  expect(pc.call(0x14, { eax: 0x0200 }).ended).toBe('waits')
  for (let tick = 0; tick < 18; tick += 1) pc.call(0x08)
  expect(pc.call(0x14, { eax: 0x0200 }).ended).toBe('returned')
  expect(ah(pc)).toBe(0x80)
  pc.ports.override(0x3fd, 0x61)
  pc.ports.override(0x3f8, 0x41)
  pc.call(0x14, { eax: 0x0200 })
  expect(pc.cpu.eax & 0xffff).toBe(0x0041)
})

test('a mouse packet goes to the handler, with the way back on the stack', () => {
  const pc = new FakePc()
  const ebda = 0x9fc00
  pc.memory.setWord(ebda + 0x22, 0x5678)
  pc.memory.setWord(ebda + 0x24, 0x1234)
  pc.memory.bytes[ebda + 0x27] = 0x82
  for (const byte of [0x09, 0x05, 0xfb]) {
    pc.ports.override(0x64, 0x21)
    pc.ports.override(0x60, byte)
    pc.call(0x74)
  }
  expect([pc.cpu.cs, pc.cpu.eip]).toEqual([0x1234, 0x5678])
  const stack = Array.from({ length: 6 }, (_, word) => pc.memory.word(pc.cpu.esp + 2 * word))
  expect(stack.slice(1)).toEqual([0xf000, 0, 0xfb, 0x05, 0x09])
})

test('PCI functions that are not there, and registers that cannot be, have their codes', () => {
  const pc = new FakePc()
  const codes: number[] = []
  for (const registers of [
    { eax: 0xb102, ecx: 1, edx: 0xffff },
    { eax: 0xb102, ecx: 1, edx: 1 },
    { eax: 0xb109, edi: 1 },
    { eax: 0xb10a, edi: 0x100 },
    { eax: 0xb10f, ecx: 0x0501 },
    { eax: 0xb106 },
  ]) {
    expect(pc.call(0x1a, registers).carry).toBe(true)
    codes.push(ah(pc))
  }
  expect(codes).toEqual([0x83, 0x86, 0x87, 0x87, 0x88, 0x81])
})

test('the routing table is given into a buffer that is large enough', () => {
  const pc = new FakePc()
  pc.memory.setWord(0x600, 100)
  pc.memory.setWord(0x604, 0x1000)
  pc.call(0x1a, { eax: 0xb10e, edi: 0x600 })
  expect([ah(pc), pc.memory.word(0x600)]).toEqual([0x89, 512])
  pc.call(0x1a, { eax: 0xb10e, edi: 0x600 })
  expect([ah(pc), pc.cpu.ebx & 0xffff]).toEqual([0, (1 << 10) | (1 << 11)])
  expect(pc.memory.bytes[0x10000 + 16 + 1]).toBe(1 << 3)
})
