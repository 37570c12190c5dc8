import { describe, expect, it } from 'vitest'
import { createPcPlatform, Hpet, type PcPlatform } from '../../src/index.ts'
import { FakeTimers, fakeWallClock } from '../../src/testing/index.ts'

function bench(): { hpet: Hpet; timers: FakeTimers; edges: string[] } {
  const timers = new FakeTimers()
  const edges: string[] = []
  const hpet = new Hpet({
    timers,
    interrupt: (target, level) => edges.push(`${JSON.stringify(target)} ${level} ${timers.nowNs()}`),
  })
  return { hpet, timers, edges }
}

describe('an HPET', () => {
  it('tells what it can, and counts every 10 ns while it is on', () => {
    const { hpet, timers } = bench()
    expect([hpet.readMmio(0, 4), hpet.readMmio(4, 4)]).toEqual([0x8086a201, 10_000_000])
    timers.advance(1000)
    expect(hpet.readMmio(0xf0, 4)).toBe(0)
    hpet.writeMmio(0x10, 4, 1)
    timers.advance(1000)
    expect(hpet.readMmio(0xf0, 4)).toBe(100)
    hpet.writeMmio(0x10, 4, 0)
    timers.advance(1000)
    hpet.writeMmio(0xf4, 4, 0xffff_ffff)
    hpet.writeMmio(0xf0, 4, 0xffff_ffff)
    hpet.writeMmio(0x10, 4, 1)
    timers.advance(20)
    expect([hpet.readMmio(0xf0, 4), hpet.readMmio(0xf4, 4)]).toEqual([1, 0])
  })

  it('fires once at its comparator, by edge or by level', () => {
    const { hpet, timers, edges } = bench()
    hpet.writeMmio(0x108, 4, 500)
    hpet.writeMmio(0x10c, 4, 0)
    hpet.writeMmio(0x100, 4, 0x04 | (20 << 9))
    hpet.writeMmio(0x128, 4, 700)
    hpet.writeMmio(0x12c, 4, 0)
    hpet.writeMmio(0x120, 4, 0x06 | (21 << 9))
    hpet.writeMmio(0x10, 4, 1)
    timers.advance(100_000)
    expect(edges).toEqual(['{"pin":20} true 5000', '{"pin":20} false 5000', '{"pin":21} true 7000'])
    expect(hpet.readMmio(0x20, 4)).toBe(2)
    hpet.writeMmio(0x20, 4, 2)
    expect([edges.at(-1), hpet.readMmio(0x20, 4)]).toEqual(['{"pin":21} false 100000', 0])
  })

  it('repeats on the grid of its period, as systems set it up: value set, comparator, period', () => {
    const { hpet, timers, edges } = bench()
    hpet.writeMmio(0x100, 4, 0x04 | 0x08 | 0x40 | 0x100)
    hpet.writeMmio(0x108, 4, 3000)
    hpet.writeMmio(0x108, 4, 2000)
    hpet.writeMmio(0x10, 4, 3)
    timers.advance(100_000)
    const rises = edges.filter((edge) => edge.includes('true')).map((edge) => Number(edge.split(' ')[2]))
    expect(rises).toEqual([30_000, 50_000, 70_000, 90_000])
    expect(edges[0]).toContain('"isa":0')
    timers.leap(1e6)
    expect(edges.filter((edge) => edge.includes('true'))).toHaveLength(5)
    expect(hpet.readMmio(0x108, 4)).toBe(111_000)
  })

  it('goes on from a snapshot, and folds edges that come too fast', () => {
    const { hpet, timers, edges } = bench()
    hpet.writeMmio(0x100, 4, 0x04 | 0x08 | 0x40 | 0x100)
    hpet.writeMmio(0x108, 4, 1)
    hpet.writeMmio(0x108, 4, 1)
    hpet.writeMmio(0x10, 4, 3)
    timers.advance(1e6)
    expect(edges.length).toBeLessThanOrEqual(2 * 101)
    const copy = bench()
    copy.timers.advance(1e6)
    copy.hpet.restore(JSON.parse(JSON.stringify(hpet.snapshot())))
    edges.length = copy.edges.length = 0
    timers.advance(1e5)
    copy.timers.advance(1e5)
    expect(copy.edges).toEqual(edges)
    expect(copy.hpet.snapshot()).toEqual(hpet.snapshot())
  })
})

describe('a platform with an HPET', () => {
  function machine(): { pc: PcPlatform; timers: FakeTimers } {
    const timers = new FakeTimers()
    const memory = { belowFourGiBBytes: 2 ** 20 }
    return { timers, pc: createPcPlatform({ timers, wallClock: fakeWallClock(timers), memory, hpet: true }) }
  }

  it('takes interrupt 0 from the timer by legacy replacement', () => {
    const { pc, timers } = machine()
    for (const [port, value] of [
      [0x20, 0x11],
      [0x21, 0x30],
      [0x21, 4],
      [0x21, 3],
      [0x21, 0xfe],
    ] as const) {
      pc.bus.writePort(port, 1, value)
    }
    for (const [port, value] of [
      [0x43, 0x34],
      [0x40, 0],
      [0x40, 8],
    ] as const)
      pc.bus.writePort(port, 1, value)
    const count = (): number => {
      let taken = 0
      for (let i = 0; i < 100; i++) {
        timers.advance(1e5)
        if (pc.interrupts.pending && pc.interrupts.acknowledge() === 0x30) taken++
      }
      return taken
    }
    expect(count()).toBeGreaterThan(4)
    pc.bus.writeMmio(0xfed00010, 4, 3)
    count()
    expect(count()).toBe(0)
    pc.bus.writeMmio(0xfed00100, 4, 0x14c)
    pc.bus.writeMmio(0xfed00108, 4, 100_000)
    pc.bus.writeMmio(0xfed00108, 4, 100_000)
    const saved = JSON.parse(JSON.stringify(pc.snapshot()))
    expect(pc.snapshot()).toEqual(saved)
    pc.reset()
    expect(pc.bus.readMmio(0xfed00010, 4)).toBe(0)
  })
})
