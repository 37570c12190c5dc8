// Oracle: the description that a disc was made from; and that any damage gives an image on the disc, or a reason.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readBootCatalog } from '../../../src/bios/disk/el-torito.ts'
import { bootableDisc, disc } from '../../support/disc.ts'

const RUNS = { seed: 20261130, numRuns: 400 } as const
const SECTORS = 64

const description = fc.record({
  catalog: fc.integer({ min: 18, max: 40 }),
  mediaType: fc.integer({ min: 0, max: 4 }),
  loadSegment: fc.integer({ min: 0, max: 0xffff }),
  loadSectors: fc.integer({ min: 0, max: 0xffff }),
  start: fc.integer({ min: 41, max: SECTORS - 1 }),
  /** Sections for other platforms stand before the one for a PC. */
  sectionsBefore: fc.integer({ min: -1, max: 5 }),
})

test('what a catalog says is found, in the initial entry or in a section', () => {
  fc.assert(
    fc.property(description, (said) => {
      const catalog = readBootCatalog(disc(bootableDisc({ ...said, sectors: SECTORS })))
      expect(catalog).toEqual({
        kind: 'image',
        image: {
          mediaType: said.mediaType,
          start: said.start,
          loadSegment: said.loadSegment || 0x7c0,
          loadSectors: said.loadSectors || 1,
        },
      })
    }),
    RUNS,
  )
})

test('a damaged disc gives an image that lies on it, or a reason', () => {
  const damage = fc.array(fc.tuple(fc.nat(4095), fc.nat(255)), { minLength: 1, maxLength: 12 })
  fc.assert(
    fc.property(description, damage, fc.integer({ min: 0, max: SECTORS }), (said, changes, kept) => {
      const bytes = bootableDisc({ ...said, sectors: SECTORS })
      for (const [at, value] of changes) bytes[(at < 2048 ? 17 : said.catalog) * 2048 + (at & 2047)] = value
      const catalog = readBootCatalog(disc(bytes.subarray(0, kept * 2048)))
      if (catalog.kind === 'none') {
        expect(catalog.reason).not.toBe('')
        return
      }
      expect(catalog.image.start).toBeLessThan(kept)
      expect(catalog.image.mediaType).toBeLessThanOrEqual(4)
    }),
    { ...RUNS, numRuns: 2000 },
  )
})

test('a disc of random bytes is not bootable', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const bytes = Uint8Array.from({ length: 20 * 2048 }, (_, index) => Math.imul(index + seed, 0x9e3779b1) >>> 24)
      expect(readBootCatalog(disc(bytes)).kind).toBe('none')
    }),
    { ...RUNS, numRuns: 30 },
  )
})
