import { Bus, MemoryBlockStore, OverlayBlockStore, PciHost } from '@mica-vm/pc-devices'
import { BlockDevice, EntropyDevice } from '@mica-vm/virtio'
import { FakeGuestMemory } from '@mica-vm/virtio/testing'
import { expect, test } from 'vitest'
import { Host, VmmError, type VirtioOptions } from '../../src/index.ts'
import { createVirtioFunction, type VirtioFunction } from '../../src/virtio/pci-function.ts'

const base = 0xe000_0000

/** A random number source on a PCI bus, its BARs placed. */
function plugged(mode: 'modern' | 'transitional' | 'legacy' = 'transitional') {
  const bus = new Bus()
  const messages: [number, number][] = []
  const fn = createVirtioFunction({
    device: new EntropyDevice({ random: () => {} }),
    memory: new FakeGuestMemory(4096),
    mode,
    msi: (address, data) => void messages.push([address, data]),
  })
  new PciHost({ bus, pirq: () => {} }).attach(4, fn)
  fn.writeConfig(0x10, 4, 0xc000)
  fn.writeConfig(0x20, 4, base)
  fn.writeConfig(0x04, 2, 7)
  return { bus, fn, messages }
}

/** The capabilities in order: kind, or -1 for MSI-X, and where they lie. */
function capabilities(fn: VirtioFunction): { at: number; kind: number }[] {
  const all: { at: number; kind: number }[] = []
  for (let at = fn.readConfig(0x34, 1); at !== 0; at = fn.readConfig(at + 1, 1)) {
    all.push({ at, kind: fn.readConfig(at, 1) === 0x11 ? -1 : fn.readConfig(at + 3, 1) })
  }
  return all
}

test('a function has the numbers, BARs and capabilities of its mode (VIRTIO 1.2, 4.1)', () => {
  const { fn } = plugged()
  expect(fn.readConfig(0, 4)).toBe(0x10051af4)
  expect(fn.readConfig(0x2e, 2)).toBe(4)
  // A random number source has no configuration of its own.
  expect(capabilities(fn).map(({ kind }) => kind)).toEqual([-1, 1, 2, 3, 5])
  expect(capabilities(plugged('legacy').fn).map(({ kind }) => kind)).toEqual([-1])
  expect(plugged('modern').fn.readConfig(0, 4)).toBe(0x10441af4)
})

test('the same register answers in its BAR, by ports, and through the window in configuration space (4.1.4.9)', () => {
  const { bus, fn } = plugged()
  bus.writeMmio(base + 0x14, 1, 1)
  expect(bus.readPort(0xc012, 1)).toBe(1)
  const window = capabilities(fn).find(({ kind }) => kind === 5)!.at
  fn.writeConfig(window + 4, 1, 4)
  fn.writeConfig(window + 8, 4, 0x14)
  fn.writeConfig(window + 12, 4, 1)
  expect(fn.readConfig(window + 16, 4)).toBe(1)
  fn.writeConfig(window + 16, 4, 0x03)
  expect(bus.readMmio(base + 0x14, 1)).toBe(3)
  fn.writeConfig(window + 8, 4, 0x16)
  fn.writeConfig(window + 12, 4, 4)
  fn.writeConfig(window + 16, 4, 0)
  expect(bus.readMmio(base + 0x14, 1), 'misaligned: nothing happens').toBe(3)
  fn.reset()
  expect(fn.virtio.session.status).toBe(0)
})

test('messages leave only while the function may master the bus', () => {
  const { bus, fn, messages } = plugged()
  fn.writeConfig(0x14, 4, base + 0x10_0000)
  const msix = capabilities(fn)[0]!.at
  fn.writeConfig(msix + 2, 2, 0x8000)
  for (const [field, value] of [
    [0, 0xfee00000],
    [8, 0x31],
    [12, 0],
  ] as const)
    bus.writeMmio(base + 0x10_0000 + field, 4, value)
  bus.writeMmio(base + 0x10, 2, 0)
  // DRIVER_OK before FEATURES_OK: the device needs a reset, and says so.
  bus.writeMmio(base + 0x14, 1, 4)
  expect(messages).toEqual([[0xfee00000, 0x31]])
  bus.writeMmio(base + 0x14, 1, 0)
  bus.writeMmio(base + 0x10, 2, 0)
  fn.writeConfig(0x04, 2, 3)
  bus.writeMmio(base + 0x14, 1, 4)
  expect(messages).toHaveLength(1)
})

test('a disk over an overlay offers discarding, one over memory alone does not', () => {
  const overlay = new OverlayBlockStore(new MemoryBlockStore(new Uint8Array(8 * 512)))
  const disk = new BlockDevice({ store: overlay, defer: () => {} })
  expect(disk.features).toContain(13)
  expect(new BlockDevice({ store: new MemoryBlockStore(new Uint8Array(512)), defer: () => {} }).features).not.toContain(
    13,
  )
})

test('options that no device can have are refused in one line', () => {
  const host = new Host({ memory: 2 ** 24 })
  const attempt = (virtio: VirtioOptions) => () => host.createVm({ memory: 2 ** 21, firmware: 'mica', virtio })
  const disk = { store: new MemoryBlockStore(new Uint8Array(512)) }
  expect(attempt({ blk: [{ ...disk, serial: 'x'.repeat(21) }] })).toThrow(
    /^virtio\.blk\[0\]: a disk's id has at most 20 bytes/,
  )
  expect(attempt({ blk: new Array(40).fill(disk) })).toThrow('no PCI slot is left for the virtio-blk')
  expect(attempt({ blk: [{ store: new MemoryBlockStore(new Uint8Array(0)) }] })).toThrow(VmmError)
  host.createVm({ memory: 2 ** 21, firmware: 'mica', virtio: { blk: [disk] } }).destroy()
})
