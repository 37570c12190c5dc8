import { describe, expect, it } from 'vitest'
import { Mc146818 } from '../../src/index.ts'
import { FakeTimers, recordedLine } from '../../src/testing/index.ts'

const MS = 1e6
/** 2024-02-29T23:59:58 */
const START_MS = Date.UTC(2024, 1, 29, 23, 59, 58)

function clock() {
  const timers = new FakeTimers()
  const irq = recordedLine()
  const wallClock = { nowMs: () => START_MS + timers.nowNs() / MS }
  const rtc = new Mc146818({ timers, wallClock, irq: irq.line })
  const read = (index: number): number => {
    rtc.writePort(0x70, 1, index)
    return rtc.readPort(0x71, 1)
  }
  const write = (index: number, value: number): void => {
    rtc.writePort(0x70, 1, index)
    rtc.writePort(0x71, 1, value)
  }
  return { timers, irq, rtc, read, write }
}

describe('MC146818', () => {
  it('warns with UIP for 2228 us before each update', () => {
    const { timers, read } = clock()
    timers.advance(997 * MS)
    expect(read(0x0a) & 0x80).toBe(0)
    timers.advance(0.8 * MS)
    expect(read(0x0a) & 0x80).toBe(0x80)
    expect(read(0x00)).toBe(0x58)
    timers.advance(2.2 * MS)
    expect([read(0x0a) & 0x80, read(0x00)]).toEqual([0, 0x59])
  })

  it('sets the alarm flag in the second that matches, interrupt or not', () => {
    const { timers, irq, read, write } = clock()
    write(0x0a, 0x20)
    write(0x01, 0x00)
    write(0x03, 0x00)
    write(0x05, 0xc0)
    timers.advance(1999 * MS)
    expect(read(0x0c)).toBe(0x10)
    write(0x0b, 0x22)
    timers.advance(1 * MS)
    expect(irq.level).toBe(true)
    expect(read(0x0c)).toBe(0xb0)
    expect(irq.level).toBe(false)
    expect([read(0x07), read(0x08)]).toEqual([0x01, 0x03])
  })

  it('holds the time while SET is 1 and clears UIE with it', () => {
    const { timers, read, write } = clock()
    write(0x0b, 0x92)
    expect(read(0x0b)).toBe(0x82)
    timers.advance(5000 * MS)
    expect(read(0x00)).toBe(0x58)
    write(0x0b, 0x02)
    timers.advance(1000 * MS)
    expect(read(0x00)).toBe(0x59)
  })

  it('updates half a second after the divider leaves reset', () => {
    const { timers, read, write } = clock()
    timers.advance(700 * MS)
    write(0x0a, 0x76)
    timers.advance(123 * MS)
    write(0x0a, 0x26)
    timers.advance(499 * MS)
    expect(read(0x00)).toBe(0x58)
    timers.advance(1 * MS)
    expect(read(0x00)).toBe(0x59)
  })

  it('changes one register of a running clock', () => {
    const { read, write } = clock()
    write(0x04, 0x07)
    expect([read(0x00), read(0x02), read(0x04)]).toEqual([0x58, 0x59, 0x07])
  })

  it('keeps time and RAM over a reset, but not interrupts', () => {
    const { timers, rtc, irq, read, write } = clock()
    write(0x40, 0x99)
    write(0x04, 0x07)
    write(0x0b, 0x12)
    timers.advance(1000 * MS)
    expect(irq.level).toBe(true)
    rtc.reset()
    expect(irq.level).toBe(false)
    expect([read(0x40), read(0x04), read(0x0b), read(0x0c)]).toEqual([0x99, 0x07, 0x02, 0])
  })

  it('does not let late host time pile up interrupts', () => {
    const { timers, irq, write, read } = clock()
    write(0x0a, 0x23)
    write(0x0b, 0x42)
    timers.leap(10e9)
    expect(irq.rises).toBe(1)
    read(0x0c)
    timers.leap(10e9)
    expect(irq.rises).toBe(2)
  })
})
