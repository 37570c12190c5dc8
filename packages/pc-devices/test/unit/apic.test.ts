import { describe, expect, it } from 'vitest'
import { createPcPlatform, type PcPlatform } from '../../src/index.ts'
import { FakeTimers, fakeWallClock } from '../../src/testing/index.ts'

const LAPIC = 0xfee00000
const IOAPIC = 0xfec00000

function platform(): { pc: PcPlatform; timers: FakeTimers; seen: string[] } {
  const timers = new FakeTimers()
  const seen: string[] = []
  const pc = createPcPlatform({
    timers,
    wallClock: fakeWallClock(timers),
    memory: { belowFourGiBBytes: 64 << 20 },
    tsc: { toNs: (tsc) => tsc / 2 },
    events: { nmi: () => seen.push('nmi'), init: () => seen.push('init'), startup: (v) => seen.push(`startup ${v}`) },
  })
  return { pc, timers, seen }
}

function redirect(pc: PcPlatform, pin: number, low: number, destination = 0): void {
  pc.bus.writeMmio(IOAPIC, 4, 0x11 + 2 * pin)
  pc.bus.writeMmio(IOAPIC + 0x10, 4, (destination << 24) >>> 0)
  pc.bus.writeMmio(IOAPIC, 4, 0x10 + 2 * pin)
  pc.bus.writeMmio(IOAPIC + 0x10, 4, low)
}

function entry(pc: PcPlatform, pin: number): number {
  pc.bus.writeMmio(IOAPIC, 4, 0x10 + 2 * pin)
  return pc.bus.readMmio(IOAPIC + 0x10, 4)
}

const apic = (pc: PcPlatform, register: number, value: number): void => pc.bus.writeMmio(LAPIC + register, 4, value)

describe('I/O APIC', () => {
  it('identifies itself as the 82093AA with 24 pins, all masked', () => {
    const { pc } = platform()
    pc.bus.writeMmio(IOAPIC, 4, 1)
    expect(pc.bus.readMmio(IOAPIC + 0x10, 4)).toBe(0x00170011)
    for (let pin = 0; pin < 24; pin++) expect(entry(pc, pin)).toBe(0x10000)
  })

  it('sends an edge once, and loses edges while masked', () => {
    const { pc } = platform()
    redirect(pc, 4, 0x44)
    const com1 = pc.irq(4)
    com1(true)
    expect(pc.interrupts.pending).toBe(true)
    expect(pc.interrupts.acknowledge()).toBe(0x44)
    apic(pc, 0xb0, 0)
    expect(pc.interrupts.pending).toBe(false)
    redirect(pc, 4, 0x10044)
    com1(false)
    com1(true)
    redirect(pc, 4, 0x44)
    expect(pc.interrupts.pending).toBe(false)
  })

  it('holds a level until it falls: remote IRR from delivery to EOI, and again while asserted', () => {
    const { pc } = platform()
    redirect(pc, 16, 0xa050)
    const device = pc.irq(11)
    redirect(pc, 11, 0xa051)
    device(true)
    expect(entry(pc, 11)).toBe(0xe051)
    expect(pc.interrupts.acknowledge()).toBe(0x51)
    expect(pc.interrupts.pending).toBe(false)
    apic(pc, 0xb0, 0)
    expect(pc.interrupts.acknowledge()).toBe(0x51)
    device(false)
    apic(pc, 0xb0, 0)
    expect(pc.interrupts.pending).toBe(false)
    expect(entry(pc, 11)).toBe(0xa051)
  })

  it('clears a stuck remote IRR when the entry is made edge-triggered for a moment', () => {
    const { pc } = platform()
    redirect(pc, 11, 0x8051)
    const device = pc.irq(11)
    device(true)
    device(false)
    expect(entry(pc, 11) & 0x4000).toBe(0x4000)
    redirect(pc, 11, 0x10051)
    redirect(pc, 11, 0x8051)
    expect(entry(pc, 11)).toBe(0x8051)
  })

  it('delivers a level that waited for the local APIC to be enabled', () => {
    const { pc } = platform()
    apic(pc, 0xf0, 0xff)
    redirect(pc, 11, 0x8051)
    pc.irq(11)(true)
    expect(pc.interrupts.pending).toBe(false)
    expect(entry(pc, 11) & 0x4000).toBe(0)
    apic(pc, 0xf0, 0x1ff)
    expect(pc.interrupts.acknowledge()).toBe(0x51)
  })

  it('has the timer on pin 2', () => {
    const { pc, timers } = platform()
    redirect(pc, 2, 0x30)
    for (const [port, value] of [
      [0x43, 0x30],
      [0x40, 0xe8],
      [0x40, 0x03],
    ] as const)
      pc.bus.writePort(port, 1, value)
    timers.advance(830_000)
    expect(pc.interrupts.pending).toBe(false)
    timers.advance(20_000)
    expect(pc.interrupts.acknowledge()).toBe(0x30)
  })
})

describe('local APIC', () => {
  it('lets the PIC through LINT0 until LINT0 is masked, and always when it is off', () => {
    const { pc } = platform()
    for (const [port, value] of [
      [0x20, 0x11],
      [0x21, 0x30],
      [0x21, 4],
      [0x21, 1],
      [0x21, 0],
    ] as const) {
      pc.bus.writePort(port, 1, value)
    }
    pc.irq(4)(true)
    expect(pc.interrupts.pending).toBe(true)
    apic(pc, 0x350, 0x10700)
    expect(pc.interrupts.pending).toBe(false)
    expect(pc.interrupts.acknowledge()).toBe(0xff)
    expect(pc.localApic!.writeBase(LAPIC | 0x100, 0)).toBe(true)
    expect(pc.interrupts.pending).toBe(true)
    expect(pc.interrupts.acknowledge()).toBe(0x34)
    expect(pc.bus.readMmio(LAPIC + 0x30, 4)).toBe(0xffffffff)
  })

  it('takes the PIC as an ordinary edge when LINT0 is fixed', () => {
    const { pc } = platform()
    for (const [port, value] of [
      [0x20, 0x11],
      [0x21, 0x30],
      [0x21, 4],
      [0x21, 1],
      [0x21, 0],
    ] as const) {
      pc.bus.writePort(port, 1, value)
    }
    apic(pc, 0x350, 0x61)
    pc.irq(1)(true)
    expect(pc.interrupts.acknowledge()).toBe(0x61)
    apic(pc, 0xb0, 0)
    expect(pc.interrupts.pending).toBe(false)
  })

  it('moves with its base MSR and refuses reserved bits', () => {
    const { pc } = platform()
    const local = pc.localApic!
    expect(local.readBase()).toEqual({ low: 0xfee00900, high: 0 })
    expect(local.writeBase(0xfee00c00, 0)).toBe(false)
    expect(local.writeBase(0xd0000800, 0x10)).toBe(false)
    expect(local.writeBase(0xd0000800, 0)).toBe(true)
    expect(pc.bus.readMmio(0xd0000030, 4)).toBe(0x00050014)
    expect(pc.bus.readMmio(LAPIC + 0x30, 4)).toBe(0xffffffff)
  })

  it('sends to itself by shorthand and by ID, and reports illegal vectors once', () => {
    const { pc, seen } = platform()
    apic(pc, 0x300, 0x40041)
    expect(pc.interrupts.acknowledge()).toBe(0x41)
    apic(pc, 0x310, 0)
    apic(pc, 0x300, 0x42)
    apic(pc, 0xb0, 0)
    expect(pc.interrupts.acknowledge()).toBe(0x42)
    apic(pc, 0xb0, 0)
    apic(pc, 0x370, 0x50)
    apic(pc, 0x300, 0x40005)
    expect(pc.interrupts.acknowledge()).toBe(0x50)
    apic(pc, 0xb0, 0)
    apic(pc, 0x280, 0)
    expect(pc.bus.readMmio(LAPIC + 0x280, 4)).toBe(0x20)
    // An error vector that is illegal itself ends in the ESR, not in a loop.
    apic(pc, 0x370, 0x05)
    apic(pc, 0x300, 0x40005)
    apic(pc, 0x280, 0)
    expect(pc.bus.readMmio(LAPIC + 0x280, 4)).toBe(0x60)
    apic(pc, 0x300, 0x40400)
    apic(pc, 0x300, 0x40500)
    apic(pc, 0x300, 0x40612)
    expect(seen).toEqual(['nmi', 'init', 'startup 18'])
  })

  it('masks every local source while it is software-disabled', () => {
    const { pc } = platform()
    apic(pc, 0xf0, 0xff)
    apic(pc, 0x320, 0x40)
    expect(pc.bus.readMmio(LAPIC + 0x320, 4)).toBe(0x10040)
  })

  it('fires once at a TSC deadline', () => {
    const { pc, timers } = platform()
    apic(pc, 0x320, 0x40040)
    pc.localApic!.writeTscDeadline(20_000, 0)
    timers.advance(9_999)
    expect(pc.interrupts.pending).toBe(false)
    timers.advance(1)
    expect(pc.interrupts.acknowledge()).toBe(0x40)
    expect(pc.localApic!.readTscDeadline()).toEqual({ low: 0, high: 0 })
    apic(pc, 0xb0, 0)
    timers.advance(1e9)
    expect(pc.interrupts.pending).toBe(false)
  })

  it('tells when a timer expires that does so once', () => {
    const { pc, timers } = platform()
    const local = pc.localApic!
    apic(pc, 0xf0, 0x1ff)
    apic(pc, 0x3e0, 0xb) // divide by 1
    apic(pc, 0x380, 5000)
    expect(local.oneShotDueNs, 'masked').toBeNull()
    apic(pc, 0x320, 0x40)
    expect(local.oneShotDueNs).toBe(timers.nowNs() + 5000)
    apic(pc, 0x320, 0x20040)
    expect(local.oneShotDueNs, 'periodic').toBeNull()
    apic(pc, 0x320, 0x40)
    apic(pc, 0x380, 0)
    expect(local.oneShotDueNs, 'stopped').toBeNull()
  })

  it('takes message-signalled interrupts and nothing else', () => {
    const { pc } = platform()
    expect(pc.deliverMsi(0xfee00000, 0x55)).toBe(true)
    expect(pc.interrupts.acknowledge()).toBe(0x55)
    expect(pc.deliverMsi(0xfee05000, 0x55)).toBe(false)
    expect(pc.deliverMsi(0xfed00000, 0x55)).toBe(false)
    // As Linux sends in flat logical mode: to logical ID 1, without the redirection hint.
    pc.bus.writeMmio(0xfee000d0, 4, 0x0100_0000)
    expect(pc.deliverMsi(0xfee01004, 0x56)).toBe(true)
    expect(pc.deliverMsi(0xfee01000, 0x56)).toBe(false)
  })

  it('passes NMIs through LINT1 as long as port 70h lets them', () => {
    const { pc, seen } = platform()
    pc.raiseNmi()
    pc.bus.writePort(0x70, 1, 0x80)
    pc.raiseNmi()
    pc.bus.writePort(0x70, 1, 0x00)
    apic(pc, 0x360, 0x10400)
    pc.raiseNmi()
    expect(seen).toEqual(['nmi'])
  })
})
