// Oracle: the memory that the machine has, address by address, at the borders of all ranges.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FakePc } from '../../../src/testing/index.ts'
import { addressMap, RangeType } from '../../../src/bios/system/memory-map.ts'
import { PIIX_HARDWARE } from '../../../src/index.ts'
import type { BiosMachine } from '../../../src/index.ts'

const RUNS = { seed: 20261129, numRuns: 300 } as const
const MIB = 0x10_0000

function machine(ramBytes: number, hasAcpi: boolean): BiosMachine {
  return { ramBytes, floppies: [], disks: [], cdroms: [], bootOrder: [], acpi: hasAcpi ? PIIX_HARDWARE : null }
}

/** RAM in steps of 64 KiB, from 1 MiB to 3.5 GiB. */
const ram = fc.integer({ min: 16, max: 3584 * 16 }).map((units) => units * 0x1_0000)

test('ranges are sorted and disjoint, and whatever is RAM is in one of them', () => {
  fc.assert(
    fc.property(ram, fc.boolean(), (bytes, hasAcpi) => {
      const map = addressMap(machine(bytes, hasAcpi))
      map.forEach(({ start, length }, index) => {
        expect(length).toBeGreaterThan(0)
        const next = map[index + 1]
        if (next) expect(start + length).toBeLessThanOrEqual(next.start)
      })
      const borders = [0, 0x9fc00, 0xa0000, 0xc0000, 0xf0000, MIB, bytes - 0x10000, bytes, 0xfffc_0000, 0xffff_ffff]
      for (const address of borders.flatMap((border) => [border - 1, border]).filter((at) => at >= 0)) {
        const isRam = address < 0xa0000 || (address >= MIB && address < bytes)
        const range = map.find(({ start, length }) => address >= start && address < start + length)
        if (isRam) expect(range, address.toString(16)).toBeDefined()
        if (range?.type === RangeType.USABLE) expect(isRam).toBe(true)
      }
    }),
    RUNS,
  )
})

test('E820 tells the map entry by entry, and what AH=88h and E801h say agrees with it', () => {
  for (const mebibytes of [1, 2, 3, 16, 17, 64, 100]) {
    const pc = new FakePc({ ramBytes: mebibytes * MIB, acpi: PIIX_HARDWARE })
    const map = addressMap(machine(mebibytes * MIB, true))
    let ebx = 0
    for (const entry of map) {
      const { carry } = pc.call(0x15, { eax: 0xe820, ebx, ecx: 20, edx: 0x534d4150, es: 0x1000, edi: 0x10 })
      const view = new DataView(pc.memory.bytes.buffer, 0x10010, 20)
      expect({ carry, eax: pc.cpu.eax }).toEqual({ carry: false, eax: 0x534d4150 })
      expect([view.getUint32(0, true), view.getUint32(8, true), view.getUint32(16, true)]).toEqual([
        entry.start,
        entry.length,
        entry.type,
      ])
      ebx = pc.cpu.ebx
    }
    expect(ebx).toBe(0)
    const high = map.find(({ start }) => start === MIB)
    const kib = high?.type === RangeType.USABLE ? high.length / 1024 : 0
    pc.call(0x15, { eax: 0x8800 })
    expect(pc.cpu.eax & 0xffff).toBe(Math.min(kib, 63 * 1024))
    pc.call(0x15, { eax: 0xe801 })
    expect((pc.cpu.eax & 0xffff) + (pc.cpu.ebx & 0xffff) * 64).toBe(
      Math.min(kib, 15 * 1024) + Math.floor(Math.max(0, kib - 15 * 1024) / 64) * 64,
    )
  }
})
