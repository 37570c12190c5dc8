import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { I8259 } from '../../src/index.ts'

/** Oracle: one 8259A as lists of inputs. `order` is the priority list, highest first; nothing is computed with bits. */
class ListPic {
  order = [0, 1, 2, 3, 4, 5, 6, 7]
  high = new Set<number>()
  latched = new Set<number>()
  masked = new Set<number>()
  served = new Set<number>()
  level: Set<number>
  autoEoi = false
  rotateAuto = false
  specialMask = false
  fullyNested = false
  readonly base: number
  readonly cascade: number

  constructor(base: number, cascade: number, level: number[]) {
    this.base = base
    this.cascade = cascade
    this.level = new Set(level)
  }

  set(input: number, up: boolean): void {
    if (up && !this.high.has(input)) this.latched.add(input)
    if (up) this.high.add(input)
    if (!up) {
      this.high.delete(input)
      this.latched.delete(input)
    }
  }

  requests(): number[] {
    return this.order.filter((n) => (this.level.has(n) ? this.high : this.latched).has(n))
  }

  countedService(): number[] {
    return this.order.filter((n) => this.served.has(n) && !(this.specialMask && this.masked.has(n)))
  }

  best(): number {
    const wanted = this.requests().filter((n) => !this.masked.has(n))[0]
    if (wanted === undefined) return -1
    const busy = this.countedService()[0]
    if (busy === undefined || this.order.indexOf(wanted) < this.order.indexOf(busy)) return wanted
    return this.fullyNested && wanted === busy && wanted === this.cascade ? wanted : -1
  }

  take(): number {
    const input = this.best()
    if (input < 0) return -1
    this.latched.delete(input)
    if (!this.autoEoi) this.served.add(input)
    else if (this.rotateAuto) this.makeLowest(input)
    return input
  }

  makeLowest(input: number): void {
    while (this.order[7] !== input) this.order.push(this.order.shift()!)
  }

  ocw2(operation: number, level: number): void {
    const busy = this.countedService()[0]
    if (operation === 0) this.rotateAuto = false
    if (operation === 4) this.rotateAuto = true
    if (operation === 6) this.makeLowest(level)
    if (operation === 1 || operation === 5) {
      if (busy === undefined) return
      this.served.delete(busy)
      if (operation === 5) this.makeLowest(busy)
    }
    if (operation === 3 || operation === 7) {
      this.served.delete(level)
      if (operation === 7) this.makeLowest(level)
    }
  }
}

class ListPair {
  readonly slave = new ListPic(0x28, -1, [1, 2, 3])
  readonly master = new ListPic(0x20, 2, [5])

  follow(): void {
    this.master.set(2, this.slave.best() >= 0)
  }

  pending(): boolean {
    return this.master.best() >= 0
  }

  acknowledge(): number {
    const input = this.master.take()
    if (input !== 2) return this.master.base + (input < 0 ? 7 : input)
    const behind = this.slave.take()
    // Between two interrupts of the slave its output falls, which makes a new edge at the master.
    this.master.set(2, false)
    this.follow()
    return this.slave.base + (behind < 0 ? 7 : behind)
  }
}

const bits = (set: Set<number>): number => [...set].reduce((sum, n) => sum | (1 << n), 0)

type Step =
  | { kind: 'line'; irq: number; level: boolean }
  | { kind: 'mask' | 'ocw2' | 'smm'; slave: boolean; value: number }
  | { kind: 'acknowledge' }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('line' as const),
      irq: fc.nat(15).filter((n) => n !== 2),
      level: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('mask' as const), slave: fc.boolean(), value: fc.nat(255) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('ocw2' as const), slave: fc.boolean(), value: fc.nat(255) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('smm' as const), slave: fc.boolean(), value: fc.nat(1) }) },
  { weight: 4, arbitrary: fc.constant({ kind: 'acknowledge' as const }) },
)

function initialized(icw4: number): { pic: I8259; oracle: ListPair } {
  const pic = new I8259()
  for (const [port, base, icw3] of [
    [0x20, 0x20, 4],
    [0xa0, 0x28, 2],
  ] as const) {
    for (const [at, value] of [
      [port, 0x11],
      [port + 1, base],
      [port + 1, icw3],
      [port + 1, icw4],
    ] as const) {
      pic.writePort(at, 1, value)
    }
  }
  pic.writePort(0x4d0, 1, 0x20)
  pic.writePort(0x4d1, 1, 0x0e)
  const oracle = new ListPair()
  for (const chip of [oracle.master, oracle.slave]) {
    chip.autoEoi = (icw4 & 2) !== 0
    chip.fullyNested = (icw4 & 16) !== 0
  }
  return { pic, oracle }
}

function apply(pic: I8259, oracle: ListPair, each: Step): void {
  if (each.kind === 'acknowledge') {
    expect(pic.acknowledge()).toBe(oracle.acknowledge())
    return
  }
  if (each.kind === 'line') {
    pic.input(each.irq)(each.level)
    ;(each.irq < 8 ? oracle.master : oracle.slave).set(each.irq & 7, each.level)
  } else {
    const chip = each.slave ? oracle.slave : oracle.master
    const port = each.slave ? 0xa0 : 0x20
    if (each.kind === 'mask') {
      pic.writePort(port + 1, 1, each.value)
      chip.masked = new Set([0, 1, 2, 3, 4, 5, 6, 7].filter((n) => each.value & (1 << n)))
    } else if (each.kind === 'ocw2') {
      pic.writePort(port, 1, each.value & 0xe7)
      chip.ocw2(each.value >> 5, each.value & 7)
    } else {
      pic.writePort(port, 1, each.value ? 0x68 : 0x48)
      chip.specialMask = each.value === 1
    }
  }
  oracle.follow()
}

describe('8259A pair', () => {
  it('lets a masked in-service bit survive a non-specific EOI in special mask mode', () => {
    const { pic, oracle } = initialized(0x01)
    const steps: Step[] = [
      { kind: 'line', irq: 1, level: true },
      { kind: 'acknowledge' },
      { kind: 'line', irq: 4, level: true },
      { kind: 'mask', slave: false, value: 0x02 },
      { kind: 'smm', slave: false, value: 1 },
      { kind: 'acknowledge' },
      { kind: 'ocw2', slave: false, value: 0x20 },
      { kind: 'ocw2', slave: false, value: 0x20 },
    ]
    for (const each of steps) apply(pic, oracle, each)
    pic.writePort(0x20, 1, 0x0b)
    expect(pic.readPort(0x20, 1)).toBe(0x02)
    expect(bits(oracle.master.served)).toBe(0x02)
  })

  it('serves what an explicit priority list serves, in every mode', () => {
    fc.assert(
      fc.property(fc.constantFrom(0x01, 0x03, 0x11, 0x13), fc.array(step, { maxLength: 60 }), (icw4, steps) => {
        const { pic, oracle } = initialized(icw4)
        for (const each of steps) {
          apply(pic, oracle, each)
          expect(pic.pending).toBe(oracle.pending())
          for (const [port, chip] of [
            [0x20, oracle.master],
            [0xa0, oracle.slave],
          ] as const) {
            pic.writePort(port, 1, 0x0b)
            expect(pic.readPort(port, 1)).toBe(bits(chip.served))
            pic.writePort(port, 1, 0x0a)
            expect(pic.readPort(port, 1)).toBe(bits(new Set(chip.requests())))
          }
        }
      }),
      { numRuns: 1500, seed: 8259 },
    )
  })

  it('tells of each change of its output, once', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { pic, oracle } = initialized(0x01)
        let told = pic.pending
        pic.onChange = (pending) => {
          expect(pending).toBe(!told)
          told = pending
        }
        for (const each of steps) {
          apply(pic, oracle, each)
          expect(told).toBe(pic.pending)
        }
      }),
      { numRuns: 500, seed: 8260 },
    )
  })
})
