// Oracle: a reader written from the MultiProcessor Specification 1.4, chapter 4.
import { expect, test } from 'vitest'
import { PIIX_HARDWARE } from '../../../src/index.ts'
import { FakePc } from '../../../src/testing/index.ts'

const ROM = 0xf0000
const entryBytes = [20, 8, 8, 8, 8]

const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes)
const sum = (bytes: Uint8Array): number => bytes.reduce((total, byte) => (total + byte) & 0xff, 0)

interface Configuration {
  readonly header: DataView
  readonly entries: readonly Uint8Array[]
}

/** What system software finds in the ROM by the floating pointer. */
function configurationOf(rom: Uint8Array): Configuration | null {
  const places = Array.from({ length: rom.length / 16 }, (_, index) => index * 16)
  const at = places.find((place) => text(rom.subarray(place, place + 4)) === '_MP_')
  if (at === undefined) return null
  const pointer = rom.slice(at, at + 16)
  expect([pointer[8], pointer[9], pointer[11], pointer[12], sum(pointer)]).toEqual([1, 4, 0, 0, 0])
  const start = new DataView(pointer.buffer).getUint32(4, true) - ROM
  const header = new DataView(rom.buffer, rom.byteOffset + start)
  const table = rom.subarray(start, start + header.getUint16(4, true))
  expect([text(table.subarray(0, 4)), table[6], sum(table)]).toEqual(['PCMP', 4, 0])
  const entries: Uint8Array[] = []
  for (let offset = 44; offset < table.length; offset += entryBytes[table[offset]!]!) {
    entries.push(table.subarray(offset, offset + entryBytes[table[offset]!]!))
  }
  expect(entries.length).toBe(header.getUint16(34, true))
  return { header, entries }
}

test('the configuration table tells of processor, buses, I/O APIC and every interrupt', () => {
  const acpi = { ...PIIX_HARDWARE, ioApic: { id: 2, address: 0xfec00000 } }
  const processor = { signature: 0x6f2, features: 0x12345678 }
  const { header, entries } = configurationOf(new FakePc({ acpi, processor }).bios.rom)!
  const ofType = (type: number): Uint8Array[] => entries.filter(([first]) => first === type)
  expect(header.getUint32(36, true)).toBe(0xfee00000)
  // Entries are sorted by type (4.3).
  expect(entries.map(([type]) => type)).toEqual(entries.map(([type]) => type!).toSorted((a, b) => a - b))
  expect(ofType(0).map((entry) => [...entry.subarray(0, 12)])).toEqual([
    [0, 0, 0x14, 3, 0xf2, 0x06, 0, 0, 0x78, 0x56, 0x34, 0x12],
  ])
  expect(ofType(1).map((entry) => [entry[1], text(entry.subarray(2))])).toEqual([
    [0, 'PCI   '],
    [1, 'ISA   '],
  ])
  expect(ofType(2).map((entry) => [...entry])).toEqual([[2, 2, 0x11, 1, 0, 0, 0xc0, 0xfe]])
  const io = ofType(3).map(([, kind, flags, , bus, irq, apic, pin]) => ({ kind, flags, bus, irq, apic, pin }))
  expect(io.every(({ kind, apic }) => kind === 0 && apic === 2)).toBe(true)
  const isa = io.filter(({ bus }) => bus === 1)
  expect(isa.map(({ irq, pin }) => [irq, pin])).toEqual(
    [0, 1, 3, 4, 5, 6, 7, 8, 9, 12, 13, 14, 15].map((irq) => [irq, irq === 0 ? 2 : irq]),
  )
  // The SCI is level triggered and active high, as the links are; the rest is as on any ISA bus.
  expect(isa.filter(({ flags }) => flags !== 0).map(({ irq, flags }) => [irq, flags])).toEqual([[9, 0x0d]])
  const pci = io.filter(({ bus }) => bus === 0)
  expect(pci.every(({ flags }) => flags === 0x0d)).toBe(true)
  // 82371SB, 4.1.10: slot 1's INTA# is link A, each slot begins one further; links A and B are IRQ 10, C and D 11.
  const irqOfLink = [10, 10, 11, 11]
  expect(new Map(pci.map(({ irq, pin }) => [irq, pin]))).toEqual(
    new Map(
      Array.from({ length: 31 }, (_, index) => index + 1).flatMap((slot) =>
        [0, 1, 2, 3].map((pin) => [(slot << 2) | pin, irqOfLink[(slot - 1 + pin) & 3]] as const),
      ),
    ),
  )
  expect(ofType(4).map((entry) => [...entry])).toEqual([
    [4, 3, 0, 0, 1, 0, 0xff, 0],
    [4, 1, 0, 0, 1, 0, 0xff, 1],
  ])
})

test('a machine without APICs has no table', () => {
  expect(configurationOf(new FakePc({ acpi: null }).bios.rom)).toBeNull()
  expect(configurationOf(new FakePc({ acpi: { ...PIIX_HARDWARE, ioApic: undefined } }).bios.rom)).toBeNull()
})
