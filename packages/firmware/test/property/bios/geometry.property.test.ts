// Oracle: inverse functions, and a count of every address.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  assistedGeometry,
  chsToSector,
  floppyGeometry,
  partitionedGeometry,
  sectorToChs,
  type Geometry,
} from '../../../src/bios/disk/geometry.ts'

const RUNS = { seed: 20261128, numRuns: 500 } as const

const geometry: fc.Arbitrary<Geometry> = fc.record({
  cylinders: fc.integer({ min: 1, max: 1024 }),
  heads: fc.integer({ min: 1, max: 255 }),
  sectors: fc.integer({ min: 1, max: 63 }),
})

test('an address leads to its sector and back', () => {
  fc.assert(
    fc.property(geometry, fc.nat(), (shape, number) => {
      const sector = number % (shape.cylinders * shape.heads * shape.sectors)
      expect(chsToSector(sectorToChs(sector, shape), shape)).toBe(sector)
    }),
    RUNS,
  )
})

test('the addresses of a small disk count its sectors, each once', () => {
  const shape = { cylinders: 3, heads: 5, sectors: 7 }
  const found: number[] = []
  for (let cylinder = 0; cylinder < 5; cylinder += 1)
    for (let head = 0; head < 7; head += 1)
      for (let sector = 0; sector < 9; sector += 1) found.push(chsToSector({ cylinder, head, sector }, shape))
  expect(found.filter((sector) => sector >= 0)).toEqual([...new Array(3 * 5 * 7).keys()])
})

test('a disk of any size has a geometry within INT 13h, which reaches it all or as much as INT 13h can', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 40 }), (total) => {
      const { cylinders, heads, sectors } = assistedGeometry(total)
      expect(cylinders).toBeGreaterThanOrEqual(1)
      expect(cylinders).toBeLessThanOrEqual(1024)
      expect(heads).toBeLessThanOrEqual(255)
      expect(sectors).toBe(63)
      if (total >= heads * sectors) expect(cylinders * heads * sectors).toBeLessThanOrEqual(total)
      const lost = total - cylinders * heads * sectors
      if (total < 1024 * 255 * 63) expect(lost).toBeLessThan(heads * sectors)
    }),
    RUNS,
  )
})

/** A partition table with one entry, from `start` on for whole cylinders, as a partitioning program of that geometry writes it. */
function mbr({ cylinders, heads, sectors }: Geometry, firstTrack: number): Uint8Array {
  const bytes = new Uint8Array(512)
  const view = new DataView(bytes.buffer)
  const shape = { cylinders: 1024, heads, sectors }
  const start = firstTrack * sectors
  const end = cylinders * heads * sectors - 1
  const put = (at: number, sector: number): void => {
    const chs = sectorToChs(sector, shape)
    bytes.set([chs.head, chs.sector | ((chs.cylinder >> 2) & 0xc0), chs.cylinder & 0xff], at)
  }
  put(0x1bf, start)
  put(0x1c3, end)
  bytes[0x1c2] = 6
  view.setUint32(0x1c6, start, true)
  view.setUint32(0x1ca, end + 1 - start, true)
  bytes.set([0x55, 0xaa], 510)
  return bytes
}

test('a partition table tells the geometry that it was made under', () => {
  const partitioned = fc.record({
    cylinders: fc.integer({ min: 2, max: 1000 }),
    heads: fc.integer({ min: 2, max: 255 }),
    sectors: fc.integer({ min: 1, max: 63 }),
  })
  fc.assert(
    fc.property(partitioned, fc.constantFrom(0, 1), (shape, firstTrack) => {
      const total = shape.cylinders * shape.heads * shape.sectors
      expect(partitionedGeometry(mbr(shape, firstTrack), total)).toEqual(shape)
    }),
    RUNS,
  )
})

test('any bytes in a first sector give a geometry that INT 13h can have, or none', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 66, maxLength: 66 }),
      fc.integer({ min: 1, max: 2 ** 32 }),
      (table, total) => {
        const bytes = new Uint8Array(512)
        bytes.set(table, 0x1be - 2)
        bytes.set([0x55, 0xaa], 510)
        const found = partitionedGeometry(bytes, total)
        if (found === null) return
        expect(found.heads).toBeGreaterThanOrEqual(2)
        expect(found.sectors).toBeGreaterThanOrEqual(1)
        expect(found.cylinders).toBeLessThanOrEqual(1024)
      },
    ),
    { ...RUNS, numRuns: 2000 },
  )
})

test('diskettes have the geometry of their size', () => {
  for (const sectors of [320, 360, 640, 720, 1440, 2400, 2880, 5760]) {
    const { cylinders, heads, sectors: perTrack } = floppyGeometry(sectors)
    expect(cylinders * heads * perTrack).toBe(sectors)
  }
})
