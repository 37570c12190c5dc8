import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ApicBus, DeliveryMode, LocalApic } from '../../src/index.ts'
import { FakeTimers } from '../../src/testing/index.ts'

const EOI = 0xb0
const TPR = 0x80
const PPR = 0xa0

const step = fc.oneof(
  fc.record({
    kind: fc.constant('interrupt' as const),
    vector: fc.oneof(fc.nat(255), fc.constantFrom(0x31, 0x42, 0xf0)),
    level: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('tpr' as const), value: fc.nat(255) }),
  fc.constant({ kind: 'eoi' as const }),
  fc.constant({ kind: 'acknowledge' as const }),
)

function enabledApic(onEoi: (vector: number) => void): { apic: LocalApic; bus: ApicBus; timers: FakeTimers } {
  const timers = new FakeTimers()
  const bus = new ApicBus()
  bus.addListener({ endOfInterrupt: onEoi, retry: () => {} })
  const apic = new LocalApic({ timers, bus })
  apic.writeMmio(0xf0, 4, 0x1ff)
  return { apic, bus, timers }
}

function words(apic: LocalApic, bank: number): Set<number> {
  const set = new Set<number>()
  for (let vector = 0; vector < 256; vector++) {
    const word = apic.readMmio(bank + (vector >> 5) * 0x10, 4)
    if (Math.floor(word / 2 ** (vector & 31)) % 2 === 1) set.add(vector)
  }
  return set
}

describe('local APIC', () => {
  it('serves vectors as a model made of sets does', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const ended: number[] = []
        const { apic, bus } = enabledApic((vector) => ended.push(vector))
        // Oracle: sets of vectors, the highest found by sorting.
        const requested = new Map<number, boolean>()
        const levels = new Set<number>()
        const served = new Set<number>()
        let tpr = 0
        const expectedEnds: number[] = []
        const highest = (of: Iterable<number>): number => [...of].sort((a, b) => b - a)[0] ?? -1
        const priority = (): number => {
          const inService = Math.max(0, highest(served))
          return Math.floor(tpr / 16) >= Math.floor(inService / 16) ? tpr : Math.floor(inService / 16) * 16
        }
        const pending = (): boolean => Math.floor(highest(requested.keys()) / 16) > Math.floor(priority() / 16)
        for (const each of steps) {
          if (each.kind === 'interrupt') {
            const taken = bus.deliver({
              destination: 0,
              logical: false,
              mode: DeliveryMode.Fixed,
              vector: each.vector,
              levelTriggered: each.level,
            })
            expect(taken).toBe(each.vector >= 16)
            if (!taken) continue
            requested.set(each.vector, each.level)
            if (each.level) levels.add(each.vector)
            else levels.delete(each.vector)
          } else if (each.kind === 'tpr') {
            apic.writeMmio(TPR, 4, (tpr = each.value))
          } else if (each.kind === 'eoi') {
            apic.writeMmio(EOI, 4, 0)
            const vector = highest(served)
            if (vector >= 0 && levels.has(vector)) expectedEnds.push(vector)
            served.delete(vector)
          } else {
            const expected = pending() ? highest(requested.keys()) : 0xff
            if (pending()) {
              requested.delete(expected)
              served.add(expected)
            }
            expect(apic.acknowledge()).toBe(expected)
          }
          expect(apic.pending).toBe(pending())
          expect(apic.readMmio(PPR, 4)).toBe(priority())
        }
        expect(words(apic, 0x200)).toEqual(new Set(requested.keys()))
        expect(words(apic, 0x100)).toEqual(served)
        expect(words(apic, 0x180)).toEqual(levels)
        expect(ended).toEqual(expectedEnds)
      }),
      { numRuns: 600, seed: 11 },
    )
  })

  it('counts down as time divided by the divided clock says, once or again and again', () => {
    const divisors = [
      [0x0, 2],
      [0x1, 4],
      [0x2, 8],
      [0x3, 16],
      [0x8, 32],
      [0x9, 64],
      [0xa, 128],
      [0xb, 1],
    ] as const
    fc.assert(
      fc.property(
        fc.constantFrom(...divisors),
        fc.boolean(),
        fc.integer({ min: 1, max: 100_000 }),
        fc.array(fc.nat(400_000), { maxLength: 10 }),
        ([code, divisor], periodic, initial, waits) => {
          const { apic, timers } = enabledApic(() => {})
          apic.writeMmio(0x3e0, 4, code)
          apic.writeMmio(0x320, 4, (periodic ? 0x20000 : 0) | 0x40)
          apic.writeMmio(0x380, 4, initial)
          const period = initial * divisor
          let elapsed = 0
          let expiries = 0
          for (const wait of waits) {
            const before = elapsed
            elapsed += wait
            timers.advance(wait)
            const ticks = Math.floor(elapsed / divisor)
            const left = initial - (ticks % initial)
            expect(apic.readMmio(0x390, 4)).toBe(periodic ? left : Math.max(0, initial - ticks))
            const due = Math.floor(elapsed / period) - Math.floor(before / period)
            expiries += due
            const raised = periodic ? due > 0 : before < period && elapsed >= period
            expect(apic.pending).toBe(raised)
            if (!raised) continue
            expect(apic.acknowledge()).toBe(0x40)
            apic.writeMmio(EOI, 4, 0)
          }
          expect(expiries).toBe(Math.floor(elapsed / period))
        },
      ),
      { numRuns: 300, seed: 12 },
    )
  })

  it('matches logical destinations as the manual spells them out', () => {
    fc.assert(
      fc.property(fc.nat(255), fc.nat(255), fc.boolean(), (own, destination, flat) => {
        const { apic } = enabledApic(() => {})
        apic.writeMmio(0xe0, 4, flat ? 0xffffffff : 0x0fffffff)
        apic.writeMmio(0xd0, 4, (own << 24) >>> 0)
        const bits = (value: number): number[] => [0, 1, 2, 3, 4, 5, 6, 7].filter((bit) => value & (1 << bit))
        const shares = (mask: number): boolean => bits(own & mask).some((bit) => bits(destination & mask).includes(bit))
        const cluster = Math.floor(destination / 16)
        const inCluster = (cluster === Math.floor(own / 16) || cluster === 15) && shares(0x0f)
        expect(apic.matches(destination, true)).toBe(destination === 255 || (flat ? shares(0xff) : inCluster))
      }),
      { numRuns: 1000, seed: 13 },
    )
  })
})
