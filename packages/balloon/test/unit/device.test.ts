import { Status } from '@mica-vm/virtio'
import { describe, expect, it } from 'vitest'
import { BalloonFeature } from '../../src/index.ts'
import { BalloonBench, Queue } from '../bench.ts'

const words = (...values: number[]): Uint8Array => new Uint8Array(Uint32Array.from(values).buffer)

/** Statistics as a driver sends them (5.5.6.4). */
function statistics(entries: Readonly<Record<number, number>>): Uint8Array {
  const bytes = new Uint8Array(10 * Object.keys(entries).length)
  const view = new DataView(bytes.buffer)
  Object.entries(entries).forEach(([tag, value], index) => {
    view.setUint16(10 * index, Number(tag), true)
    view.setBigUint64(10 * index + 2, BigInt(value), true)
  })
  return bytes
}

describe('inflate and deflate (5.5.6.1)', () => {
  it('takes pages only when no access of the guest is in progress, and returns the list then', () => {
    const bench = new BalloonBench()
    bench.pci.drivers[Queue.INFLATE]!.add([words(1, 2, 3)])
    bench.pci.notify(Queue.INFLATE)
    bench.pci.notify(Queue.INFLATE)
    expect(bench.deferred).toHaveLength(1)
    expect(bench.pages.count('ballooned')).toBe(0)
    expect(bench.pci.drivers[Queue.INFLATE]!.collect()).toEqual([])
    bench.settle()
    expect(bench.device.inflatedPages).toBe(3)
    expect(bench.pages.states.slice(1, 5)).toEqual(['ballooned', 'ballooned', 'ballooned', 'contents'])
    expect(bench.pci.drivers[Queue.INFLATE]!.collect()).toHaveLength(1)
    bench.list(Queue.DEFLATE, 2)
    expect(bench.pages.states.slice(1, 4)).toEqual(['ballooned', 'zero', 'ballooned'])
  })

  it('gives all pages back when the driver or the machine is reset', () => {
    const bench = new BalloonBench()
    bench.list(Queue.INFLATE, 1, 2, 3, 64, 999)
    bench.pages.touch(2)
    bench.pci.notify(Queue.INFLATE)
    bench.pci.setCommon(0x14, 1, 0)
    expect(bench.pages.count('ballooned')).toBe(0)
    expect(bench.pages.states[2]).toBe('contents')
    expect(bench.device).toMatchObject({ isActive: false, inflatedPages: 0, violations: 0 })
    bench.settle()
    expect(bench.events.at(-1)).toEqual({ kind: 'driver', isActive: false })
  })

  it('lets a page that was touched be given up anew', () => {
    const bench = new BalloonBench()
    bench.list(Queue.INFLATE, 5)
    bench.pages.touch(5)
    bench.list(Queue.INFLATE, 5)
    expect(bench.pages.states[5]).toBe('ballooned')
    expect(bench.device).toMatchObject({ inflatedPages: 1, violations: 0 })
  })

  it('tells each broken rule once, counts them all, and goes on', () => {
    const bench = new BalloonBench()
    bench.list(Queue.INFLATE, 4, 4, 0, 11, 5000, 0xffff_ffff, 4)
    bench.list(Queue.DEFLATE, 6, 6)
    bench.send(Queue.INFLATE, [new Uint8Array(5)])
    bench.send(Queue.INFLATE, [new Uint8Array(4 * 4097)])
    expect(bench.rules()).toEqual(['inflated-twice', 'not-memory', 'not-inflated', 'malformed-list'])
    expect(bench.device.violations).toBe(10)
    bench.list(Queue.INFLATE, 7)
    expect(bench.device.inflatedPages).toBe(2)
    expect(bench.pci.status & Status.NEEDS_RESET).toBe(0)
  })

  it('may be taken back when the guest runs out of memory, though more is wanted', () => {
    const bench = new BalloonBench()
    expect(bench.device.features).toContain(BalloonFeature.DEFLATE_ON_OOM)
    bench.device.setTarget(100)
    bench.list(Queue.INFLATE, 1, 2, 3)
    bench.list(Queue.DEFLATE, 3, 1)
    expect(bench.device).toMatchObject({ inflatedPages: 1, violations: 0, target: 100 })
    expect(bench.pages.states.slice(1, 4)).toEqual(['zero', 'ballooned', 'zero'])
  })

  it('does long lists in turns, so that a slice is not far away', () => {
    const bench = new BalloonBench({ pages: 0x4_0000 })
    const list = new Uint8Array(Uint32Array.from({ length: 4096 }, (_, i) => i + 1).buffer)
    for (let i = 0; i < 32; i++) bench.pci.drivers[Queue.INFLATE]!.add([list])
    bench.pci.notify(Queue.INFLATE)
    bench.deferred.shift()!()
    const first = bench.pci.drivers[Queue.INFLATE]!.collect().length
    expect(first).toBe(16)
    bench.settle()
    expect(bench.pci.drivers[Queue.INFLATE]!.collect()).toHaveLength(16)
  })
})

it('counts it as a broken rule when the transport finds the driver to have broken one, until the driver begins anew', () => {
  const bench = new BalloonBench()
  const setStatus = (status: number): void => bench.pci.setCommon(0x14, 1, status)
  setStatus(0)
  setStatus(Status.DRIVER_OK)
  expect(bench.pci.status & Status.NEEDS_RESET).not.toBe(0)
  expect(bench.device.violations).toBe(1)
  expect(bench.events.at(-1)).toEqual({
    kind: 'violation',
    rule: 'broken-queue',
    message: "the guest's balloon driver broke the device: DRIVER_OK came before FEATURES_OK",
  })
  setStatus(0)
  expect(bench.device.violations).toBe(0)
})

describe('configuration (5.5.4)', () => {
  it('shows the target and says so, and keeps what the driver says', () => {
    const bench = new BalloonBench()
    const generation = bench.pci.common(0x15, 1)
    bench.device.setTarget(300)
    expect(bench.pci.common(0x15, 1)).not.toBe(generation)
    expect(bench.pci.line).toBe(true)
    expect(bench.pci.config(0, 4)).toBe(300)
    expect([bench.pci.config(0, 1), bench.pci.config(1, 1), bench.pci.config(1, 2)]).toEqual([44, 1, 1])
    bench.pci.setConfig(4, 4, 17)
    bench.pci.setConfig(0, 4, 17)
    expect([bench.device.reportedPages, bench.device.target]).toEqual([17, 300])
  })

  it('asks for no more pages than there are', () => {
    const { device } = new BalloonBench()
    for (const pages of [-1, 1.5, 1001, NaN]) expect(() => device.setTarget(pages)).toThrow(/from 0 to 1000/)
  })
})

describe('statistics (5.5.6.3)', () => {
  it('come when they are asked for, with unknown ones left out', () => {
    const bench = new BalloonBench()
    expect(bench.device.requestStatistics()).toBe(false)
    bench.send(Queue.STATISTICS, [statistics({ 4: 4096, 5: 8192, 99: 1 })])
    expect(bench.events.at(-1)).toEqual({ kind: 'statistics', statistics: { freeBytes: 4096, totalBytes: 8192 } })
    expect(bench.pci.drivers[Queue.STATISTICS]!.collect()).toEqual([])
    expect(bench.device.requestStatistics()).toBe(true)
    expect(bench.pci.drivers[Queue.STATISTICS]!.collect()).toHaveLength(1)
    expect(bench.device.requestStatistics()).toBe(false)
    bench.send(Queue.STATISTICS, [statistics({ 2: 7 })])
    expect(bench.events.at(-1)).toEqual({ kind: 'statistics', statistics: { majorFaults: 7 } })
  })

  it('are noticed when they cannot be', () => {
    const bench = new BalloonBench()
    bench.send(Queue.STATISTICS, [statistics({ 4: 2 ** 40, 5: 4096 * 1000 })])
    expect(bench.rules()).toEqual(['implausible-statistics'])
    expect(bench.device.violations).toBe(1)
  })
})

describe('free pages', () => {
  it('drops those that are reported (5.5.6.7), by whole pages', () => {
    const bench = new BalloonBench({ pages: 512 })
    const driver = bench.pci.drivers[Queue.REPORTS]!
    const [address] = [bench.pci.memory.allocate(0, 4096)]
    // The bench's memory begins at page 256.
    bench.send(Queue.REPORTS, [], [8192])
    expect(driver.collect()).toHaveLength(1)
    const first = address / 4096
    expect(bench.pages.states.slice(first, first + 3)).toEqual(['zero', 'zero', 'contents'])
    bench.send(Queue.REPORTS, [], [100])
    expect(bench.rules()).toEqual(['malformed-list'])
  })

  it('keeps them if they shall hold a poison', () => {
    const bench = new BalloonBench({ pages: 512 })
    bench.pci.setConfig(12, 4, 0xaaaa_aaaa)
    bench.pci.memory.allocate(0, 4096)
    bench.send(Queue.REPORTS, [], [8192])
    expect(bench.pages.count('zero')).toBe(0)
  })

  it('are named when asked for (5.5.6.6), and stay', () => {
    const bench = new BalloonBench({ pages: 512 })
    expect(bench.device.requestHints()).toBe(true)
    const round = bench.pci.config(8, 4)
    bench.send(Queue.HINTS, [words(round + 1)])
    bench.pci.memory.allocate(0, 4096)
    bench.send(Queue.HINTS, [], [4096])
    expect(bench.events.filter(({ kind }) => kind === 'hint')).toEqual([])
    const ppn = bench.pci.memory.allocate(0, 4096) / 4096
    bench.send(Queue.HINTS, [words(round)], [])
    const place = bench.pci.memory.allocate(0, 4096) / 4096
    bench.send(Queue.HINTS, [], [8192])
    bench.send(Queue.HINTS, [words(0)])
    expect(place).toBe(ppn + 1)
    expect(bench.events.slice(-2)).toEqual([{ kind: 'hint', ppn: place, pages: 2 }, { kind: 'hints-done' }])
    expect(bench.pages.count('zero')).toBe(0)
    bench.device.endHints()
    expect(bench.pci.config(8, 4)).toBe(1)
    bench.device.requestHints()
    expect(bench.pci.config(8, 4)).toBe(round + 1)
  })

  it('have the queues that are left when features are not taken', () => {
    const bench = new BalloonBench({
      pages: 512,
      features: (bit) => bit !== BalloonFeature.STATISTICS && bit !== BalloonFeature.FREE_PAGE_HINT,
    })
    expect(bench.device.requestStatistics()).toBe(false)
    expect(bench.device.requestHints()).toBe(false)
    bench.pci.memory.allocate(0, 4096)
    bench.send(2, [], [4096])
    expect(bench.pages.count('zero')).toBe(1)
  })
})
