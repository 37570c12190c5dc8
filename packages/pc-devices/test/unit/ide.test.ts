import { describe, expect, it } from 'vitest'
import { AtaDisk, AtapiCd, MemoryBlockStore, OverlayBlockStore } from '../../src/index.ts'
import { ideBench, type IdeBench } from '../support/ide-bench.ts'

function numbered(sectors: number, sectorBytes = 512): MemoryBlockStore {
  const bytes = new Uint8Array(sectors * sectorBytes)
  for (let i = 0; i < bytes.length; i++) bytes[i] = (i >> 9) + i
  return new MemoryBlockStore(bytes, { sectorBytes })
}

function disk(sectors = 2048): { bench: IdeBench; store: MemoryBlockStore } {
  const store = numbered(sectors)
  return { bench: ideBench([new AtaDisk({ store })]), store }
}

describe('an ATA disk', () => {
  it('identifies itself: size in 28 and 48 bits, text with bytes swapped', () => {
    const { bench } = disk()
    bench.command(0, 0, 0, 0, 0, 0xa0, 0xec)
    expect(bench.irq.level).toBe(true)
    expect(bench.bus.readPort(0x1f7, 1)).toBe(0x58)
    expect(bench.irq.level).toBe(false)
    const words = bench.readWords(256)
    expect(words[60]! + words[61]! * 65536).toBe(2048)
    expect(words[100]).toBe(2048)
    expect(String.fromCharCode(words[27]! >> 8, words[27]! & 0xff)).toBe('MI')
    expect(words[1]! * words[3]! * words[6]!).toBeLessThanOrEqual(2048)
    expect(bench.bus.readPort(0x1f7, 1)).toBe(0x50)
  })

  it('reads by LBA, CHS and 48 bits, one interrupt a block', () => {
    const { bench, store } = disk()
    const expected = [...new Uint16Array(store.bytes.buffer, 100 * 512, 512)]
    bench.command(0, 2, 100, 0, 0, 0xe0, 0x20)
    const first = bench.readWords(256)
    bench.bus.readPort(0x1f7, 1)
    expect(bench.irq.rises).toBe(1)
    expect([...first, ...bench.readWords(256)]).toEqual(expected)
    // Sector 100 is cylinder 0, head 1, sector 38.
    bench.command(0, 2, 38, 0, 0, 0xa1, 0xc4)
    expect(bench.readWords(512)).toEqual(expected)
    for (const [register, value] of [
      [2, 0],
      [3, 0],
      [4, 0],
      [5, 0],
      [2, 2],
      [3, 100],
      [4, 0],
      [5, 0],
      [6, 0xe0],
      [7, 0x24],
    ] as const) {
      bench.bus.writePort(0x1f0 + register, 1, value)
    }
    expect(bench.readWords(512)).toEqual(expected)
  })

  it('writes, and refuses sectors that do not exist, and commands that do not', () => {
    const { bench, store } = disk()
    bench.command(0, 1, 7, 0, 0, 0xe0, 0x30)
    expect([bench.irq.level, bench.bus.readPort(0x3f6, 1)]).toEqual([false, 0x58])
    for (let i = 0; i < 256; i++) bench.bus.writePort(0x1f0, 2, 0xa55a)
    expect(bench.irq.level).toBe(true)
    expect([...store.bytes.subarray(7 * 512, 7 * 512 + 2)]).toEqual([0x5a, 0xa5])
    bench.command(0, 2, 0xff, 7, 0, 0xe0, 0x20)
    expect([bench.bus.readPort(0x1f7, 1), bench.bus.readPort(0x1f1, 1)]).toEqual([0x51, 0x10])
    bench.command(0, 0, 0, 0, 0, 0xe0, 0xf1)
    expect([bench.bus.readPort(0x1f7, 1), bench.bus.readPort(0x1f1, 1)]).toEqual([0x51, 0x04])
  })

  it('shows its signature after software reset, status 0 for an absent slave, FFh on an empty cable', () => {
    const { bench } = disk()
    bench.bus.writePort(0x3f6, 1, 4)
    expect(bench.bus.readPort(0x1f7, 1)).toBe(0x80)
    bench.bus.writePort(0x3f6, 1, 0)
    expect([1, 2, 3, 4, 5].map((i) => bench.bus.readPort(0x1f0 + i, 1))).toEqual([1, 1, 1, 0, 0])
    bench.bus.writePort(0x1f6, 1, 0xb0)
    expect(bench.bus.readPort(0x1f7, 1)).toBe(0)
    expect(bench.bus.readPort(0x177, 1)).toBe(0xff)
    bench.bus.writePort(0x1f7, 1, 0x90)
    expect([bench.irq.level, bench.bus.readPort(0x1f1, 1)]).toEqual([true, 1])
    bench.bus.readPort(0x1f7, 1)
    expect(bench.irq.level).toBe(false)
  })

  it('moves a long transfer in parts, and goes on from a snapshot between them', () => {
    const { bench, store } = disk(4096)
    const pieces = Array.from({ length: 16 }, (_, i) => [0x10000 * (i + 1), 0] as [number, number])
    bench.ide.writeConfig(0x04, 2, 5)
    const big = ideBench([new AtaDisk({ store })], 2 ** 21)
    for (const [register, value] of [
      [2, 8],
      [2, 0],
      [3, 0],
      [3, 0],
      [4, 0],
      [4, 0],
      [5, 0],
      [5, 0],
      [6, 0xe0],
      [7, 0x25],
    ] as const) {
      big.bus.writePort(0x1f0 + register, 1, value)
    }
    big.startDma(0x100, pieces, true)
    expect(big.irq.level).toBe(false)
    const copy = ideBench([new AtaDisk({ store })], 2 ** 21)
    copy.ram.set(big.ram)
    copy.ide.restore(JSON.parse(JSON.stringify(big.ide.snapshot())))
    for (const { timers, irq, ram, bus } of [big, copy]) {
      timers.advance(1e9)
      expect(irq.level).toBe(true)
      expect(bus.readPort(0xc002, 1) & 7).toBe(4)
      expect(Buffer.compare(ram.subarray(0x10000, 0x110000), store.bytes.subarray(0, 2 ** 20))).toBe(0)
    }
  })
})

describe('an ATAPI CD-ROM', () => {
  function cd(): IdeBench {
    return ideBench([new AtapiCd({ store: numbered(100, 2048) }), null])
  }

  it('tells what it is: signature, IDENTIFY PACKET, INQUIRY, capacity, contents', () => {
    const bench = cd()
    expect([4, 5].map((i) => bench.bus.readPort(0x1f0 + i, 1))).toEqual([0x14, 0xeb])
    bench.command(0, 0, 0, 0, 0, 0, 0xec)
    expect(bench.bus.readPort(0x1f7, 1) & 1).toBe(1)
    bench.command(0, 0, 0, 0, 0, 0, 0xa1)
    expect(bench.readWords(256)[0]).toBe(0x85c0)
    expect(bench.bus.readPort(0x1f7, 1)).toBe(0x50)
    bench.packet([0x12, 0, 0, 0, 36])
    expect(bench.bus.readPort(0x1f2, 1) & 3).toBe(2)
    expect(bench.bus.readPort(0x1f4, 1)).toBe(36)
    expect(bench.readWords(18)[0]).toBe(0x8005)
    expect([bench.bus.readPort(0x1f7, 1), bench.bus.readPort(0x1f2, 1) & 3]).toEqual([0x50, 3])
    bench.packet([0x25])
    expect(bench.readWords(4)).toEqual([0, 99 << 8, 0, 8])
    bench.packet([0x43, 0, 0, 0, 0, 0, 0, 0, 20])
    expect(bench.readWords(10)).toEqual([0x1200, 0x0101, 0x1400, 0x0001, 0, 0, 0x1400, 0x00aa, 0, 100 << 8])
  })

  it('reads in pieces of the byte count limit, and by DMA', () => {
    const bench = cd()
    const expected = [...new Uint16Array(numbered(100, 2048).bytes.buffer, 2048 * 40, 3072)]
    bench.packet([0x28, 0, 0, 0, 0, 40, 0, 0, 3], 1000)
    const words: number[] = []
    for (let rounds = 0; bench.bus.readPort(0x1f7, 1) & 8 && rounds < 10; rounds++) {
      const bytes = bench.bus.readPort(0x1f4, 1) | (bench.bus.readPort(0x1f5, 1) << 8)
      expect(bytes).toBeLessThanOrEqual(1000)
      words.push(...bench.readWords(bytes / 2))
    }
    expect(words).toEqual(expected)
    bench.packet([0x28, 0, 0, 0, 0, 40, 0, 0, 3], 0xfffe, 1)
    bench.startDma(
      0x100,
      [
        [0x2000, 2048],
        [0x8000, 4096],
      ],
      true,
    )
    expect([
      ...new Uint16Array(bench.ram.buffer, 0x2000, 1024),
      ...new Uint16Array(bench.ram.buffer, 0x8000, 2048),
    ]).toEqual(expected)
    expect(bench.bus.readPort(0xc002, 1) & 7).toBe(4)
  })

  it('has sense for what fails, and tells of a new disc', () => {
    const drive = new AtapiCd()
    const bench = ideBench([drive])
    const sense = (): number => {
      bench.packet([3, 0, 0, 0, 18])
      const words = bench.readWords(9)
      return ((words[1]! & 0xff) << 16) | ((words[6]! & 0xff) << 8) | (words[6]! >> 8)
    }
    bench.packet([0])
    expect([bench.bus.readPort(0x1f7, 1), bench.bus.readPort(0x1f1, 1) >> 4]).toEqual([0x51, 2])
    expect(sense()).toBe(0x023a00)
    drive.insert(numbered(10, 2048))
    bench.packet([0])
    expect(sense()).toBe(0x062800)
    bench.packet([0])
    expect(bench.bus.readPort(0x1f7, 1)).toBe(0x50)
    bench.packet([0x28, 0, 0, 0, 0, 9, 0, 0, 2])
    expect(sense()).toBe(0x052100)
    bench.packet([0xff])
    expect(sense()).toBe(0x052000)
    bench.packet([0x1e, 0, 0, 0, 1])
    bench.packet([0x1b, 0, 0, 0, 2])
    expect([sense(), drive.loaded]).toEqual([0x055302, true])
    bench.packet([0x1e])
    bench.packet([0x1b, 0, 0, 0, 2])
    expect(drive.loaded).toBe(false)
  })
})

describe('stores', () => {
  it('gives up what is trimmed, and shows what lies below again', () => {
    const overlay = new OverlayBlockStore(new MemoryBlockStore(new Uint8Array(4 * 512).fill(1)))
    overlay.write(0, new Uint8Array(4 * 512).fill(2))
    overlay.trim(1, 2)
    const bytes = new Uint8Array(4 * 512)
    overlay.read(0, bytes)
    expect([0, 1, 2, 3].map((sector) => bytes[sector * 512])).toEqual([2, 1, 1, 2])
    expect(overlay.writtenSectors).toBe(2)
  })

  it('refuse wrong sector sizes; an overlay keeps what is written to itself', () => {
    expect(() => new MemoryBlockStore(new Uint8Array(10), { sectorBytes: 100 })).toThrow(/512 or 2048/)
    expect(() => new AtaDisk({ store: numbered(4, 2048) })).toThrow(/512/)
    expect(() => new AtapiCd({ store: numbered(4) })).toThrow(/2048/)
    const base = numbered(4)
    const overlay = new OverlayBlockStore(base)
    const before = base.bytes.slice()
    overlay.write(1, new Uint8Array(1024).fill(9))
    const all = new Uint8Array(2048)
    overlay.read(0, all)
    expect([all[511], all[512], all[1535], all[1536]]).toEqual([before[511], 9, 9, before[1536]])
    expect([base.bytes, overlay.writtenSectors, [...overlay.changes()].map(([lba]) => lba)]).toEqual([
      before,
      2,
      [1, 2],
    ])
    overlay.discard()
    overlay.read(0, all)
    expect(all).toEqual(before)
  })
})
