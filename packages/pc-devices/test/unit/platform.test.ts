import { describe, expect, it } from 'vitest'
import { createPcPlatform, type PcPlatform, type PcPlatformOptions } from '../../src/index.ts'
import { FakeTimers, fakeWallClock } from '../../src/testing/index.ts'

function platform(options: Partial<PcPlatformOptions> = {}): { pc: PcPlatform; timers: FakeTimers } {
  const timers = new FakeTimers()
  const memory = { belowFourGiBBytes: 32 * 2 ** 20 }
  return { timers, pc: createPcPlatform({ timers, wallClock: fakeWallClock(timers), memory, ...options }) }
}

/** Master at 30h, slave at 38h, everything open. */
function openPic(pc: PcPlatform): void {
  const words = [
    [0x20, 0x11],
    [0x21, 0x30],
    [0x21, 4],
    [0x21, 1],
    [0xa0, 0x11],
    [0xa1, 0x38],
    [0xa1, 2],
    [0xa1, 1],
  ] as const
  for (const [port, value] of words) pc.bus.writePort(port, 1, value)
}

/** Takes and ends whatever waits, at most 16 times. */
function vectors(pc: PcPlatform): number[] {
  const taken: number[] = []
  while (pc.interrupts.pending && taken.length < 16) {
    const vector = pc.interrupts.acknowledge()
    taken.push(vector)
    if (vector >= 0x38) pc.bus.writePort(0xa0, 1, 0x20)
    pc.bus.writePort(0x20, 1, 0x20)
  }
  return taken
}

describe.each([true, false])('a platform (APICs: %s)', (apic) => {
  it('has each device on its interrupt', () => {
    const { pc, timers } = platform({ apic, serial: [{}, {}, null, {}] })
    openPic(pc)
    const { bus } = pc
    const cases: [name: string, vector: number, cause: () => void, quiet: () => void][] = [
      ['timer', 0x30, () => bus.writePort(0x43, 1, 0x34), () => bus.writePort(0x43, 1, 0x30)],
      ['keyboard', 0x31, () => pc.keyboardController.key('KeyA', true), () => bus.readPort(0x60, 1)],
      ['COM1', 0x34, () => bus.writePort(0x3f9, 1, 2), () => bus.writePort(0x3f9, 1, 0)],
      ['COM2', 0x33, () => bus.writePort(0x2f9, 1, 2), () => bus.writePort(0x2f9, 1, 0)],
      ['COM4', 0x33, () => bus.writePort(0x2e9, 1, 2), () => bus.writePort(0x2e9, 1, 0)],
      ['mouse', 0x3c, () => pc.keyboardController.moveMouse({ dx: 1 }), () => bus.readPort(0x60, 1)],
    ]
    for (const port of [0x3fc, 0x2fc, 0x2ec]) bus.writePort(port, 1, 0x08)
    for (const [port, value] of [
      [0x64, 0x60],
      [0x60, 0x47],
      [0x64, 0xd4],
      [0x60, 0xf4],
    ] as const) {
      bus.writePort(port, 1, value)
    }
    bus.readPort(0x60, 1)
    vectors(pc)
    for (const [name, vector, cause, quiet] of cases) {
      cause()
      expect([name, vectors(pc)[0]]).toEqual([name, vector])
      for (let i = 0; i < 4; i++) quiet()
      vectors(pc)
    }
    bus.writePort(0x70, 1, 0x0b)
    bus.writePort(0x71, 1, 0x12)
    timers.advance(1e9)
    expect(vectors(pc)).toEqual([0x38])
    bus.writePort(0x602, 2, 0x0100)
    pc.acpi.pressPowerButton()
    expect(pc.interrupts.acknowledge()).toBe(0x39)
  })

  it('gives spurious vectors when nothing waits', () => {
    const { pc } = platform({ apic })
    openPic(pc)
    expect(pc.interrupts.acknowledge()).toBe(0x37)
    const line = pc.irq(12)
    line(true)
    // The slave's request goes between INTR and INTA.
    pc.interrupts.onChange = () => {}
    expect(pc.interrupts.pending).toBe(true)
    line(false)
    expect(pc.interrupts.pending).toBe(false)
  })

  it('answers as empty ports where an option leaves a device out', () => {
    const { pc } = platform({ apic, serial: [null], debugPorts: false })
    for (const port of [0x3f8, 0x3fd, 0x80, 0xe9, 0xf4, 0x0, 0x81, 0x278, 0x3f2]) {
      expect(pc.bus.readPort(port, 1)).toBe(0xff)
    }
    expect(pc.bus.claimsMmio(0xfee00000)).toBe(apic)
    expect(pc.deliverMsi(0xfee00000, 0x40)).toBe(apic)
    expect(pc.snapshot().apics === null).toBe(!apic)
  })

  it('returns to its first state by reset, save for time and CMOS', () => {
    const { pc } = platform({ apic })
    const fresh = pc.snapshot()
    openPic(pc)
    for (const [port, value] of [
      [0x43, 0x34],
      [0x40, 9],
      [0x40, 0],
      [0x64, 0xa7],
      [0x3fb, 0x83],
      [0x4d1, 0],
      [0x92, 2],
      [0x61, 3],
      [0xcf9, 2],
    ] as const) {
      pc.bus.writePort(port, 1, value)
    }
    pc.bus.writePort(0xcf8, 4, 0x80000840)
    pc.bus.writeMmio(0xfee00080, 4, 0x20)
    expect(pc.snapshot()).not.toEqual(fresh)
    pc.reset()
    expect({ ...pc.snapshot(), post: fresh.post }).toEqual(fresh)
  })
})

describe('a platform', () => {
  it('refuses a fifth serial port', () => {
    expect(() => platform({ serial: [{}, {}, {}, {}, {}] })).toThrow(/4 serial ports/)
  })

  it('keeps fixed devices against each other', () => {
    const { pc } = platform()
    const device = { readPort: () => 0, writePort: () => {} }
    expect(() => pc.bus.attachPorts(0x3f8, 1, device)).toThrow(/overlap/)
    expect(() => pc.bus.attachPorts(0xffff, 2, device)).toThrow(RangeError)
    expect(() => pc.irq(16)).toThrow(RangeError)
  })
})
