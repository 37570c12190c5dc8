import { describe, expect, it } from 'vitest'
import { createPcPlatform, FW_CFG_KEYS, type PcPlatform } from '../../src/index.ts'
import { FakeTimers, fakeWallClock } from '../../src/testing/index.ts'
import { arrayMemory } from '../support/ide-bench.ts'

const ram = new Uint8Array(0x10000)

function machine(): PcPlatform {
  const timers = new FakeTimers()
  return createPcPlatform({
    timers,
    wallClock: fakeWallClock(timers),
    memory: { belowFourGiBBytes: 2 ** 20 },
    dmaMemory: arrayMemory(ram),
    vga: { memoryBytes: 2 ** 20 },
    ide: {},
    fwCfg: {
      ramBytes: 64 * 2 ** 20,
      cpus: 2,
      e820: [{ start: 0, length: 0xa0000, type: 1 }],
      files: { 'etc/one': 'hello', 'etc/two': new Uint8Array(4) },
      writable: ['etc/two'],
    },
  })
}

function select(pc: PcPlatform, key: number, bytes: number): number[] {
  pc.bus.writePort(0x510, 2, key)
  return Array.from({ length: bytes }, () => pc.bus.readPort(0x511, 1))
}

function dma({ bus }: PcPlatform, control: number, length: number, address: number): number {
  const view = new DataView(ram.buffer)
  view.setUint32(0x100, control)
  view.setUint32(0x104, length)
  view.setUint32(0x108, 0)
  view.setUint32(0x10c, address)
  bus.writePort(0x514, 4, 0)
  bus.writePort(0x518, 4, 0x0001_0000)
  return view.getUint32(0x100)
}

describe('fw_cfg', () => {
  it('serves items by port and a directory of files', () => {
    const pc = machine()
    expect(String.fromCharCode(...select(pc, 0, 4))).toBe('QEMU')
    expect(select(pc, FW_CFG_KEYS.ID, 4)).toEqual([3, 0, 0, 0])
    expect(select(pc, FW_CFG_KEYS.CPU_COUNT, 3)).toEqual([2, 0, 0])
    expect(select(pc, FW_CFG_KEYS.RAM_SIZE, 8)).toEqual([0, 0, 0, 4, 0, 0, 0, 0])
    const directory = select(pc, FW_CFG_KEYS.FILE_DIRECTORY, 4 + 3 * 64)
    expect(directory.slice(0, 4)).toEqual([0, 0, 0, 3])
    const names = [0, 1, 2].map((i) => String.fromCharCode(...directory.slice(12 + 64 * i, 20 + 64 * i)))
    expect(names).toEqual(['etc/e820', 'etc/one\0', 'etc/two\0'])
    expect(directory.slice(4 + 64, 10 + 64)).toEqual([0, 0, 0, 5, 0, 0x21])
    expect(String.fromCharCode(...select(pc, 0x21, 6))).toBe('hello\0')
    expect(select(pc, 0x7777, 2)).toEqual([0, 0])
  })

  it('reads, skips and writes by DMA, pads with zeros, refuses what it must not do', () => {
    const pc = machine()
    expect([pc.bus.readPort(0x514, 4), pc.bus.readPort(0x518, 4)]).toEqual([0x554d4551, 0x47464320])
    ram.fill(0xee, 0x200, 0x220)
    expect(dma(pc, (0x21 << 16) | 8 | 4, 1, 0)).toBe(0)
    expect(dma(pc, 2, 6, 0x200)).toBe(0)
    expect([...ram.subarray(0x200, 0x207)]).toEqual([...Buffer.from('ello'), 0, 0, 0xee])
    expect(dma(pc, (0x22 << 16) | 8 | 16, 4, 0x200)).toBe(0)
    expect(select(pc, 0x22, 4)).toEqual([...Buffer.from('ello')])
    expect(dma(pc, (0x21 << 16) | 8 | 16, 4, 0x200)).toBe(1)
    expect(dma(pc, (0x21 << 16) | 8 | 2, 0xffff_ffff, 0x200)).toBe(1)
    expect(dma(pc, (0x21 << 16) | 8 | 2, 5, 0xffff)).toBe(1)
    const copy = machine()
    copy.restore(JSON.parse(JSON.stringify(pc.snapshot())))
    expect(select(copy, 0x22, 4)).toEqual([...Buffer.from('ello')])
  })
})

describe('a platform with firmware devices', () => {
  it('has them at their places, gives them addresses, resets and restores them', () => {
    const pc = machine()
    const id = (place: number): number => {
      pc.bus.writePort(0xcf8, 4, 0x8000_0000 + place)
      return pc.bus.readPort(0xcfc, 4)
    }
    expect([id(0x900), id(0x1000)]).toEqual([0x70108086, 0x11111234])
    pc.assignPciResources()
    expect(pc.firmwareDevices.ide!.barBase(4)).toBeGreaterThanOrEqual(0xc000)
    const frame = pc.firmwareDevices.vga!.barBase(0)
    pc.bus.writeMmio(frame, 4, 0x12345678)
    const copy = machine()
    copy.restore(JSON.parse(JSON.stringify(pc.snapshot())))
    expect(copy.bus.readMmio(frame, 4)).toBe(0x12345678)
    expect(copy.snapshot()).toEqual(pc.snapshot())
    pc.reset()
    expect(pc.firmwareDevices.vga!.barBase(0)).toBe(0)
  })

  it('asks anew for a file that depends on what the guest did, whenever it is selected', () => {
    const timers = new FakeTimers()
    let asked = 0
    const pc = createPcPlatform({
      timers,
      wallClock: fakeWallClock(timers),
      memory: { belowFourGiBBytes: 2 ** 20 },
      dmaMemory: arrayMemory(ram),
      fwCfg: { ramBytes: 2 ** 20, files: { changing: () => Uint8Array.of(0x40, asked++) } },
    })
    expect(select(pc, 0x20, 3)).toEqual([0x40, 1, 0])
    expect(select(pc, 0x20, 3)).toEqual([0x40, 2, 0])
  })

  it('asks for the memory that devices need', () => {
    const timers = new FakeTimers()
    const rest = { timers, wallClock: fakeWallClock(timers), memory: { belowFourGiBBytes: 2 ** 20 } }
    expect(() => createPcPlatform({ ...rest, ide: {} })).toThrow(/dmaMemory/)
    expect(() => createPcPlatform({ ...rest, fwCfg: { ramBytes: 1 } })).toThrow(/dmaMemory/)
  })
})
