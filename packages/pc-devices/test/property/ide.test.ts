import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AtaDisk, AtapiCd, type BlockStore } from '../../src/index.ts'
import { ideBench } from '../support/ide-bench.ts'

/** Fails the test when a device leaves it. */
class GuardedStore implements BlockStore {
  readonly readOnly = false
  readonly sectorBytes: number
  readonly sectors: number
  readonly bytes: Uint8Array
  constructor(sectors: number, sectorBytes: number) {
    this.sectors = sectors
    this.sectorBytes = sectorBytes
    this.bytes = new Uint8Array(sectors * sectorBytes).map((_, i) => (i * 7) >> 3)
  }
  read(lba: number, into: Uint8Array): void {
    this.#check(lba, into.length)
    into.set(this.bytes.subarray(lba * this.sectorBytes, lba * this.sectorBytes + into.length))
  }
  write(lba: number, from: Uint8Array): void {
    this.#check(lba, from.length)
    this.bytes.set(from, lba * this.sectorBytes)
  }
  flush(): void {}
  #check(lba: number, bytes: number): void {
    const fits = Number.isInteger(lba) && lba >= 0 && lba * this.sectorBytes + bytes <= this.bytes.length
    if (!fits || bytes % this.sectorBytes !== 0) throw new Error(`out of the store: ${lba}, ${bytes} bytes`)
  }
}

const piece = fc
  .tuple(fc.nat(0x3f), fc.integer({ min: 1, max: 600 }))
  .map(([page, words]): [number, number] => [0x10000 + page * 0x1000 + 2 * (words % 5), 2 * words])

describe('bus master DMA', () => {
  it('scatters and gathers as a flat copy of the same pieces does', () => {
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 12 }), fc.boolean(), fc.nat(100), (pieces, reads, lba) => {
        const store = new GuardedStore(256, 512)
        const bench = ideBench([new AtaDisk({ store })])
        bench.ram.forEach((_, i) => (bench.ram[i] = i >> 5))
        const total = pieces.reduce((sum, [, bytes]) => sum + bytes, 0)
        const sectors = Math.max(1, Math.floor(total / 512))
        const expectedRam = bench.ram.slice()
        const flat = store.bytes.slice(lba * 512, (lba + sectors) * 512)
        let at = 0
        for (const [address, bytes] of pieces) {
          const count = Math.min(bytes, flat.length - at)
          if (reads) expectedRam.set(flat.subarray(at, at + count), address)
          else flat.set(expectedRam.subarray(address, address + count), at)
          at += count
        }
        bench.command(0, sectors, lba, 0, 0, 0xe0, reads ? 0xc8 : 0xca)
        bench.startDma(0x100, pieces, reads)
        const whole = total >= sectors * 512
        expect(bench.irq.level).toBe(whole)
        if (reads && whole) expect(Buffer.compare(bench.ram.subarray(0x10000), expectedRam.subarray(0x10000))).toBe(0)
        if (!reads && whole)
          expect(Buffer.compare(store.bytes.subarray(lba * 512, (lba + sectors) * 512), flat)).toBe(0)
      }),
      { seed: 7010, numRuns: 40 },
    )
  })
})

describe('IDE under a hostile guest', () => {
  it('never throws, never leaves the stores, and goes on from a snapshot as the original', () => {
    const commands = [
      0, 8, 0x20, 0x24, 0x25, 0x27, 0x30, 0x35, 0x39, 0x40, 0x70, 0x90, 0x91, 0xa0, 0xa1, 0xc4, 0xc5, 0xc6, 0xc8, 0xca,
      0xe7, 0xec, 0xef, 0xf8,
    ]
    const packets = [0, 3, 0x12, 0x1b, 0x1e, 0x25, 0x28, 0x43, 0x46, 0x4a, 0x51, 0x5a, 0xa8, 0xbd, 0xbe]
    const step = fc.oneof(
      fc.record({ port: fc.integer({ min: 0x1f1, max: 0x1f6 }), value: fc.oneof(fc.nat(4), fc.nat(255)) }),
      fc.record({ port: fc.constant(0x1f7), value: fc.constantFrom(...commands) }),
      fc.record({ port: fc.constant(0x1f6), value: fc.constantFrom(0xe0, 0xf0) }),
      fc.record({ port: fc.constantFrom(0x3f6, 0xc000, 0xc002, 0xc004, 0x1f0), value: fc.nat(255) }),
      fc.record({ port: fc.constant(-1), value: fc.nat(600) }),
      fc.record({ port: fc.constant(-2), value: fc.constantFrom(...packets) }),
    )
    const machine = (): ReturnType<typeof ideBench> & { stores: GuardedStore[] } => {
      const stores = [new GuardedStore(300, 512), new GuardedStore(50, 2048)]
      const [disk, cd] = [new AtaDisk({ store: stores[0]! }), new AtapiCd({ store: stores[1]! })]
      return { ...ideBench([disk, cd], 0x4000), stores }
    }
    const perform = (bench: ReturnType<typeof ideBench>, { port, value }: { port: number; value: number }): number => {
      if (port === -1) return bench.readWords(value).reduce((sum, word) => (sum * 31 + word) >>> 0, 0)
      if (port >= 0) bench.bus.writePort(port, port === 0xc004 ? 4 : 1, value)
      else {
        for (const word of [value, 0, 0, value & 3, 2, 0]) bench.bus.writePort(0x1f0, 2, word)
      }
      bench.timers.advance(1e5)
      return bench.bus.readPort(0x1f7, 1) * 256 + bench.bus.readPort(0xc002, 1)
    }
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), fc.array(step, { maxLength: 40 }), (before, after) => {
        const bench = machine()
        bench.ram.forEach((_, i) => (bench.ram[i] = (i * i) >> 4))
        for (const one of before) perform(bench, one)
        const copy = machine()
        copy.timers.advance(bench.timers.nowNs())
        copy.ram.set(bench.ram)
        copy.ide.restore(JSON.parse(JSON.stringify(bench.ide.snapshot())))
        expect(copy.irq.level).toBe(bench.irq.level)
        copy.stores.forEach((store, i) => store.bytes.set(bench.stores[i]!.bytes))
        for (const one of after) expect(perform(copy, one)).toBe(perform(bench, one))
      }),
      { seed: 1410, numRuns: 60 },
    )
  })
})
