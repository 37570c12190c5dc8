import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Counter } from '../../src/i8254/counter.ts'

/** Oracle: a counter that is clocked pulse by pulse, written from the data sheet's description of each mode. */
class TickingCounter {
  mode = 0
  bcd = false
  access = 3
  gate: boolean
  out = false
  reload = 0x10000
  programmed = false
  loaded = false
  loadPending = false
  armed = false
  ce = 0
  loadedCount = 0
  nullCount = true
  lowByte = -1
  rises = 0

  constructor(gate: boolean) {
    this.gate = gate
  }

  get modulus(): number {
    return this.bcd ? 10_000 : 0x10000
  }

  get visible(): number {
    const count = this.ce % this.modulus
    return this.bcd ? Number.parseInt(String(count), 16) : count
  }

  setOut(level: boolean): void {
    if (level && !this.out) this.rises++
    this.out = level
  }

  pulse(): void {
    if (this.loadPending) return this.load()
    if (this.mode >= 4) this.setOut(true)
    if (!this.loaded) return
    if (!this.gate && this.mode !== 1 && this.mode !== 5) return
    if (this.mode === 2) this.pulseRate()
    else if (this.mode === 3) this.pulseSquare()
    else {
      this.ce = this.ce === 0 ? this.modulus - 1 : this.ce - 1
      if (!this.armed || this.ce !== 0) return
      this.armed = false
      this.setOut(this.mode < 2)
    }
  }

  load(): void {
    this.loadPending = false
    this.loaded = this.armed = true
    this.takeCount()
    if (this.mode === 1) this.setOut(false)
    else if (this.mode !== 0) this.setOut(true)
  }

  takeCount(): void {
    this.nullCount = false
    this.loadedCount = this.reload
    this.ce = this.mode === 3 && this.reload % 2 === 1 ? this.reload - 1 : this.reload
  }

  pulseRate(): void {
    if (this.ce === 1) {
      this.takeCount()
      this.setOut(true)
    } else {
      this.ce--
      if (this.ce === 1) this.setOut(false)
    }
  }

  pulseSquare(): void {
    const longHigh = this.out && this.loadedCount % 2 === 1
    if (longHigh ? this.ce > 0 : this.ce > 2) {
      this.ce -= 2
      return
    }
    this.takeCount()
    this.setOut(this.reload === 1 ? true : !this.out)
  }

  writeControl(mode: number, access: number, bcd: boolean): void {
    Object.assign(this, { mode, access, bcd, programmed: false, loaded: false, loadPending: false, armed: false })
    this.nullCount = true
    this.lowByte = -1
    this.setOut(mode !== 0)
  }

  writeByte(value: number): void {
    if (this.access === 1) return this.writeCount(value)
    if (this.access === 2) return this.writeCount(value << 8)
    if (this.lowByte < 0) {
      this.lowByte = value
      if (this.mode === 0) {
        this.loaded = this.loadPending = this.armed = false
        this.setOut(false)
      }
      return
    }
    const count = (value << 8) | this.lowByte
    this.lowByte = -1
    this.writeCount(count)
  }

  writeCount(raw: number): void {
    const digits = [12, 8, 4, 0].map((shift) => (raw >> shift) & 15)
    const count = this.bcd ? digits.reduce((sum, digit) => sum * 10 + digit, 0) % 10_000 : raw
    this.reload = count === 0 ? this.modulus : count
    this.nullCount = true
    if (this.mode === 0) this.setOut(false)
    if (this.mode === 0 || this.mode === 4) this.loadPending = true
    if ((this.mode === 2 || this.mode === 3) && !this.programmed) this.loadPending = true
    this.programmed = true
  }

  setGate(level: boolean): void {
    if (level && !this.gate && [1, 2, 3, 5].includes(this.mode) && this.programmed) this.loadPending = true
    if (!level && this.gate && (this.mode === 2 || this.mode === 3)) this.setOut(true)
    this.gate = level
  }
}

type Step =
  | { kind: 'control'; mode: number; access: number; bcd: boolean }
  | { kind: 'byte'; value: number }
  | { kind: 'gate'; level: boolean }
  | { kind: 'run'; pulses: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('control' as const),
      mode: fc.nat(5),
      access: fc.integer({ min: 1, max: 3 }),
      bcd: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('byte' as const),
      value: fc.oneof(fc.nat(9), fc.nat(255), fc.constant(0)),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('gate' as const), level: fc.boolean() }) },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('run' as const), pulses: fc.oneof(fc.nat(3), fc.nat(40), fc.nat(3000)) }),
  },
)

function controlWord({ mode, access, bcd }: { mode: number; access: number; bcd: boolean }): number {
  return (access << 4) | (mode << 1) | (bcd ? 1 : 0)
}

describe('8254 counter', () => {
  it('agrees with a counter that is clocked pulse by pulse, in all modes', () => {
    fc.assert(
      fc.property(fc.boolean(), fc.nat(5), fc.array(step, { maxLength: 40 }), (gate, firstMode, steps) => {
        const counter = new Counter(gate)
        const oracle = new TickingCounter(gate)
        let tick = 0
        const all: Step[] = [
          { kind: 'control', mode: firstMode, access: 1, bcd: false },
          { kind: 'byte', value: 5 },
          ...steps,
        ]
        for (const each of all) {
          if (each.kind === 'control') {
            counter.writeControl(controlWord(each))
            oracle.writeControl(each.mode, each.access, each.bcd)
          } else if (each.kind === 'byte') {
            counter.writeByte(each.value)
            oracle.writeByte(each.value)
          } else if (each.kind === 'gate') {
            counter.setGate(each.level)
            oracle.setGate(each.level)
          } else {
            for (let i = 0; i < each.pulses; i++) oracle.pulse()
            counter.advance((tick += each.pulses))
          }
          const state = counter.snapshot()
          expect({ out: counter.out, nullCount: state.nullCount }).toEqual({
            out: oracle.out,
            nullCount: oracle.nullCount,
          })
          expect(state.count % oracle.modulus).toBe(oracle.ce % oracle.modulus)
          expect(counter.takeRise()).toBe(oracle.rises > 0)
          oracle.rises = 0
        }
      }),
      { numRuns: 3000, seed: 8254 },
    )
  })

  it('foretells the next rise of OUT that pulse-by-pulse clocking finds', () => {
    fc.assert(
      fc.property(fc.boolean(), fc.array(step, { minLength: 1, maxLength: 12 }), (gate, steps) => {
        const counter = new Counter(gate)
        const oracle = new TickingCounter(gate)
        let tick = 0
        for (const each of steps) {
          if (each.kind === 'control') {
            counter.writeControl(controlWord(each))
            oracle.writeControl(each.mode, each.access, each.bcd)
          } else if (each.kind === 'byte') {
            counter.writeByte(each.value)
            oracle.writeByte(each.value)
          } else if (each.kind === 'gate') {
            counter.setGate(each.level)
            oracle.setGate(each.level)
          } else {
            for (let i = 0; i < each.pulses; i++) oracle.pulse()
            counter.advance((tick += each.pulses))
          }
        }
        const foretold = counter.nextRise()
        oracle.rises = 0
        const horizon = Math.min(foretold - tick, 140_000)
        for (let i = 1; i < horizon; i++) oracle.pulse()
        expect(oracle.rises).toBe(0)
        if (foretold - tick > 140_000) return
        oracle.pulse()
        expect(oracle.rises).toBe(1)
      }),
      { numRuns: 400, seed: 8255 },
    )
  })

  it('reads what was latched, low byte first, in the format of the control word', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 9999 }), fc.boolean(), fc.nat(5000), (count, bcd, pulses) => {
        const counter = new Counter(true)
        counter.writeControl(controlWord({ mode: 2, access: 3, bcd }))
        const raw = bcd ? Number.parseInt(String(count), 16) : count
        counter.writeByte(raw & 0xff)
        counter.writeByte(raw >> 8)
        counter.advance(1 + pulses)
        counter.latchCount()
        counter.advance(1_000_000)
        const read = counter.readByte() | (counter.readByte() << 8)
        const expected = count - (pulses % count)
        expect(read).toBe(bcd ? Number.parseInt(String(expected), 16) : expected)
      }),
      { numRuns: 500, seed: 8256 },
    )
  })
})
