import { describe, expect, it } from 'vitest'
import { BlockDevice, Feature } from '../../src/index.ts'
import { ArrayStore } from '../support/array-store.ts'
import { BlockBench, header, Kind, range } from '../support/block-driver.ts'

const OK = 0
const IO_ERROR = 1
const UNSUPPORTED = 2
const sectorOf = (byte: number, sectors = 1): Uint8Array => new Uint8Array(512 * sectors).fill(byte)

describe('configuration (5.2.4)', () => {
  it('says how large the disk is and what a request may have', () => {
    const { bench } = new BlockBench(new ArrayStore(10, { sectorBytes: 2048 }))
    expect([bench.config(0, 4), bench.config(4, 4), bench.config(20, 4)]).toEqual([40, 0, 2048])
    expect([bench.config(8, 4), bench.config(12, 4)]).toEqual([65536, 254])
    bench.setConfig(0, 4, 1)
    expect(bench.config(0, 4)).toBe(40)
  })

  it('offers what the store can do', () => {
    const offered = (store: ArrayStore): number[] => [...new BlockDevice({ store, defer: () => {} }).features]
    expect(offered(new ArrayStore(1))).toEqual([1, 2, 6, 9, 10, 14, 13])
    expect(offered(new ArrayStore(1, { readOnly: true }))).toEqual([1, 2, 6, 9, 10, 5])
  })
})

describe('requests (5.2.6)', () => {
  it('read and write many pieces, across blocks of the device', () => {
    const store = new ArrayStore(1024)
    const disk = new BlockBench(store)
    const original = store.bytes.slice()
    const read = disk.request(header(Kind.IN, 3), [], [512, 1024, 200_192])
    expect(read).toEqual({ status: OK, data: original.slice(3 * 512, 397 * 512), written: 201_729 })
    const pieces = [sectorOf(1), sectorOf(2, 300), sectorOf(3)]
    expect(disk.request(header(Kind.OUT, 700), pieces)).toMatchObject({ status: OK, written: 1 })
    expect([store.bytes[700 * 512], store.bytes[1000 * 512], store.bytes[1001 * 512]]).toEqual([1, 2, 3])
    expect(store.bytes.subarray(0, 700 * 512)).toEqual(original.subarray(0, 700 * 512))
    expect(disk.device.statistics).toEqual({ requests: 2, failures: 0, readBytes: 201_728, writtenBytes: 302 * 512 })
  })

  it('flush, and tell the serial number in 20 bytes', () => {
    const store = new ArrayStore(1)
    const disk = new BlockBench(store, { id: 'MICA0001' })
    expect(disk.request(header(Kind.FLUSH, 0)).status).toBe(OK)
    expect(store.flushes).toBe(1)
    const { data } = disk.request(header(Kind.GET_ID, 0), [], [20])
    expect(new TextDecoder().decode(data)).toBe('MICA0001'.padEnd(20, '\0'))
  })

  it('zero and discard a stretch, and no more than one', () => {
    const store = new ArrayStore(64)
    const disk = new BlockBench(store)
    expect(disk.request(header(Kind.WRITE_ZEROES, 0), [range(2, 3, 1)]).status).toBe(OK)
    expect(store.bytes.subarray(2 * 512, 5 * 512).every((byte) => byte === 0)).toBe(true)
    expect(store.bytes[5 * 512 + 1]).not.toBe(0)
    expect(disk.request(header(Kind.DISCARD, 0), [range(8, 8)]).status).toBe(OK)
    expect(store.discarded).toEqual([[8, 8]])
    expect(disk.request(header(Kind.DISCARD, 0), [range(8, 8, 1)]).status).toBe(UNSUPPORTED)
    expect(disk.request(header(Kind.WRITE_ZEROES, 0), [range(0, 1), range(1, 1)]).status).toBe(UNSUPPORTED)
    expect(disk.request(header(Kind.WRITE_ZEROES, 0), [range(60, 5)]).status).toBe(IO_ERROR)
  })

  it('fail where there is no sector, no whole one, or too much is asked for', () => {
    const store = new ArrayStore(16, { sectorBytes: 1024 })
    const disk = new BlockBench(store)
    const statusOf = (sector: number, bytes: number): number =>
      disk.request(header(Kind.IN, sector), [], [bytes]).status
    expect([statusOf(28, 2048), statusOf(28, 3072), statusOf(2 ** 40, 1024)]).toEqual([OK, IO_ERROR, IO_ERROR])
    // The last sector, and the one behind it.
    expect([statusOf(30, 1024), statusOf(32, 1024), statusOf(30, 2048)]).toEqual([OK, IO_ERROR, IO_ERROR])
    expect([statusOf(1, 1024), statusOf(0, 512), statusOf(0, 1025)]).toEqual([IO_ERROR, IO_ERROR, IO_ERROR])
    expect(disk.request(header(99, 0)).status).toBe(UNSUPPORTED)
    expect(disk.bench.failures).toEqual([])
    expect(store.misuses, 'the device knows by itself').toBe(0)
  })

  it('do not write to a disk that is read-only', () => {
    const store = new ArrayStore(4, { readOnly: true })
    const before = store.bytes.slice()
    const disk = new BlockBench(store)
    expect(disk.request(header(Kind.OUT, 0), [sectorOf(9)]).status).toBe(IO_ERROR)
    expect(disk.request(header(Kind.WRITE_ZEROES, 0), [range(0, 1)]).status).toBe(UNSUPPORTED)
    expect(store.bytes).toEqual(before)
  })

  it('turn what the store refuses into an I/O error, and let other errors through', () => {
    class Full extends Error {}
    const store = new ArrayStore(4)
    const disk = new BlockBench(store, { isStoreFailure: (error) => error instanceof Full })
    store.failsWith = new Full()
    for (const kind of [Kind.IN, Kind.FLUSH]) expect(disk.request(header(kind, 0), [], [512]).status).toBe(IO_ERROR)
    store.failsWith = new Error('a mistake of the host')
    expect(() => disk.request(header(Kind.IN, 0), [], [512])).toThrow('a mistake of the host')
  })

  it('without header or status are none, and the device needs a reset', () => {
    for (const [readable, writable] of [
      [[new Uint8Array(15)], [1]],
      [[header(Kind.FLUSH, 0)], []],
    ] as const) {
      const { bench } = new BlockBench(new ArrayStore(1))
      bench.drivers[0]!.add(readable, writable)
      bench.notify(0)
      expect(bench.failures).toHaveLength(1)
      expect(bench.status & 0x40).toBe(0x40)
    }
  })
})

describe('many requests at once', () => {
  it('leave the guest its turn, and go on after it', () => {
    const disk = new BlockBench(new ArrayStore(8192), {}, { memoryBytes: 64 << 20 })
    const driver = disk.bench.drivers[0]!
    for (let i = 0; i < 6; i++) driver.add([header(Kind.IN, 0)], [4 << 20, 1], true)
    disk.bench.notify(0)
    expect(driver.collect()).toHaveLength(2)
    disk.bench.notify(0)
    expect([driver.collect().length, disk.deferred.length]).toEqual([0, 1])
    disk.deferred.shift()!()
    disk.deferred.shift()!()
    expect([driver.collect().length, disk.deferred.length]).toEqual([4, 1])
  })

  it('are forgotten by a reset, and by a restored copy are not', () => {
    const make = (): BlockBench => new BlockBench(new ArrayStore(8192), {}, { memoryBytes: 32 << 20 })
    const disk = make()
    const driver = disk.bench.drivers[0]!
    for (let i = 0; i < 4; i++) driver.add([header(Kind.IN, 0)], [4 << 20, 1], true)
    disk.bench.notify(0)
    const copy = make()
    copy.bench.memory.bytes.set(disk.bench.memory.bytes)
    copy.bench.pci.restore(structuredClone(disk.bench.pci.snapshot()))
    copy.deferred.pop()!()
    expect(copy.device.statistics.requests).toBe(2)
    disk.bench.pci.reset()
    disk.deferred[0]!()
    expect(disk.device.statistics.requests).toBe(2)
  })
})

describe('misuse by the program around it', () => {
  it('throws with the value', () => {
    const make = (store: ArrayStore, id = ''): BlockDevice => new BlockDevice({ store, id, defer: () => {} })
    expect(() => make(new ArrayStore(0))).toThrow('at least one sector, got 0')
    expect(() => make(new ArrayStore(1, { sectorBytes: 520 }))).toThrow('got 520')
    expect(() => make(new ArrayStore(1), 'a serial number that is long')).toThrow('at most 20 bytes')
  })
})

describe('the features of rings', () => {
  it('do not change what a disk does', () => {
    for (const refused of [
      [],
      [Feature.RING_PACKED],
      [Feature.EVENT_IDX],
      [Feature.INDIRECT_DESC, Feature.RING_PACKED],
    ]) {
      const store = new ArrayStore(8)
      const disk = new BlockBench(store)
      disk.bench.start({ features: (bit) => !(refused as number[]).includes(bit), size: 4 })
      const driver = disk.bench.drivers[0]!
      for (let i = 0; i < 20; i++) {
        driver.add([header(Kind.OUT, i % 8), sectorOf(i)], [1])
        if (driver.mustKick()) disk.bench.notify(0)
        expect(driver.collect()[0]?.bytes).toEqual(Uint8Array.of(OK))
        expect(store.bytes[(i % 8) * 512]).toBe(i)
      }
    }
  })
})
