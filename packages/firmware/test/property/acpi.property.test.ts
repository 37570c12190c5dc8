import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PIIX_HARDWARE, buildAcpiTables } from '../../src/index.ts'
import type { AcpiHardware, PciInterrupts } from '../../src/index.ts'

const line = fc.integer({ min: 3, max: 15 })
const port = fc.integer({ min: 0, max: 0xffff })
const pciInterrupts: fc.Arbitrary<PciInterrupts> = fc.oneof(
  fc.record({
    kind: fc.constant('piix' as const),
    bridgeSlot: fc.integer({ min: 1, max: 31 }),
    irqs: fc.uniqueArray(line, { minLength: 1 }),
  }),
  fc.record({ kind: fc.constant('wired' as const), lines: fc.tuple(line, line, line, line) }),
)
const hardware: fc.Arbitrary<AcpiHardware> = fc.record({
  processors: fc.integer({ min: 1, max: 64 }),
  localApic: fc.constantFrom(undefined, 0xfee00000),
  ioApic: fc.constantFrom(undefined, { id: 1, address: 0xfec00000 }),
  pm1aEvent: port,
  pm1aControl: port,
  pmTimer: port,
  gpe0: port,
  sci: line,
  reset: fc.record({ port, value: fc.nat(255) }),
  s5SleepType: fc.nat(7),
  pciInterrupts,
  pciMemory: fc.constantFrom({ start: 0x20000000, end: 0x1_0000_0000 }, PIIX_HARDWARE.pciMemory),
  vga: fc.boolean(),
  mouse: fc.boolean(),
})

const sum = (bytes: Uint8Array): number => bytes.reduce((total, byte) => total + byte, 0) & 0xff

/** Walks the tables as an operating system does, from the RSDP alone (oracle: ACPI 5.2.5 to 5.2.8). */
test('every table is reached from the RSDP, by 32 and by 64 bits, sums up to zero and overlaps no other', () => {
  fc.assert(
    fc.property(hardware, fc.integer({ min: 1, max: 0xfffff }), (machine, paragraph) => {
      const base = paragraph * 16
      const { bytes, rsdp } = buildAcpiTables(machine, base)
      const view = new DataView(bytes.buffer)
      const at = (address: number, length: number): Uint8Array =>
        bytes.subarray(address - base, address - base + length)
      const spans: [number, number][] = [[base, 36]]
      const tableAt = (address: number): string => {
        const length = view.getUint32(address - base + 4, true)
        const found = at(address, length)
        expect(found.length).toBe(length)
        const signature = new TextDecoder().decode(found.subarray(0, 4))
        if (signature !== 'FACS') expect(sum(found), signature).toBe(0)
        spans.push([address, length])
        return signature
      }
      expect(at(base, 36)).toEqual(rsdp)
      expect([sum(rsdp.subarray(0, 20)), sum(rsdp), rsdp[15]]).toEqual([0, 0, 2])
      const rsdt = view.getUint32(16, true)
      const xsdt = Number(view.getBigUint64(24, true))
      expect([tableAt(rsdt), tableAt(xsdt)]).toEqual(['RSDT', 'XSDT'])
      const short = Array.from({ length: (view.getUint32(rsdt - base + 4, true) - 36) / 4 }, (_, index) =>
        view.getUint32(rsdt - base + 36 + 4 * index, true),
      )
      const long = Array.from({ length: (view.getUint32(xsdt - base + 4, true) - 36) / 8 }, (_, index) =>
        Number(view.getBigUint64(xsdt - base + 36 + 8 * index, true)),
      )
      expect(short).toEqual(long)
      expect(short.map(tableAt)).toEqual(machine.localApic === undefined ? ['FACP'] : ['FACP', 'APIC'])
      const fadt = (short[0] ?? 0) - base
      expect([tableAt(view.getUint32(fadt + 36, true)), tableAt(view.getUint32(fadt + 40, true))]).toEqual([
        'FACS',
        'DSDT',
      ])
      expect(view.getUint32(fadt + 36, true) % 64).toBe(0)
      expect([view.getBigUint64(fadt + 132, true), view.getBigUint64(fadt + 140, true)]).toEqual(
        [36, 40].map((field) => BigInt(view.getUint32(fadt + field, true))),
      )
      spans
        .sort((a, b) => a[0] - b[0])
        .forEach(([address], index) => {
          const before = spans[index - 1]
          if (before !== undefined) expect(before[0] + before[1]).toBeLessThanOrEqual(address)
        })
    }),
    { seed: 20260704, numRuns: 150 },
  )
})
