import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Bus, Msix, PciDevice, PciHost } from '../../src/index.ts'
import { recordedLine } from '../../src/testing/index.ts'

const BASE = 0xe000_0000
const CONTROL = 0x42

/** A function with MSI-X in BAR 1, and the messages that it sent. */
function machine(vectors: number) {
  const sent: [number, number][] = []
  const msix = new Msix({ vectors, deliver: (address, data) => sent.push([address, data]) })
  const bar = { index: 1, kind: 'memory' as const, sizeBytes: msix.barBytes, device: msix }
  const device = new PciDevice({ vendorId: 1, deviceId: 2, classCode: 0xff0000, interruptPin: 1 }, [bar])
  device.addMsix(msix, 1)
  const bus = new Bus()
  const pin = recordedLine()
  new PciHost({ bus, pirq: (_index, level) => pin.line(level) }).attach(3, device)
  device.writeConfig(0x14, 4, BASE)
  device.writeConfig(0x04, 2, 6)
  const write = (vector: number, field: number, value: number): void =>
    bus.writeMmio(BASE + 16 * vector + field, 4, value)
  return { bus, device, msix, pin, sent, write }
}

describe('MSI-X (PCI 3.0, 6.8.2)', () => {
  it('says where its table and pending bits are, and lets the guest write two bits of its control', () => {
    const { device } = machine(3)
    expect(device.readConfig(0x34, 1)).toBe(0x40)
    expect(device.readConfig(0x40, 1)).toBe(0x11)
    device.writeConfig(CONTROL, 2, 0xffff)
    expect(device.readConfig(CONTROL, 2)).toBe(0xc002)
    expect(device.readConfig(0x44, 4)).toBe(1)
    expect(device.readConfig(0x48, 4)).toBe(0x801)
  })

  it('has every entry masked after reset, and keeps what is signalled then', () => {
    const { bus, device, msix, sent, write } = machine(2)
    write(1, 0, 0xfee01000)
    write(1, 8, 0x4041)
    device.writeConfig(CONTROL, 2, 0x8000)
    msix.signal(1)
    expect([sent, bus.readMmio(BASE + 0x800, 4)]).toEqual([[], 2])
    write(1, 12, 0)
    expect([sent, bus.readMmio(BASE + 0x800, 4)]).toEqual([[[0xfee01000, 0x4041]], 0])
    device.reset()
    expect(bus.readMmio(BASE + 16, 4)).toBe(0xffff_ffff)
    expect(msix.enabled).toBe(false)
  })

  it('keeps INTx released while it is enabled', () => {
    const { device, pin } = machine(1)
    device.setInterrupt(true)
    expect(pin.level).toBe(true)
    device.writeConfig(CONTROL + 1, 1, 0x80)
    expect(pin.level).toBe(false)
    device.writeConfig(CONTROL + 1, 1, 0)
    expect(pin.level).toBe(true)
  })

  it('sends each signalled vector once, when nothing masks it (oracle: a set of what is pending)', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('signal' as const), vector: fc.nat(4) }),
      fc.record({ kind: fc.constant('mask' as const), vector: fc.nat(3), masked: fc.boolean() }),
      fc.record({ kind: fc.constant('control' as const), value: fc.constantFrom(0, 0x4000, 0x8000, 0xc000) }),
      fc.constant({ kind: 'restore' as const }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { device, msix, sent, write } = machine(4)
        const masked = [true, true, true, true]
        const pending = new Set<number>()
        const expected: number[] = []
        let control = 0
        for (let vector = 0; vector < 4; vector++) write(vector, 8, vector)
        for (const next of steps) {
          if (next.kind === 'signal') {
            msix.signal(next.vector)
            if (control & 0x8000 && next.vector < 4) pending.add(next.vector)
          } else if (next.kind === 'mask') {
            write(next.vector, 12, Number(next.masked))
            masked[next.vector] = next.masked
          } else if (next.kind === 'control') {
            device.writeConfig(CONTROL, 2, next.value)
            control = next.value
          } else {
            const state = device.snapshot()
            device.reset()
            device.restore(state)
          }
          for (const vector of [...pending].sort((a, b) => a - b)) {
            if (control !== 0x8000 || masked[vector]) continue
            pending.delete(vector)
            expected.push(vector)
          }
          expect(sent.map(([, data]) => data)).toEqual(expected)
        }
      }),
      { seed: 4, numRuns: 300 },
    )
  })
})
