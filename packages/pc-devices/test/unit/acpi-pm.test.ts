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

  // Oracle: ACPI 4.8.3.2.1 (SLP_EN starts the sleep), 4.8.3.1.1 (WAK_STS, PWRBTN_STS, RTC_STS), 4.8.2.4 (the alarm wakes if enabled).
  it('sleeps until something wakes it, and tells the guest what did', () => {
    const seen: string[] = []
    const acpi = new AcpiPm({
      timers: new FakeTimers(),
      suspendTypes: [1],
      onSuspend: () => seen.push('suspend'),
      onWake: (source) => seen.push(source),
    })
    const sleep = (): void => acpi.writePort(4, 2, 0x2400)
    const status = (): number => {
      const value = acpi.readPort(0, 2) & 0x8500
      acpi.writePort(0, 2, 0xffff)
      return value
    }
    sleep()
    expect([acpi.sleeping, status()]).toEqual([true, 0])
    acpi.ringAlarm()
    expect([acpi.sleeping, status()]).toEqual([true, 0x0400])
    acpi.writePort(2, 2, 0x0400)
    acpi.ringAlarm()
    expect([acpi.sleeping, status()]).toEqual([false, 0x8400])
    sleep()
    acpi.pressPowerButton()
    expect([acpi.sleeping, status()]).toEqual([false, 0x8100])
    sleep()
    acpi.wake('host')
    expect([acpi.sleeping, status()]).toEqual([false, 0x8000])
    acpi.wake('host')
    acpi.pressPowerButton()
    expect([acpi.sleeping, status()]).toEqual([false, 0x0100])
    expect(seen).toEqual(['suspend', 'alarm', 'suspend', 'power-button', 'suspend', 'host'])
  })

  it('a sleeping PC keeps clock, host bridge and wake enables, and is woken by the clock’s alarm', () => {
    const timers = new FakeTimers()
    const seen: string[] = []
    const pc = createPcPlatform({
      timers,
      wallClock: fakeWallClock(timers),
      memory: { belowFourGiBBytes: 2 ** 24 },
      suspendTypes: [1],
      events: { suspend: () => seen.push('suspend'), wake: (source) => seen.push(source) },
    })
    const out = (port: number, value: number): void => pc.bus.writePort(port, 1, value)
    const cmos = (index: number, value: number): void => {
      out(0x70, index)
      out(0x71, value)
    }
    pc.bus.writePort(0xcf8, 4, 0x8000_0058)
    out(0xcfd, 0x10)
    out(0x21, 0x12)
    for (const register of [1, 3, 5]) cmos(register, 0xc0)
    cmos(0x0b, 0x22)
    pc.bus.writePort(0x602, 2, 0x0400)
    pc.bus.writePort(0x604, 2, 0x2400)
    pc.suspend()
    timers.advance(2e9)
    expect(seen).toEqual(['suspend', 'alarm'])
    pc.bus.writePort(0xcf8, 4, 0x8000_0058)
    expect([pc.bus.readPort(0xcfd, 1), pc.bus.readPort(0x21, 1)]).toEqual([0x10, 0xff])
  })
})
