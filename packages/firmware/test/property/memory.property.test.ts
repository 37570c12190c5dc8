import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MemoryType, memoryMap } from '../../src/index.ts'
import type { RamRange } from '../../src/index.ts'
import { MemoryPlan } from '../../src/memory/memory-plan.ts'

const RUNS = { seed: 20260704, numRuns: 300 } as const
const PAGE = 4096
const PAGES = 512
/** First page of the EBDA, and of what lies above 1 MiB. */
const EBDA = 0x9e
const HIGH = 0x100

/** RAM in the first 2 MiB, page by page. */
const ramPages: fc.Arbitrary<boolean[]> = fc
  .array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 120 })), { minLength: 1, maxLength: 12 })
  .map((runs) => runs.flatMap(([present, length]) => Array<boolean>(length).fill(present)).slice(0, PAGES))

function ranges(pages: readonly boolean[]): RamRange[] {
  const found: RamRange[] = []
  pages.forEach((present, page) => {
    const last = found.at(-1)
    if (!present) return
    if (last !== undefined && last.start + last.length === page * PAGE)
      found[found.length - 1] = { start: last.start, length: last.length + PAGE }
    else found.push({ start: page * PAGE, length: PAGE })
  })
  return found
}

test('the memory map is sorted, disjoint, and says of every page what it is (oracle: page by page)', () => {
  fc.assert(
    fc.property(ramPages, (pages) => {
      const map = memoryMap(ranges(pages))
      map.forEach((entry, index) => {
        const before = map[index - 1]
        if (before !== undefined) expect(before.start + before.length).toBeLessThanOrEqual(entry.start)
      })
      for (let page = 0; page < PAGES; page += 1) {
        const found = map.find(({ start, length }) => start <= page * PAGE && page * PAGE < start + length)?.type
        const reserved = (page >= EBDA && page < 0xa0) || (page >= 0xf0 && page < HIGH)
        const usable = pages[page] === true && (page < EBDA || page >= HIGH)
        expect(found).toBe(reserved ? MemoryType.Reserved : usable ? MemoryType.Usable : undefined)
      }
    }),
    RUNS,
  )
})

type Request = {
  readonly kind: 'take' | 'highest' | 'lowest'
  readonly pages: number
  readonly at: number
  readonly align: number
  readonly to: number
}

const request: fc.Arbitrary<Request> = fc.record({
  kind: fc.constantFrom('take', 'highest', 'lowest'),
  pages: fc.integer({ min: 1, max: 40 }),
  at: fc.integer({ min: 0, max: PAGES }),
  align: fc.constantFrom(1, 2, 16),
  to: fc.integer({ min: 0, max: PAGES }),
})

test('a memory plan hands out what is free, once, at the outermost place (oracle: an array of pages)', () => {
  fc.assert(
    fc.property(ramPages, fc.array(request, { maxLength: 20 }), (pages, requests) => {
      const free = Array.from({ length: PAGES }, (_, page) => pages[page] === true && (page < EBDA || page >= HIGH))
      const plan = new MemoryPlan(ranges(pages))
      const fits = (start: number, count: number): boolean =>
        start + count <= PAGES && free.slice(start, start + count).every(Boolean)
      const claim = (start: number, count: number): void => void free.fill(false, start, start + count)
      for (const { kind, pages: count, at, align, to } of requests) {
        if (kind === 'take') {
          expect(plan.take(at * PAGE, count * PAGE)).toBe(fits(at, count))
          if (fits(at, count)) claim(at, count)
          continue
        }
        const starts = Array.from({ length: PAGES }, (_, page) => page).filter(
          (page) => page % align === 0 && page >= at && page + count <= to && fits(page, count),
        )
        const expected = (kind === 'highest' ? starts.at(-1) : starts[0]) ?? -1
        const placement = { bytes: count * PAGE, align: align * PAGE, from: at * PAGE, to: to * PAGE }
        expect(kind === 'highest' ? plan.takeHighest(placement) : plan.takeLowest(placement)).toBe(
          expected < 0 ? -1 : expected * PAGE,
        )
        if (expected >= 0) claim(expected, count)
      }
    }),
    RUNS,
  )
})
