import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Bus, I8237, I82077, MemoryBlockStore } from '../../src/index.ts'
import { recordedLine, type RecordedLine } from '../../src/testing/index.ts'
import { arrayMemory } from '../support/ide-bench.ts'

interface Bench {
  bus: Bus
  dma: I8237
  floppy: I82077
  store: MemoryBlockStore
  ram: Uint8Array
  irq: RecordedLine
  send(...bytes: number[]): void
  result(): number[]
  setUpDma(address: number, bytes: number, mode: number): void
}

function bench(sectors = 2880): Bench {
  const ram = new Uint8Array(0x40000)
  const bus = new Bus()
  const dma = new I8237(arrayMemory(ram))
  const irq = recordedLine()
  const store = new MemoryBlockStore(new Uint8Array(sectors * 512).map((_, i) => (i >> 9) + i))
  const floppy = new I82077({ dma, irq: irq.line, drives: [store, null] })
  bus.attachPorts(0, 16, dma)
  bus.attachPorts(0x81, 15, dma)
  bus.attachPorts(0xc0, 32, dma)
  bus.attachPorts(0x3f0, 6, floppy)
  bus.attachPorts(0x3f7, 1, floppy)
  bus.writePort(0x3f7, 1, sectors === 5760 ? 3 : sectors === 1440 ? 2 : 0)
  return {
    bus,
    dma,
    floppy,
    store,
    ram,
    irq,
    send: (...bytes) => bytes.forEach((byte) => bus.writePort(0x3f5, 1, byte)),
    result: () => {
      const bytes: number[] = []
      while ((bus.readPort(0x3f4, 1) & 0xc0) === 0xc0 && bytes.length < 20) bytes.push(bus.readPort(0x3f5, 1))
      return bytes
    },
    setUpDma: (address, bytes, mode) => {
      bus.writePort(0x0a, 1, 6)
      bus.writePort(0x0c, 1, 0)
      bus.writePort(0x0b, 1, mode)
      for (const byte of [address & 0xff, (address >> 8) & 0xff]) bus.writePort(4, 1, byte)
      for (const byte of [(bytes - 1) & 0xff, (bytes - 1) >> 8]) bus.writePort(5, 1, byte)
      bus.writePort(0x81, 1, address >> 16)
      bus.writePort(0x0a, 1, 2)
    },
  }
}

describe('a floppy controller', () => {
  it('reports its drives after reset, its version, and invalid commands', () => {
    const { bus, irq, send, result } = bench()
    bus.writePort(0x3f2, 1, 0)
    expect(bus.readPort(0x3f4, 1)).toBe(0)
    bus.writePort(0x3f2, 1, 0x0c)
    expect(irq.level).toBe(true)
    for (const drive of [0, 1, 2, 3]) {
      send(8)
      expect(result()).toEqual([0xc0 | drive, 0])
    }
    expect(irq.level).toBe(false)
    send(8)
    expect(result()).toEqual([0x80])
    send(0x10)
    expect(result()).toEqual([0x90])
    send(0x1f)
    expect(result()).toEqual([0x80])
    send(0x94)
    expect(result()).toEqual([0x10])
  })

  it.each([1440, 2880, 5760])('seeks and reads a whole cylinder of a diskette of %i sectors', (sectors) => {
    const { store, ram, irq, send, result, setUpDma } = bench(sectors)
    const perTrack = sectors / 160
    send(0x0f, 0, 3)
    send(8)
    expect(result()).toEqual([0x20, 3])
    const bytes = 2 * perTrack * 512
    setUpDma(0x10000, bytes, 0x46)
    send(0xe6, 0, 3, 0, 1, 2, perTrack, 0x1b, 0xff)
    expect(irq.level).toBe(true)
    expect(result()).toEqual([0x04, 0, 0, 4, 0, 1, 2])
    const start = 3 * 2 * perTrack * 512
    expect(Buffer.compare(ram.subarray(0x10000, 0x10000 + bytes), store.bytes.subarray(start, start + bytes))).toBe(0)
  })

  it('writes, formats, and names what fails', () => {
    const { store, ram, send, result, setUpDma, bus } = bench()
    ram.fill(0x5a, 0x8000, 0x8200)
    setUpDma(0x8000, 512, 0x4a)
    send(0x45, 0, 0, 0, 5, 2, 18, 0x1b, 0xff)
    expect(result()).toEqual([0, 0, 0, 0, 0, 6, 2])
    expect(store.bytes.subarray(4 * 512, 5 * 512).every((byte) => byte === 0x5a)).toBe(true)
    for (let i = 0; i < 18; i++) ram.set([0, 1, i + 1, 2], 0x8000 + 4 * i)
    setUpDma(0x8000, 72, 0x4a)
    send(0x4d, 4, 2, 18, 0x54, 0xe5)
    expect(result().slice(0, 3)).toEqual([4, 0, 0])
    expect(store.bytes.subarray(18 * 512, 36 * 512).every((byte) => byte === 0xe5)).toBe(true)
    setUpDma(0x8000, 512, 0x46)
    send(0x46, 0, 0, 0, 19, 2, 19, 0x1b, 0xff)
    expect(result().slice(0, 3)).toEqual([0x40, 4, 0])
    send(0x46, 0, 9, 0, 1, 2, 18, 0x1b, 0xff)
    expect(result().slice(0, 3)).toEqual([0x40, 4, 0x10])
    bus.writePort(0x3f7, 1, 2)
    send(0x4a, 0)
    expect(result().slice(0, 3)).toEqual([0x40, 1, 0])
    send(0x46, 1, 0, 0, 1, 2, 18, 0x1b, 0xff)
    expect(result().slice(0, 3)).toEqual([0x41, 1, 0])
  })

  it('moves bytes through the FIFO without DMA, until the end of the cylinder', () => {
    const { bus, store, send, result } = bench()
    send(3, 0xdf, 3)
    send(0x46, 0, 0, 0, 17, 2, 18, 0x1b, 0xff)
    const bytes: number[] = []
    while (bus.readPort(0x3f4, 1) & 0x20 && bytes.length < 2000) bytes.push(bus.readPort(0x3f5, 1))
    expect(bytes).toEqual([...store.bytes.subarray(16 * 512, 18 * 512)])
    expect(result()).toEqual([0x40, 0x80, 0, 1, 0, 1, 2])
  })

  it('tells of a changed diskette until the head steps', () => {
    const { bus, floppy, store, send } = bench()
    send(7, 0)
    expect(bus.readPort(0x3f7, 1)).toBe(0)
    floppy.insert(0, store)
    expect(bus.readPort(0x3f7, 1)).toBe(0x80)
    send(7, 0)
    expect(bus.readPort(0x3f7, 1)).toBe(0)
    expect(() => floppy.insert(0, new MemoryBlockStore(new Uint8Array(512)))).toThrow(/diskette/)
  })

  it('survives random commands, and goes on from a snapshot as the original does', () => {
    const access = fc.record({
      port: fc.constantFrom(0x3f5, 0x3f5, 0x3f5, 0x3f5, 0x3f2, 0x3f4, 0x3f7, 0x0a, 0x0b, 4, 5),
      value: fc.oneof(fc.constantFrom(6, 0x46, 0xe6, 0x45, 0x0f, 7, 8, 0x0c), fc.nat(20), fc.nat(255)),
    })
    fc.assert(
      fc.property(fc.array(access, { maxLength: 80 }), fc.array(access, { maxLength: 40 }), (before, after) => {
        const [one, two] = [bench(1440), bench(1440)]
        const step = ({ bus }: Bench, { port, value }: { port: number; value: number }): number => {
          bus.writePort(port, 1, value)
          return bus.readPort(0x3f4, 1) * 256 + bus.readPort(port === 0x3f5 && value & 1 ? 0x3f5 : 0x3f0, 1)
        }
        for (const each of before) step(one, each)
        two.floppy.restore(JSON.parse(JSON.stringify(one.floppy.snapshot())))
        two.dma.restore(JSON.parse(JSON.stringify(one.dma.snapshot())))
        two.ram.set(one.ram)
        two.store.bytes.set(one.store.bytes)
        for (const each of after) expect(step(two, each)).toBe(step(one, each))
        expect(two.irq.level).toBe(one.irq.level)
      }),
      { seed: 82077, numRuns: 60 },
    )
  })
})

describe('the DMA controllers', () => {
  it('count down or up, reload themselves, mask themselves, move words', () => {
    const { bus, dma, ram, setUpDma } = bench()
    setUpDma(0x1fffe, 4, 0x56)
    expect(dma.transfer(2, Uint8Array.from([1, 2, 3, 4]), true)).toEqual({ bytes: 4, terminalCount: true })
    expect([ram[0x1fffe], ram[0x1ffff], ram[0x10000], ram[0x10001]]).toEqual([1, 2, 3, 4])
    expect(dma.transfer(2, Uint8Array.from([5]), true)).toEqual({ bytes: 1, terminalCount: false })
    expect([ram[0x1fffe], bus.readPort(8, 1), bus.readPort(8, 1)]).toEqual([5, 4, 0])
    setUpDma(0x100, 2, 0x66)
    expect(dma.transfer(2, Uint8Array.from([7, 8, 9]), true)).toEqual({ bytes: 2, terminalCount: true })
    expect([ram[0x100], ram[0xff]]).toEqual([7, 8])
    expect(dma.transfer(2, Uint8Array.from([7]), true).bytes).toBe(0)
    for (const [port, value] of [
      [0xd8, 0],
      [0xd6, 0x45],
      [0xc4, 0x80],
      [0xc4, 0],
      [0xc6, 1],
      [0xc6, 0],
      [0x8b, 2],
      [0xd4, 1],
    ] as const) {
      bus.writePort(port, 1, value)
    }
    expect(dma.transfer(5, Uint8Array.from([1, 2, 3, 4]), true)).toEqual({ bytes: 4, terminalCount: true })
    expect([...ram.subarray(0x20100, 0x20104)]).toEqual([1, 2, 3, 4])
  })
})
