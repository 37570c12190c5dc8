// Oracle: the places and values that the IBM PC AT Technical Reference gives to ROM, vectors and data area.
import { expect, test } from 'vitest'
import { PIIX_HARDWARE, buildAcpiTables } from '../../../src/index.ts'
import { FakePc } from '../../../src/testing/index.ts'

const ROM = 0xf0000

function text(bytes: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length))
}

test('the ROM has its entry, date, model and compatible entry points, and adds up to zero', () => {
  const { rom } = new FakePc().bios
  expect([...rom.subarray(0xfff0, 0xfff5)]).toEqual([0xea, 0x5b, 0xe0, 0x00, 0xf0])
  expect(text(rom, 0xfff5, 8)).toMatch(/^\d\d\/\d\d\/\d\d$/)
  expect(rom[0xfffe]).toBe(0xfc)
  for (const entry of [
    0xe05b, 0xe3fe, 0xe6f2, 0xe739, 0xe82e, 0xe987, 0xef57, 0xefd2, 0xf065, 0xf841, 0xf84d, 0xf859,
  ]) {
    expect(rom[entry]).toBe(0xe9)
  }
  expect(rom[0xff53]).toBe(0xcf)
  expect(rom.reduce((sum, byte) => (sum + byte) & 0xff, 0)).toBe(0)
})

test('tables that operating systems search the ROM for are there, with right checksums', () => {
  const { rom } = new FakePc().bios
  const find = (signature: string): number => {
    for (let at = 0; at < rom.length; at += 16) if (text(rom, at, signature.length) === signature) return at
    return -1
  }
  const sum = (at: number, length: number): number => rom.subarray(at, at + length).reduce((a, b) => (a + b) & 0xff, 0)
  const [smbios, routing, bios32, pnp] = [find('_SM_'), find('$PIR'), find('_32_'), find('$PnP')]
  for (const at of [smbios, routing, bios32, pnp]) expect(at).toBeGreaterThanOrEqual(0)
  expect(sum(smbios, rom[smbios + 5]!)).toBe(0)
  expect(sum(smbios + 16, 15)).toBe(0)
  expect(sum(routing, rom[routing + 6]! | (rom[routing + 7]! << 8))).toBe(0)
  expect(sum(bios32, 16)).toBe(0)
  expect(sum(pnp, 0x21)).toBe(0)
})

test('power-on fills vectors and the data area', () => {
  const { memory } = new FakePc()
  const vector = (number: number): number => memory.word(4 * number + 2) * 16 + memory.word(4 * number)
  expect(vector(0x10)).toBe(ROM + 0xf065)
  expect(vector(0x13)).toBe(ROM + 0xe3fe)
  expect(vector(0x1e)).toBe(ROM + 0xefc7)
  expect(vector(0x60)).toBe(0)
  expect(memory.word(0x40e)).toBe(0x9fc0)
  expect(memory.word(0x413)).toBe(639)
  expect(memory.word(0x41a)).toBe(memory.word(0x41c))
  expect(memory.bytes[0x449]).toBe(3)
  expect(memory.word(0x44a)).toBe(80)
  expect(memory.bytes[0x484]).toBe(24)
})

test('the shutdown byte sends a reset on to the address at 0040:0067, once', () => {
  const pc = new FakePc()
  pc.ports.files.get(0x70)![0x0f] = 0x0a
  pc.memory.setWord(0x467, 0x1234)
  pc.memory.setWord(0x469, 0x2000)
  pc.post()
  expect([pc.cpu.cs, pc.cpu.eip]).toEqual([0x2000, 0x1234])
  expect(pc.ports.files.get(0x70)![0x0f]).toBe(0)
})

test('a write to the trap port from anywhere else is no call', () => {
  const pc = new FakePc()
  const before = pc.memory.bytes.slice()
  for (const [cs, eip] of [
    [0x1000, 2],
    [0xf000, 0x4321],
    [0xffff, 0x10],
  ] as const) {
    Object.assign(pc.cpu, { cs, eip, eax: 0x0013 })
    expect(pc.bios.service()).toBe(false)
    expect([pc.cpu.cs, pc.cpu.eip]).toEqual([cs, eip])
  }
  pc.cpu.mode = 'protected'
  for (let eip = 0xf0000; eip < 0xf2000; eip += 1) {
    pc.cpu.eip = eip
    pc.cpu.privilege = 3
    expect(pc.bios.service()).toBe(false)
  }
  expect(pc.memory.bytes).toEqual(before)
})

test('a machine that wakes up goes on at the waking vector of its FACS, with the chips set up anew and memory as it was', () => {
  const ramBytes = 4 << 20
  const pc = new FakePc({ ramBytes, acpi: PIIX_HARDWARE })
  const facs = buildAcpiTables(PIIX_HARDWARE, ramBytes - 0x10000).addresses['FACS']!
  new DataView(pc.memory.bytes.buffer).setUint32(facs + 12, 0x9_a123, true)
  pc.memory.bytes.set([1, 2, 3], 0x5000)
  const mark = (): void => void (pc.ports.files.get(0x70)![0x0f] = 0xfe)
  mark()
  pc.ports.writes.length = 0
  pc.post()
  expect([pc.cpu.cs, pc.cpu.eip]).toEqual([0x9a12, 3])
  expect(pc.ports.writes).toContainEqual({ port: 0x20, size: 1, value: 0x11 })
  expect([...pc.memory.bytes.subarray(0x5000, 0x5003)]).toEqual([1, 2, 3])
  // Without a vector it is an ordinary power-on.
  new DataView(pc.memory.bytes.buffer).setUint32(facs + 12, 0, true)
  mark()
  pc.post()
  expect(pc.cpu.cs).toBe(0xf000)
})
