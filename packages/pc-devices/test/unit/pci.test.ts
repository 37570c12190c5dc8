import { describe, expect, it } from 'vitest'
import { Bus, createPcPlatform, I440fx, PciDevice, PciHost, type ShadowArea } from '../../src/index.ts'
import { FakeTimers, fakeWallClock, recordedLine } from '../../src/testing/index.ts'

const identity = { vendorId: 0x1af4, deviceId: 0x1041, classCode: 0x020000, revisionId: 1, interruptPin: 1 }

/** A BAR's device that shows where it was touched. */
const echo = {
  readPort: (port: number) => port,
  writePort: () => {},
  readMmio: (offset: number) => offset,
  writeMmio: () => {},
}

function host() {
  const bus = new Bus()
  const pirqs = [0, 1, 2, 3].map(() => recordedLine())
  const pci = new PciHost({ bus, pirq: (index, level) => pirqs[index]!.line(level) })
  bus.attachPorts(0xcf8, 8, pci)
  const select = (slot: number, fn: number, offset: number): void =>
    bus.writePort(0xcf8, 4, (0x80000000 + slot * 0x800 + fn * 0x100 + (offset & 0xfc)) >>> 0)
  const read = (slot: number, offset: number, size: 1 | 2 | 4 = 4): number => {
    select(slot, 0, offset)
    return bus.readPort(0xcfc + (offset & 3), size)
  }
  const write = (slot: number, offset: number, value: number, size: 1 | 2 | 4 = 4): void => {
    select(slot, 0, offset)
    bus.writePort(0xcfc + (offset & 3), size, value)
  }
  return { bus, pirqs, pci, read, write }
}

describe('PCI', () => {
  it('passes the type 1 probe of Linux', () => {
    const { bus } = host()
    bus.writePort(0xcfb, 1, 0x01)
    const saved = bus.readPort(0xcf8, 4)
    bus.writePort(0xcf8, 4, 0x80000000)
    expect(bus.readPort(0xcf8, 4)).toBe(0x80000000)
    bus.writePort(0xcf8, 4, saved)
    expect(bus.readPort(0xcf8, 4)).toBe(saved)
  })

  it('reads all ones where nothing is', () => {
    const { bus, read } = host()
    expect(read(5, 0)).toBe(0xffffffff)
    bus.writePort(0xcf8, 4, 0)
    expect(bus.readPort(0xcfc, 4)).toBe(0xffffffff)
    bus.writePort(0xcf8, 4, 0x80010000)
    expect(bus.readPort(0xcfc, 2)).toBe(0xffff)
  })

  it('shows the header in bytes, words and double words, and keeps what is read-only', () => {
    const { pci, read, write } = host()
    pci.attach(3, new PciDevice(identity))
    expect([read(3, 0), read(3, 2, 2), read(3, 3, 1)]).toEqual([0x10411af4, 0x1041, 0x10])
    expect(read(3, 8)).toBe(0x02000001)
    write(3, 0, 0)
    write(3, 0x3c, 0xffff, 2)
    expect(read(3, 0)).toBe(0x10411af4)
    expect(read(3, 0x3c, 2)).toBe(0x01ff)
    write(3, 4, 0xffff, 2)
    expect(read(3, 4, 2)).toBe(0x0547)
  })

  it('sizes BARs: all ones written reads back as size mask and type', () => {
    const { pci, read, write } = host()
    pci.attach(
      3,
      new PciDevice(identity, [
        { index: 0, kind: 'io', sizeBytes: 32, device: echo },
        { index: 1, kind: 'memory', sizeBytes: 4096, device: echo },
        { index: 2, kind: 'memory', sizeBytes: 0x100000, wide: true, prefetchable: true, device: echo },
      ]),
    )
    for (const offset of [0x10, 0x14, 0x18, 0x1c, 0x20]) write(3, offset, 0xffffffff)
    expect([0x10, 0x14, 0x18, 0x1c, 0x20].map((offset) => read(3, offset))).toEqual([
      0xffffffe1, 0xfffff000, 0xfff0000c, 0xffffffff, 0,
    ])
  })

  it('decodes BARs where and when the guest says', () => {
    const { bus, pci, write } = host()
    pci.attach(
      3,
      new PciDevice(identity, [
        { index: 0, kind: 'io', sizeBytes: 32, device: echo },
        { index: 2, kind: 'memory', sizeBytes: 4096, wide: true, device: echo },
      ]),
    )
    write(3, 0x10, 0xc000)
    write(3, 0x18, 0xe0000000)
    expect([bus.readPort(0xc004, 1), bus.readMmio(0xe0000010, 4)]).toEqual([0xff, 0xffffffff])
    write(3, 4, 3, 2)
    expect([bus.readPort(0xc004, 1), bus.readMmio(0xe0000010, 4)]).toEqual([4, 0x10])
    write(3, 0x1c, 1)
    expect([bus.readMmio(0xe0000010, 4), bus.readMmio(0x1e0000010, 4)]).toEqual([0xffffffff, 0x10])
    write(3, 0x10, 0xd000)
    expect([bus.readPort(0xc004, 1), bus.readPort(0xd004, 1)]).toEqual([0xff, 4])
    // Neither does one at address 0 decode, nor one beyond the ports.
    for (const base of [0, 0x1_0000]) {
      write(3, 0x10, base)
      expect(bus.readPort(4, 1)).toBe(0xff)
    }
    // A BAR on top of the configuration ports loses.
    write(3, 0x10, 0xce0)
    expect(bus.readPort(0xcf8, 4)).toBe(0x80001810)
    write(3, 4, 0, 2)
    expect(bus.readPort(0xce4, 1)).toBe(0xff)
  })

  it('chains capabilities', () => {
    const device = new PciDevice(identity)
    expect(device.addCapability(0x09, [0x10, 1, 2])).toBe(0x40)
    expect(device.addCapability(0x11, [0, 0, 0, 0, 0, 0], [0xff, 0xc0])).toBe(0x48)
    const { pci, read, write } = host()
    pci.attach(1, device)
    expect(read(1, 6, 2) & 0x10).toBe(0x10)
    expect([read(1, 0x34, 1), read(1, 0x40, 2), read(1, 0x48, 2)]).toEqual([0x40, 0x4809, 0x0011])
    write(1, 0x4a, 0xffff, 2)
    expect(read(1, 0x4a, 2)).toBe(0xc0ff)
  })

  it('rotates INTx lines by slot, shares them, and honours the disable bit', () => {
    const { pci, pirqs, write } = host()
    const devices = [1, 2, 3, 4, 5].map((slot) => {
      const device = new PciDevice(identity)
      pci.attach(slot, device)
      return device
    })
    devices[0]!.setInterrupt(true)
    devices[4]!.setInterrupt(true)
    devices[1]!.setInterrupt(true)
    expect(pirqs.map(({ level }) => level)).toEqual([true, true, false, false])
    devices[0]!.setInterrupt(false)
    expect(pirqs[0]!.level).toBe(true)
    write(5, 4, 0x400, 2)
    expect(pirqs[0]!.level).toBe(false)
    expect(pirqs[0]!.rises).toBe(1)
  })

  it('routes PIRQs by the ISA bridge to the PIC, and to pins 16..19', () => {
    const timers = new FakeTimers()
    const pc = createPcPlatform({ timers, wallClock: fakeWallClock(timers), memory: { belowFourGiBBytes: 1 << 24 } })
    const device = new PciDevice(identity, [{ index: 0, kind: 'io', sizeBytes: 8, device: echo }])
    pc.pci.attach(pc.pci.freeSlot, device)
    pc.assignPciResources()
    expect(device.readConfig(0x3c, 1)).toBe(10)
    expect(device.readConfig(4, 2)).toBe(1)
    expect(pc.bus.readPort(device.barBase(0) + 5, 1)).toBe(5)
    const request = (): number => {
      pc.bus.writePort(0xa0, 1, 0x0a)
      return pc.bus.readPort(0xa0, 1)
    }
    device.setInterrupt(true)
    expect(request()).toBe(0x04)
    // PIRQB to IRQ 11, then nowhere.
    pc.bus.writePort(0xcf8, 4, 0x80000860)
    pc.bus.writePort(0xcfd, 1, 11)
    expect(request()).toBe(0x08)
    pc.bus.writePort(0xcfd, 1, 0x80)
    expect(request()).toBe(0)
    expect(pc.ioApic!.snapshot().pins).toBe(1 << 17)
  })

  it('refuses what its programmer gets wrong', () => {
    const { pci } = host()
    pci.attach(1, new PciDevice(identity))
    expect(() => pci.attach(1, new PciDevice(identity))).toThrow(RangeError)
    expect(() => pci.attach(32, new PciDevice(identity))).toThrow(RangeError)
    const bar = { index: 0, kind: 'io', device: echo } as const
    expect(() => new PciDevice(identity, [{ ...bar, sizeBytes: 24 }])).toThrow(/power of two/)
    expect(
      () =>
        new PciDevice(identity, [
          { ...bar, sizeBytes: 8 },
          { ...bar, sizeBytes: 8 },
        ]),
    ).toThrow(/taken/)
  })

  it('shows an expansion ROM where its register says, while both enables are set', () => {
    const { bus, pci, read, write } = host()
    const rom = Uint8Array.from({ length: 3000 }, (_, i) => i & 0xff)
    pci.attach(3, new PciDevice({ ...identity, rom }))
    write(3, 0x30, 0xffff_ffff)
    expect(read(3, 0x30)).toBe(0xffff_f001)
    write(3, 0x30, 0xfebe_0001)
    expect(bus.readMmio(0xfebe_0004, 4)).toBe(0xffff_ffff)
    write(3, 4, 2, 2)
    expect(bus.readMmio(0xfebe_0004, 4)).toBe(0x0706_0504)
    bus.writeMmio(0xfebe_0004, 4, 0)
    expect(bus.readMmio(0xfebe_0004, 4)).toBe(0x0706_0504)
    expect(bus.readMmio(0xfebe_0000 + 3000, 1)).toBe(0xff)
    write(3, 0x30, 0xfebe_0000)
    expect(bus.readMmio(0xfebe_0004, 4)).toBe(0xffff_ffff)
  })

  it('tells how C0000h..FFFFFh is shadowed when the attribute map changes, and only then', () => {
    const areas: ShadowArea[] = []
    const { pci, write } = host()
    pci.attach(0, new I440fx({ shadowAtReset: 'pci', onShadow: (area) => areas.push(area) }))
    write(0, 0x59, 0x30, 1)
    write(0, 0x5a, 0x12, 1)
    write(0, 0x5f, 0x00, 1)
    expect(areas).toEqual([
      { start: 0xf0000, length: 0x10000, read: true, write: true },
      { start: 0xc0000, length: 0x4000, read: false, write: true },
      { start: 0xc4000, length: 0x4000, read: true, write: false },
    ])
  })
})
