import assert from 'node:assert/strict'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PackedQueue, SplitQueue, type Chain } from '../../src/index.ts'
import { FakeGuestMemory, PackedDriver, SplitDriver, type Returned } from '../../src/testing/index.ts'

/** What a driver and a device do next. Numbers choose among what there is. */
type Step =
  | { kind: 'add'; readable: number[]; writable: number[]; indirect: boolean }
  | { kind: 'kick' }
  | { kind: 'complete'; which: number }
  | { kind: 'signal' }
  | { kind: 'collect' }
  | { kind: 'interrupts'; skip: number | null }
  | { kind: 'putBack' }
  | { kind: 'restore' }

const sizes = fc.array(fc.nat(40), { maxLength: 3 })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('add' as const),
      readable: sizes,
      writable: sizes,
      indirect: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ kind: 'kick' as const }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('complete' as const), which: fc.nat() }) },
  { weight: 3, arbitrary: fc.constant({ kind: 'signal' as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'collect' as const }) },
  fc.record({ kind: fc.constant('interrupts' as const), skip: fc.option(fc.nat(4)) }),
  fc.constant({ kind: 'putBack' as const }),
  fc.constant({ kind: 'restore' as const }),
)
const format = fc.record({ packed: fc.boolean(), eventIndex: fc.boolean(), indirect: fc.boolean(), log: fc.nat(4) })

/** What the device answers: the sum of what it reads, in every byte that it writes. */
function answerOf(readable: readonly Uint8Array[]): number {
  return readable.flatMap((bytes) => [...bytes]).reduce((sum, byte) => (sum + byte) & 0xff, 1)
}

function patternOf(token: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (token * 31 + at * 7) & 0xff)
}

/** A driver and a device over one ring, and all that either knows. */
class Pair {
  readonly memory = new FakeGuestMemory(1 << 20)
  readonly driver: SplitDriver | PackedDriver
  queue: SplitQueue | PackedQueue
  readonly taken: Chain[] = []
  readonly expected = new Map<number, { answer: number; writable: number }>()
  readonly failures: string[] = []
  readonly indirect: boolean
  readonly #makeQueue: () => SplitQueue | PackedQueue
  interrupts = 0
  #sent = 0

  constructor({
    packed,
    eventIndex,
    indirect,
    log,
  }: {
    packed: boolean
    eventIndex: boolean
    indirect: boolean
    log: number
  }) {
    const { memory } = this
    this.indirect = indirect
    // A packed ring has any size.
    const size = packed ? 2 ** log + (log % 3) : 2 ** log
    this.driver = new (packed ? PackedDriver : SplitDriver)({ memory, size, eventIndex })
    const ports = {
      memory,
      mayRun: () => true,
      interrupt: () => void this.interrupts++,
      fail: (reason: string) => void this.failures.push(reason),
    }
    const setup = { ...this.driver.place, eventIndex, indirect }
    this.#makeQueue = () => new (packed ? PackedQueue : SplitQueue)(0, setup, ports)
    this.queue = this.#makeQueue()
  }

  add({ readable, writable, indirect }: { readable: number[]; writable: number[]; indirect: boolean }): void {
    const pieces = readable.map((length) => patternOf(this.#sent, length))
    const token = this.driver.add(pieces, writable, indirect && this.indirect)
    if (token === null) return
    this.#sent++
    this.expected.set(token, { answer: answerOf(pieces), writable: writable.reduce((sum, bytes) => sum + bytes, 0) })
  }

  /** The device looks only when it is told, and then at everything. */
  kick(): void {
    if (this.driver.mustKick()) this.takeAll()
  }

  takeAll(): void {
    for (let chain = this.queue.take(); chain; chain = this.queue.take()) this.taken.push(chain)
  }

  complete(which: number): void {
    const [chain] = this.taken.splice(which % Math.max(1, this.taken.length), 1)
    if (!chain) return
    const input = new Uint8Array(chain.readableBytes)
    assert.ok(chain.read(input))
    const output = new Uint8Array(chain.writableBytes).fill(answerOf([input]))
    // In two halves, so that pieces are crossed.
    const half = output.length >> 1
    assert.ok(chain.write(output.subarray(half), half) && chain.write(output.subarray(0, half)))
    // A device that counts wrongly must not make the driver read beyond its buffer.
    this.queue.complete(chain, chain.writableBytes + (which % 3))
  }

  check(returned: readonly Returned[]): void {
    for (const { token, written, bytes } of returned) {
      const expected = this.expected.get(token)
      assert.ok(expected, `buffer ${token} came back twice`)
      this.expected.delete(token)
      assert.equal(written, expected.writable)
      assert.ok(bytes.every((byte) => byte === expected.answer))
    }
  }

  /** The newest buffer goes back into the ring, from where it is taken again. */
  putBack(): void {
    const chain = this.queue.take()
    if (!chain) return
    this.queue.putBack(chain)
    this.takeAll()
  }

  /** Another queue goes on where this one stopped, as after a snapshot. No buffer may be held then. */
  restore(): void {
    if (this.taken.length > 0) return
    const state = this.queue.snapshot()
    this.queue = this.#makeQueue()
    this.queue.restore(state)
  }

  run(next: Step): void {
    switch (next.kind) {
      case 'add':
        return this.add(next)
      case 'kick':
        return this.kick()
      case 'complete':
        return this.complete(next.which)
      case 'signal':
        return this.queue.notifyDriver()
      case 'collect':
        return this.check(this.driver.collect())
      case 'interrupts':
        return next.skip === null ? this.driver.disableInterrupts() : this.driver.enableInterrupts(next.skip)
      case 'putBack':
        return this.putBack()
      case 'restore':
        return this.restore()
    }
  }
}

test('a well-behaved driver gets every buffer back exactly once, with what the device wrote (oracle: what it sent)', () => {
  fc.assert(
    fc.property(format, fc.array(step, { maxLength: 200, size: 'max' }), (options, steps) => {
      const pair = new Pair(options)
      for (const next of steps) pair.run(next)
      // The device is told of what it did not take yet, or it would never.
      pair.kick()
      while (pair.taken.length > 0) pair.complete(0)
      pair.check(pair.driver.collect())
      expect(pair.failures).toEqual([])
      expect([...pair.expected.keys()]).toEqual([])
      expect(pair.driver.outstanding).toBe(0)
      expect(pair.memory.misses).toBe(0)
    }),
    { seed: 1, numRuns: 300 },
  )
})

test('an interrupt comes exactly when a place that the driver named was used (oracle: positions counted without end)', () => {
  const rounds = fc.array(fc.record({ buffers: fc.nat(6), pieces: fc.integer({ min: 1, max: 3 }), skip: fc.nat(9) }), {
    maxLength: 60,
    size: 'max',
  })
  fc.assert(
    fc.property(fc.boolean(), fc.integer({ min: 2, max: 4 }), rounds, (packed, log, all) => {
      const pair = new Pair({ packed, eventIndex: true, indirect: false, log })
      let used = 0
      let event = 0
      pair.driver.enableInterrupts()
      for (const { buffers, pieces, skip } of all) {
        const writable = new Array<number>(pieces).fill(1)
        const before = used
        for (let i = 0; i < buffers; i++) pair.add({ readable: [], writable, indirect: false })
        pair.takeAll()
        while (pair.taken.length > 0) {
          used += packed ? pieces : 1
          pair.complete(0)
        }
        const interrupts = pair.interrupts
        pair.queue.notifyDriver()
        expect(pair.interrupts - interrupts).toBe(Number(event >= before && event < used))
        pair.check(pair.driver.collect())
        // Further than the ring is long nothing can be named.
        event = used + (skip % pair.driver.size)
        pair.driver.enableInterrupts(event - used)
      }
    }),
    { seed: 2, numRuns: 300 },
  )
})
