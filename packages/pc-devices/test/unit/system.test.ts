import { CoprocessorError } from '../../src/system-control/coprocessor-error.ts'
import { describe, expect, it } from 'vitest'
import { createPcPlatform, type PcPlatform } from '../../src/index.ts'
import { FakeTimers, fakeWallClock } from '../../src/testing/index.ts'

function platform(): {
  pc: PcPlatform
  timers: FakeTimers
  seen: string[]
  out(port: number, value: number): void
  in8(port: number): number
} {
  const timers = new FakeTimers()
  const seen: string[] = []
  const pc = createPcPlatform({
    timers,
    wallClock: fakeWallClock(timers),
    memory: { belowFourGiBBytes: 64 << 20, aboveFourGiBBytes: 2 ** 32 },
    a20AtReset: false,
    events: {
      reset: (cause, hard) => seen.push(`${cause}${hard ? ', hard' : ''}`),
      debugExit: (value) => seen.push(`exit ${value}`),
      debugOutput: (byte) => seen.push(String.fromCharCode(byte)),
      post: (code) => seen.push(`post ${code}`),
      a20: (on) => seen.push(`a20 ${on}`),
      tone: (hz) => seen.push(`tone ${Math.round(hz)}`),
    },
  })
  seen.length = 0
  return {
    pc,
    timers,
    seen,
    out: (port, value) => pc.bus.writePort(port, 1, value),
    in8: (port) => pc.bus.readPort(port, 1),
  }
}

describe('counter 2 behind port 61h', () => {
  it('times as Linux measures its clock with it: OUT rises after count + 1 pulses', () => {
    const { timers, out, in8 } = platform()
    out(0x61, (in8(0x61) & ~0x02) | 0x01)
    out(0x43, 0xb0)
    const latch = 11_931
    out(0x42, latch & 0xff)
    out(0x42, latch >> 8)
    expect(in8(0x61) & 0x20).toBe(0)
    let us = 0
    while (!(in8(0x61) & 0x20)) {
      timers.advance(1000)
      us++
    }
    expect(us).toBe(Math.ceil(((latch + 1) / 1_193_182) * 1e6))
  })

  it('shows a falling count to quick calibration', () => {
    const { timers, out, in8 } = platform()
    out(0x61, 1)
    for (const [port, value] of [
      [0x43, 0xb0],
      [0x42, 0xff],
      [0x42, 0xff],
    ] as const)
      out(port, value)
    const seen: number[] = []
    for (let i = 0; i < 4; i++) {
      timers.advance(256 * 838.0953)
      in8(0x42)
      seen.push(in8(0x42))
    }
    expect(seen).toEqual([0xff, 0xfe, 0xfd, 0xfc])
  })

  it('stops while its gate is low, toggles the refresh bit, and sounds', () => {
    const { timers, out, in8, seen } = platform()
    for (const [port, value] of [
      [0x43, 0xb6],
      [0x42, 0xa9],
      [0x42, 0x04],
      [0x61, 3],
    ] as const)
      out(port, value)
    expect(seen).toEqual(['tone 1000'])
    out(0x61, 0)
    expect(seen).toEqual(['tone 1000', 'tone 0'])
    const before = in8(0x61) & 0x10
    timers.advance(15_085)
    expect(in8(0x61) & 0x10).toBe(before ^ 0x10)
  })
})

describe('system control', () => {
  it('resets by CF9h, 92h and the keyboard controller, each on its edge', () => {
    const { out, seen, in8 } = platform()
    out(0xcf9, 0x02)
    out(0xcf9, 0x06)
    expect(in8(0xcf9)).toBe(0x02)
    out(0x92, 0x01)
    out(0x92, 0x01)
    out(0x64, 0xfe)
    expect(seen).toEqual(['reset-control, hard', 'port-92h', 'keyboard-controller'])
  })

  it('opens and closes A20 from either side, the newest write counts, and tells of changes only', () => {
    const { pc, out, seen } = platform()
    const viaKeyboard = (value: number): void => {
      out(0x64, 0xd1)
      out(0x60, value)
    }
    out(0x92, 0x02)
    viaKeyboard(0xdf)
    viaKeyboard(0xdd)
    out(0x92, 0x02)
    out(0x92, 0x00)
    viaKeyboard(0xdd)
    expect(seen).toEqual(['a20 true', 'a20 false', 'a20 true', 'a20 false'])
    viaKeyboard(0xdf)
    pc.reset()
    expect(seen.slice(4)).toEqual(['a20 true', 'a20 false'])
  })

  it('has debug ports', () => {
    const { pc, out, in8, seen } = platform()
    out(0x80, 0x42)
    out(0xe9, 0x21)
    expect([in8(0xe9), in8(0x80)]).toEqual([0xe9, 0x42])
    pc.bus.writePort(0xf4, 4, 0x1234)
    expect(seen).toEqual(['post 66', '!', 'exit 4660'])
  })

  it('says how much memory there is', () => {
    const { out, in8 } = platform()
    const cmos = (index: number): number => {
      out(0x70, index)
      return in8(0x71)
    }
    const word = (index: number): number => cmos(index) | (cmos(index + 1) << 8)
    expect([word(0x15), word(0x17), word(0x30), word(0x34)]).toEqual([640, 63 * 1024, 63 * 1024, 48 * 16])
    expect(word(0x5b) | (cmos(0x5d) << 16)).toBe(2 ** 16)
  })
})

describe('the latch of the x87 error', () => {
  function latch() {
    const seen: string[] = []
    const irq = (level: boolean): void => void seen.push(level ? 'irq 13' : 'no irq 13')
    return { seen, device: new CoprocessorError({ irq, onIgnore: () => seen.push('ignore') }) }
  }

  it('holds IRQ 13 from FERR# to a write of port F0h, which lets the processor go on', () => {
    const { seen, device } = latch()
    device.raise()
    device.writePort()
    expect(seen).toEqual(['irq 13', 'no irq 13', 'ignore'])
  })

  it('keeps its state in a snapshot', () => {
    const { device } = latch()
    device.raise()
    const other = latch()
    other.device.restore(device.snapshot())
    expect(other.seen).toEqual(['irq 13'])
    other.device.reset()
    expect(other.device.snapshot()).toEqual({ pending: false })
  })
})
