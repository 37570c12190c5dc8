/**
 * A driver does what it likes; the oracle is a set of pages, kept plainly beside the device: which ones the driver has given up, and
 * which of them are still untouched.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BalloonBench, Queue } from '../bench.ts'

const pages = 100
const ppn = fc.oneof(
  { arbitrary: fc.nat(pages + 3), weight: 20 },
  { arbitrary: fc.constantFrom(0xffff_ffff, 2 ** 31), weight: 1 },
)

type Step =
  | { kind: 'inflate' | 'deflate'; list: number[] }
  | { kind: 'touch'; list: number[] }
  | { kind: 'reset' }
  | { kind: 'restore' }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant('inflate' as const), list: fc.array(ppn, { maxLength: 12 }) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('deflate' as const), list: fc.array(ppn, { maxLength: 12 }) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('touch' as const), list: fc.array(ppn, { maxLength: 4 }) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'reset' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'restore' as const }) },
)

class Model {
  readonly given = new Set<number>()
  readonly taken = new Set<number>()
  readonly isRam: (page: number) => boolean
  violations = 0

  constructor(isRam: (page: number) => boolean) {
    this.isRam = isRam
  }

  inflate(page: number): void {
    if (!this.isRam(page) || this.taken.has(page)) this.violations++
    else {
      this.given.add(page)
      this.taken.add(page)
    }
  }

  deflate(page: number): void {
    if (!this.given.delete(page)) this.violations++
    this.taken.delete(page)
  }

  reset(): void {
    this.given.clear()
    this.taken.clear()
    this.violations = 0
  }
}

function run(bench: BalloonBench, model: Model, next: Step): void {
  if (next.kind === 'reset') {
    model.reset()
    bench.pci.start()
  } else if (next.kind === 'restore') {
    // What the owner restores after the devices: the pages.
    const kept = [...bench.pages.states]
    const state = structuredClone(bench.pci.pci.snapshot())
    bench.pci.pci.restore(state)
    bench.pages.states.splice(0, kept.length, ...kept)
  } else if (next.kind === 'touch') {
    for (const page of next.list) {
      bench.pages.touch(page)
      model.taken.delete(page)
    }
  } else {
    if (next.list.length === 0) return
    bench.list(next.kind === 'inflate' ? Queue.INFLATE : Queue.DEFLATE, ...next.list)
    for (const page of next.list) model[next.kind](page)
  }
}

test('pages are taken exactly while they are given up and untouched, and every broken rule is counted', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.boolean(), (steps, packed) => {
      const bench = new BalloonBench({ pages, features: (bit) => packed || bit !== 34 })
      const model = new Model((page) => bench.pages.isWritable(page))
      for (const next of steps) {
        run(bench, model, next)
        const taken = bench.pages.states.flatMap((state, page) => (state === 'ballooned' ? [page] : []))
        expect(taken).toEqual([...model.taken].sort((a, b) => a - b))
        expect(bench.device.inflatedPages).toBe(model.given.size)
        expect(bench.device.violations).toBe(model.violations)
      }
    }),
    { numRuns: 200, seed: 20261127 },
  )
})

test('whatever bytes come on whatever queue, nothing throws, comes to no end, or takes a page that is no RAM', () => {
  const buffer = fc.record({
    queue: fc.nat(4),
    readable: fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 3 }),
    writable: fc.array(fc.oneof(fc.nat(64), fc.constantFrom(4096, 8192)), { maxLength: 3 }),
    host: fc.constantFrom('nothing', 'statistics', 'hints', 'end', 'target'),
  })
  fc.assert(
    fc.property(fc.array(buffer, { maxLength: 30 }), (buffers) => {
      const bench = new BalloonBench({ pages: 400 })
      const isRam = bench.pages.states.map((_, page) => bench.pages.isWritable(page))
      for (const { queue, readable, writable, host } of buffers) {
        if (host === 'statistics') bench.device.requestStatistics()
        if (host === 'hints') bench.device.requestHints()
        if (host === 'end') bench.device.endHints()
        if (host === 'target') bench.device.setTarget(readable.length)
        bench.send(queue, readable, writable)
      }
      expect(bench.pages.states.map((_, page) => bench.pages.isWritable(page))).toEqual(isRam)
      expect(bench.pages.count('ballooned')).toBeLessThanOrEqual(bench.device.inflatedPages)
    }),
    { numRuns: 200, seed: 20261127 },
  )
})
