// Oracles: ATA/ATAPI-6 8.27 and 8.48 (UNC, ABRT, the task file names the sector), MMC-3 (sense 3/11), 82077AA (ST1, ST2 bit 5).
import { describe, expect, it } from 'vitest'
import { AtaDisk, AtapiCd, BlockStoreError, Bus, I8237, I82077, MemoryBlockStore, NO_LINE } from '../../src/index.ts'
import { arrayMemory, ideBench } from '../support/ide-bench.ts'

/** A store of which one sector can neither be read nor written. */
class Worn extends MemoryBlockStore {
  readonly #bad: number

  constructor(sectors: number, bad: number, sectorBytes = 512) {
    super(new Uint8Array(sectors * sectorBytes).fill(0x11), { sectorBytes })
    this.#bad = bad
  }

  override read(lba: number, into: Uint8Array): void {
    this.#check(lba, into.length)
    super.read(lba, into)
  }

  override write(lba: number, from: Uint8Array): void {
    this.#check(lba, from.length)
    super.write(lba, from)
  }

  override flush(): void {
    throw new BlockStoreError('worn out')
  }

  #check(lba: number, bytes: number): void {
    if (lba <= this.#bad && this.#bad < lba + bytes / this.sectorBytes) throw new BlockStoreError('worn out')
  }
}

describe('a disk of which a sector is bad', () => {
  const bench = ideBench([new AtaDisk({ store: new Worn(64, 5) })])
  const registers = (): number[] => [1, 3, 7].map((i) => bench.bus.readPort(0x1f0 + i, 1))

  it('reads up to it, and names it', () => {
    bench.command(0, 3, 4, 0, 0, 0xe0, 0x20)
    expect(bench.readWords(256)[0]).toBe(0x1111)
    expect([bench.irq.level, ...registers()]).toEqual([true, 0x40, 5, 0x51])
  })

  it('writes up to it, and goes on afterwards', () => {
    bench.command(0, 3, 4, 0, 0, 0xe0, 0x30)
    for (let i = 0; i < 512; i++) bench.bus.writePort(0x1f0, 2, 0x2222)
    expect(registers()).toEqual([0x04, 5, 0x51])
    bench.command(0, 1, 4, 0, 0, 0xe0, 0x20)
    expect(bench.readWords(256)[255]).toBe(0x2222)
  })

  it('fails a DMA transfer and a flush', () => {
    bench.command(0, 8, 0, 0, 0, 0xe0, 0xc8)
    bench.startDma(0x100, [[0x1000, 4096]], true)
    bench.timers.advance(1e9)
    expect(registers()).toEqual([0x40, 0, 0x51])
    bench.command(0, 0, 0, 0, 0, 0xe0, 0xe7)
    expect(registers()[2]).toBe(0x51)
  })
})

it('a CD-ROM with a bad sector reports a medium error', () => {
  const bench = ideBench([new AtapiCd({ store: new Worn(64, 40, 2048) })])
  bench.packet([0x28, 0, 0, 0, 0, 40, 0, 0, 1])
  expect([bench.bus.readPort(0x1f7, 1) & 1, bench.bus.readPort(0x1f1, 1) >> 4]).toEqual([1, 3])
  bench.packet([0x03, 0, 0, 0, 18])
  const sense = bench.readWords(9).flatMap((word) => [word & 0xff, word >> 8])
  expect([sense[2]! & 15, sense[12], sense[13]]).toEqual([3, 0x11, 0])
})

describe('a diskette with a bad sector', () => {
  const run = (code: number, dma: boolean): number[] => {
    const ram = new Uint8Array(0x1_0000)
    const controller = new I8237(arrayMemory(ram))
    const floppy = new I82077({ dma: controller, irq: NO_LINE, drives: [new Worn(2880, 2)] })
    const bus = new Bus()
    bus.attachPorts(0, 16, controller)
    bus.attachPorts(0x3f0, 6, floppy)
    bus.attachPorts(0x3f7, 1, floppy)
    bus.writePort(0x3f7, 1, 0)
    for (const [port, value] of [
      [0x0b, code & 1 ? 0x4a : 0x46],
      [0x04, 0],
      [0x04, 0x10],
      [0x05, 0xff],
      [0x05, 0x07],
      [0x0a, 2],
    ] as const)
      bus.writePort(port, 1, value)
    const bytes = [0x03, 0xdf, dma ? 2 : 3, code, 0, 0, 0, 3, 2, 18, 27, 0xff]
    for (const byte of bytes) bus.writePort(0x3f5, 1, byte)
    if (!dma) for (let i = 0; i < 512; i++) bus.writePort(0x3f5, 1, 7)
    return Array.from({ length: 7 }, () => bus.readPort(0x3f5, 1))
  }

  it.each([
    ['read by DMA', 0x46, true],
    ['written by DMA', 0x45, true],
    ['written through the FIFO', 0x45, false],
  ] as const)('ends with a data error: %s', (_, code, dma) => {
    expect(run(code, dma).slice(0, 3)).toEqual([0x40, 0x20, 0x20])
  })
})
