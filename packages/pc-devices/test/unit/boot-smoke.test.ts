import { describe, expect, it } from 'vitest'
import { createPcPlatform } from '../../src/index.ts'
import { FakeTimers, fakeWallClock } from '../../src/testing/index.ts'

describe('a composed PC', () => {
  it('prints to COM1, ticks and powers off as Linux would drive it', () => {
    const timers = new FakeTimers()
    let text = ''
    const seen: string[] = []
    const pc = createPcPlatform({
      timers,
      wallClock: fakeWallClock(timers),
      memory: { belowFourGiBBytes: 64 << 20 },
      serial: [{ transmit: (byte) => (text += String.fromCharCode(byte)) }],
      events: { powerOff: () => seen.push('off') },
    })
    for (const char of 'hello') pc.bus.writePort(0x3f8, 1, char.charCodeAt(0))
    expect(text).toBe('hello')
    // Master PIC at 30h with only IRQ 0 open.
    for (const [port, value] of [
      [0x20, 0x11],
      [0x21, 0x30],
      [0x21, 4],
      [0x21, 1],
      [0x21, 0xfe],
    ] as const) {
      pc.bus.writePort(port, 1, value)
    }
    // Counter 0, mode 2, 4773 = 250 Hz.
    pc.bus.writePort(0x43, 1, 0x34)
    pc.bus.writePort(0x40, 1, 4773 & 0xff)
    pc.bus.writePort(0x40, 1, 4773 >> 8)
    let ticks = 0
    for (let ms = 0; ms < 1000; ms++) {
      timers.advance(1e6)
      if (!pc.interrupts.pending) continue
      expect(pc.interrupts.acknowledge()).toBe(0x30)
      pc.bus.writePort(0x20, 1, 0x20)
      ticks++
    }
    // 249 whole periods of 4773 / 1193182 s, and the edge of OUT going high with the control word.
    expect(ticks).toBe(250)
    pc.bus.writePort(0xcf8, 4, 0x80000000)
    expect(pc.bus.readPort(0xcfc, 4)).toBe(0x12378086)
    pc.bus.writePort(0x604, 2, 0x2000)
    expect(seen).toEqual(['off'])
  })
})
