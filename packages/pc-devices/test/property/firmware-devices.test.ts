import { describe, expect, it } from 'vitest'
import { AtaDisk, AtapiCd, createPcPlatform, MemoryBlockStore, type PcPlatform } from '../../src/index.ts'
import { FakeTimers, fakeWallClock } from '../../src/testing/index.ts'
import { arrayMemory } from '../support/ide-bench.ts'

interface Machine {
  pc: PcPlatform
  timers: FakeTimers
  ram: Uint8Array
  stores: MemoryBlockStore[]
}

function machine(startNs = 0): Machine {
  const timers = new FakeTimers(startNs)
  const ram = new Uint8Array(0x8000)
  const stores = [
    new MemoryBlockStore(new Uint8Array(200 * 512).fill(1)),
    new MemoryBlockStore(new Uint8Array(20 * 2048).fill(2), { sectorBytes: 2048 }),
    new MemoryBlockStore(new Uint8Array(1440 * 512).fill(3)),
  ]
  const pc = createPcPlatform({
    timers,
    wallClock: fakeWallClock(timers),
    memory: { belowFourGiBBytes: 2 ** 20 },
    dmaMemory: arrayMemory(ram),
    vga: { memoryBytes: 2 ** 20 },
    ide: { primary: [new AtaDisk({ store: stores[0]! }), new AtapiCd({ store: stores[1]! })] },
    floppy: [stores[2]!],
    hpet: true,
    fwCfg: { ramBytes: 2 ** 20, files: { one: 'text', two: new Uint8Array(100) }, writable: ['two'] },
  })
  pc.assignPciResources()
  return { pc, timers, ram, stores }
}

const RANGES = [
  [0x1f0, 8],
  [0x1f0, 8],
  [0x3f6, 1],
  [0x1ce, 3],
  [0x3c0, 32],
  [0x3f0, 8],
  [0, 16],
  [0xc0, 32],
  [0x81, 15],
  [0x510, 12],
  [0xc000, 16],
] as const

/** One access of a hostile guest; mulberry32. */
function perform({ pc, timers }: Machine, random: (below: number) => number): number {
  const size = ([1, 2, 4] as const)[random(3)]!
  const value = [random(4), random(256), random(0x8000), random(2 ** 32), 0xa0][random(5)]!
  const kind = random(8)
  if (kind === 0) return timers.advance(random(1e6))
  if (kind < 3) {
    const address = [0xfed00000 + 4 * random(96), 0xa0000 + random(0x20000), 0xe0000000 + random(2 ** 20)][random(3)]!
    if (kind === 1) return pc.bus.readMmio(address, size)
    pc.bus.writeMmio(address, size, value)
    return 0
  }
  const [first, count] = RANGES[random(RANGES.length)]!
  const port = first + random(count)
  if (kind < 5) return pc.bus.readPort(port, size)
  pc.bus.writePort(port, size, value)
  return 0
}

function generator(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

describe('firmware devices under a hostile guest', () => {
  it.each([1, 2, 3])('never throw, and go on from a snapshot exactly as the original does (seed %i)', (seed) => {
    const original = machine()
    const random = generator(seed)
    for (let i = 0; i < 15_000; i++) perform(original, random)
    const copy = machine(original.timers.nowNs())
    copy.ram.set(original.ram)
    copy.stores.forEach((store, i) => store.bytes.set(original.stores[i]!.bytes))
    const saved = JSON.parse(JSON.stringify(original.pc.snapshot()))
    copy.pc.restore(saved)
    expect(copy.pc.snapshot()).toEqual(saved)
    const [first, second] = [generator(seed + 100), generator(seed + 100)]
    for (let i = 0; i < 5000; i++) {
      const [a, b] = [perform(original, first), perform(copy, second)]
      if (a !== b) throw new Error(`access ${i}: ${a} became ${b}`)
    }
    expect(copy.pc.firmwareDevices.snapshot()).toEqual(original.pc.firmwareDevices.snapshot())
  })
})
