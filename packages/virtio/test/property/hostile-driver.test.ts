import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BlockDevice, ConsoleDevice, EntropyDevice, type VirtioDevice } from '../../src/index.ts'
import { PciBench } from '../../src/testing/index.ts'
import { ArrayStore } from '../support/array-store.ts'

/** Registers and memory, used in any order with any values. */
type Access =
  | { kind: 'read'; bar: number; offset: number; size: 1 | 2 | 4 }
  | { kind: 'write'; bar: number; offset: number; size: 1 | 2 | 4; value: number }
  | { kind: 'memory'; offset: number; bytes: Uint8Array }
  | { kind: 'start'; bits: number; size: number }
  | { kind: 'buffer'; queue: number; readable: Uint8Array[]; writable: number[] }
  | { kind: 'notify'; queue: number }
  | { kind: 'host' }

const size = fc.constantFrom(1 as const, 2 as const, 4 as const)
const offset = fc.oneof(fc.nat(0x40), fc.nat(0x3fff), fc.constantFrom(0x1000, 0x2000, 0x3000, 0x3004))
const value = fc.oneof(
  fc.nat(16),
  fc.nat(255),
  fc.nat(0xffff_ffff),
  fc.nat(1023).map((page) => 0x100 + page),
)
const bytes = fc.uint8Array({ maxLength: 48 })
const bar = fc.constantFrom(0, 1, 4)
const access: fc.Arbitrary<Access> = fc.oneof(
  fc.record({ kind: fc.constant('read' as const), bar, offset, size }),
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('write' as const), bar, offset, size, value }) },
  fc.record({ kind: fc.constant('memory' as const), offset: fc.nat(0xffff), bytes }),
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('start' as const), bits: fc.nat(0xff), size: fc.constantFrom(2, 4, 8) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('buffer' as const),
      queue: fc.nat(6),
      readable: fc.array(bytes, { maxLength: 3 }),
      writable: fc.array(fc.nat(600), { maxLength: 3 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('notify' as const), queue: fc.nat(7) }) },
  fc.constant({ kind: 'host' as const }),
)

const devices: readonly (() => { device: VirtioDevice; host: () => void })[] = [
  () => ({ device: new EntropyDevice({ random: (into) => void into.fill(1) }), host: () => {} }),
  () => {
    const later: (() => void)[] = []
    const device = new BlockDevice({ store: new ArrayStore(64), defer: (callback) => void later.push(callback) })
    return { device, host: () => later.shift()?.() }
  },
  () => {
    const device = new ConsoleDevice({ ports: [{ output: () => {} }, { output: () => {}, name: 'second' }] })
    return {
      device,
      host: () => (device.send(0, new Uint8Array(9)), device.send(1, new Uint8Array(9)), device.resize(1, 1)),
    }
  },
]

test('no order of registers, rings and host calls throws; a copy restored at the end does the same (oracle: the original)', () => {
  fc.assert(
    fc.property(
      fc.nat(2),
      fc.constantFrom('modern', 'transitional', 'legacy'),
      fc.array(access, { maxLength: 80 }),
      (which, mode, all) => {
        const { device, host } = devices[which]!()
        const bench = new PciBench({ device, memoryBytes: 1 << 20, mode: mode as 'modern' })
        for (const next of all) perform(bench, host, next)
        expect(bench.failures.length).toBeLessThanOrEqual(all.length)
        const state = bench.pci.snapshot()
        expect(JSON.parse(JSON.stringify(state))).toEqual(state)
        const copy = new PciBench({ device: devices[which]!().device, memoryBytes: 1 << 20, mode: mode as 'modern' })
        copy.pci.restore(structuredClone(state))
        expect(copy.pci.snapshot()).toEqual(state)
        expect(copy.line).toBe(bench.line)
      },
    ),
    { seed: 5, numRuns: 600 },
  )
})

function perform(bench: PciBench, host: () => void, next: Access): void {
  switch (next.kind) {
    case 'read':
      return void bench.pci.read(next.bar, next.offset, next.size)
    case 'write':
      return bench.pci.write(next.bar, next.offset, next.size, next.value)
    case 'memory':
      return void bench.memory.write(bench.memory.base + next.offset, next.bytes)
    case 'start':
      return bench.start({ size: next.size, features: (bit) => bit === 32 || ((next.bits >> (bit % 8)) & 1) === 1 })
    case 'buffer':
      return void bench.drivers[next.queue]?.add(next.readable, next.writable)
    case 'notify':
      return bench.notify(next.queue)
    case 'host':
      return host()
  }
}
