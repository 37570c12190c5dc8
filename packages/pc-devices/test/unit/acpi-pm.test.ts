import { describe, expect, it } from 'vitest'
import { AcpiPm, createPcPlatform } from '../../src/index.ts'
import { FakeTimers, fakeWallClock, recordedLine } from '../../src/testing/index.ts'

function block(options: { timerBits?: 24 | 32 } = {}) {
  const timers = new FakeTimers()
  const sci = recordedLine()
  const seen: string[] = []
  const acpi = new AcpiPm({ timers, sci: sci.line, onPowerOff: () => seen.push('off'), ...options })
  return { timers, sci, seen, acpi }
}

describe('ACPI power management', () => {
  it('counts 3.579545 MHz in 24 or 32 bits', () => {
    for (const [timerBits, mask] of [
      [24, 2 ** 24],
      [32, 2 ** 32],
    ] as const) {
      const { timers, acpi } = block({ timerBits })
      timers.advance(1e9)
      expect(acpi.readPort(8, 4)).toBe(3_579_545)
      timers.advance(9e9)
      expect(acpi.readPort(8, 4)).toBe(35_795_450 % mask)
    }
  })

  it('sets TMR_STS whenever the top bit changes, and interrupts if enabled', () => {
    const { timers, sci, acpi } = block()
    acpi.writePort(2, 2, 0x0001)
    const halfNs = Math.ceil((2 ** 23 * 1e9) / 3_579_545)
    timers.advance(halfNs - 10)
    expect([acpi.readPort(0, 2) & 1, sci.level]).toEqual([0, false])
    timers.advance(10)
    expect([acpi.readPort(0, 2) & 1, sci.level]).toEqual([1, true])
    acpi.writePort(0, 2, 0x0001)
    expect([acpi.readPort(0, 2) & 1, sci.level]).toEqual([0, false])
    timers.advance(halfNs)
    expect(sci.rises).toBe(2)
  })

  it('interrupts for the power button only with enable and SCI_EN', () => {
    const { sci, acpi } = block()
    acpi.pressPowerButton()
    expect(sci.level).toBe(false)
    acpi.writePort(0, 4, 0x0100_0000)
    expect(sci.level).toBe(true)
    acpi.writePort(4, 2, 0)
    expect(sci.level).toBe(false)
    acpi.apm.writePort(0xb2, 1, 0xf1)
    expect(sci.level).toBe(true)
    acpi.writePort(1, 1, 0x01)
    expect(sci.level).toBe(false)
  })

  it('powers off with SLP_EN and the type of S5; other types wake at once', () => {
    const { seen, acpi } = block()
    acpi.writePort(4, 2, 0x0001)
    expect(seen).toEqual([])
    acpi.writePort(4, 2, 0x2401)
    expect(seen).toEqual([])
    expect(acpi.readPort(0, 2)).toBe(0x8000)
    acpi.writePort(4, 2, 0x2001)
    expect(seen).toEqual(['off'])
    expect(acpi.readPort(4, 2)).toBe(0x0001)
  })

  it('raises general-purpose events', () => {
    const { sci, acpi } = block()
    acpi.raiseGpe(9)
    acpi.writePort(0x0e, 2, 0x0200)
    expect([sci.level, acpi.readPort(0x0c, 2)]).toEqual([true, 0x0200])
    acpi.writePort(0x0c, 2, 0x0200)
    expect([sci.level, acpi.readPort(0x0c, 2)]).toEqual([false, 0])
  })

  it('lies where the PIIX4 function puts it', () => {
    const timers = new FakeTimers()
    const pc = createPcPlatform({ timers, wallClock: fakeWallClock(timers), memory: { belowFourGiBBytes: 1 << 24 } })
    expect(pc.bus.readPort(0x604, 2)).toBe(1)
    pc.bus.writePort(0xcf8, 4, 0x80000b40)
    expect(pc.bus.readPort(0xcfc, 4)).toBe(0x601)
    pc.bus.writePort(0xcfc, 4, 0xb001)
    expect([pc.bus.readPort(0x604, 2), pc.bus.readPort(0xb004, 2)]).toEqual([0xffff, 1])
    pc.reset()
    expect([pc.bus.readPort(0x604, 2), pc.bus.readPort(0xb004, 2)]).toEqual([1, 0xffff])
  })
})
