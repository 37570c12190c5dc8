import fc from 'fast-check'
import { expect, test } from 'vitest'
import { drain, PackedQueue, SplitQueue, type RingSetup, type Segment } from '../../src/index.ts'
import { FakeGuestMemory } from '../../src/testing/index.ts'

const MEMORY_BYTES = 8192
const BASE = 0x10_0000

/** Numbers that a ring might hold: small ones, addresses near its memory, and anything. */
const address = fc.oneof(
  { weight: 12, arbitrary: fc.nat(MEMORY_BYTES - 64).map((offset) => BASE + offset) },
  fc.nat(MEMORY_BYTES + 64).map((offset) => BASE + offset),
  fc.constantFrom(0, 2 ** 32 - 1, 2 ** 52, 2 ** 53, 2 ** 63),
)
const flags = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(0, 0x80, 2, 0x82) },
  fc.constantFrom(1, 0x81, 3, 0x83, 4, 0x84),
  fc.nat(0xffff),
)
const descriptor = fc.record({
  address,
  bytes: fc.oneof(
    fc.nat(64),
    fc.nat(9).map((n) => 16 * n),
    fc.constantFrom(4096, 2 ** 31, 2 ** 32 - 1),
  ),
  flags,
  last: fc.oneof(fc.nat(9), fc.nat(0xffff)),
})
const hostile = fc.record({
  packed: fc.boolean(),
  size: fc.constantFrom(1, 2, 4, 8),
  eventIndex: fc.boolean(),
  indirect: fc.boolean(),
  descriptors: fc.array(descriptor, { minLength: 8, maxLength: 32 }),
  driver: fc.array(fc.oneof({ weight: 9, arbitrary: fc.nat(3) }, fc.nat(12), fc.nat(0xffff)), {
    minLength: 16,
    maxLength: 16,
  }),
  rounds: fc.integer({ min: 1, max: 4 }),
  /** Where the parts lie: mostly apart, sometimes on each other or nowhere. */
  places: fc.oneof(
    { weight: 4, arbitrary: fc.constant([BASE, BASE + 1024, BASE + 2048]) },
    fc.tuple(
      fc.constantFrom(BASE, BASE + 256, 0, BASE + 8, 2 ** 60),
      fc.constantFrom(BASE + 1024, BASE, BASE + 1, 2 ** 40),
      fc.constantFrom(BASE + 2048, BASE, BASE + 1024, BASE + MEMORY_BYTES - 4, 0),
    ),
  ),
})

function ringParts(packed: boolean, size: number, descriptors: number, device: number): Segment[] {
  return packed ? [{ address: descriptors, bytes: 16 * size }] : [{ address: device, bytes: 6 + 8 * size }]
}

test('whatever the ring holds: no throw, bounded work, nothing outside of memory, and silence after a failure', () => {
  let failed = 0
  let served = 0
  fc.assert(
    fc.property(hostile, (guest) => {
      const memory = new FakeGuestMemory(MEMORY_BYTES, { base: BASE })
      const { view } = memory
      guest.descriptors.forEach(({ address: at, bytes, flags, last }, index) => {
        const [first, second] = guest.packed ? [last, flags] : [flags, last]
        view.setBigUint64(16 * index, BigInt(at), true)
        view.setUint32(16 * index + 8, bytes, true)
        view.setUint16(16 * index + 12, first, true)
        view.setUint16(16 * index + 14, second, true)
      })
      guest.driver.forEach((value, index) => view.setUint16(1024 + 2 * index, value, true))
      const reasons: string[] = []
      const [descriptors = 0, driver = 0, device = 0] = guest.places
      /** The used ring, or a packed ring; and what a chain says. */
      let mayWrite: readonly Segment[] = ringParts(guest.packed, guest.size, descriptors, device)
      let accesses = 0
      const counted = {
        read: (at: number, into: Uint8Array) => (accesses++, memory.read(at, into)),
        write: (at: number, from: Uint8Array) => {
          accesses++
          const isOwed = mayWrite.some(({ address, bytes }) => at >= address && at + from.length <= address + bytes)
          expect(isOwed, `a write to ${at}`).toBe(true)
          return memory.write(at, from)
        },
      }
      const ports = {
        memory: counted,
        mayRun: () => true,
        interrupt: () => {},
        fail: (why: string) => reasons.push(why),
      }
      const setup: RingSetup = { ...guest, descriptors, driver, device }
      const Ring = guest.packed ? PackedQueue : SplitQueue
      if (Ring.problemOf(setup) !== null) return
      const queue = new Ring(0, setup, ports)
      for (let round = 0; round < guest.rounds; round++) {
        drain(queue, (chain) => {
          served++
          expect(chain.readableBytes + chain.writableBytes).toBeLessThanOrEqual(2 ** 32)
          expect(chain.readable.length + chain.writable.length).toBeLessThanOrEqual(1024 + guest.size)
          chain.read(new Uint8Array(Math.min(chain.readableBytes, 100_000)))
          // What the device writes may well be the ring itself.
          mayWrite = chain.writable
          chain.write(new Uint8Array(Math.min(chain.writableBytes, 100_000)).fill(round))
          mayWrite = ringParts(guest.packed, guest.size, descriptors, device)
          return chain.writableBytes
        })
      }
      // A ring of n places has n buffers of at most 1024 + n pieces, each read once and used once.
      expect(accesses).toBeLessThanOrEqual(guest.rounds * (guest.size + 1) * (2 * (1024 + guest.size) + 8))
      if (reasons.length > 0) failed++
      expect(reasons.length).toBeLessThanOrEqual(1)
      expect(queue.isReady).toBe(reasons.length === 0)
      if (reasons.length > 0) expect(queue.take()).toBeNull()
    }),
    { seed: 3, numRuns: 3000 },
  )
  // Both outcomes are met often, or this says nothing.
  expect(failed).toBeGreaterThan(300)
  expect(served).toBeGreaterThan(300)
})
