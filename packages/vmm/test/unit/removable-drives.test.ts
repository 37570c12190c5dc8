// Oracles: 82077AA data sheet, section 2.1.8 (DSKCHG); MMC-3, 5.7, 6.7 and annex A.1: unit attention, media events, locked trays.
import { expect, test } from 'vitest'
import { MemoryBlockStore, type DeviceContext, type VirtualMachine, type VmOptions } from '../../src/index.ts'
import { mib, smallHost } from '../support/machines.ts'

type Bus = DeviceContext['bus']

const bios = new Uint8Array(65_536)
const diskette = (kib: number, fill = 0): MemoryBlockStore =>
  new MemoryBlockStore(new Uint8Array(kib * 1024).fill(fill))
const disc = (sectors: number): MemoryBlockStore =>
  new MemoryBlockStore(new Uint8Array(sectors * 2048), { sectorBytes: 2048, readOnly: true })

function machineWith(media: VmOptions['media']): { vm: VirtualMachine; bus: Bus } {
  let bus: Bus | undefined
  const vm = smallHost().createVm({
    memory: 2 * mib,
    firmware: { bios },
    media: media!,
    devices: [(context) => void (bus = context.bus)],
  })
  return { vm, bus: bus! }
}

const changeLine = (bus: Bus): number => bus.readPort(0x3f7, 1) >> 7
/** A step of drive A: RECALIBRATE, and the SENSE INTERRUPT that ends it. */
function step(bus: Bus): void {
  for (const byte of [0x07, 0x00, 0x08]) bus.writePort(0x3f5, 1, byte)
  for (let i = 0; i < 2; i++) bus.readPort(0x3f5, 1)
}
const readSector = (bus: Bus): number => {
  bus.writePort(0x3f7, 1, 0)
  // SPECIFY without DMA; READ of the first sector.
  for (const byte of [0x03, 0xdf, 0x03, 0x46, 0, 0, 0, 1, 2, 1, 0x1b, 0xff]) bus.writePort(0x3f5, 1, byte)
  const first = bus.readPort(0x3f5, 1)
  for (let i = 1; i < 512 + 7; i++) bus.readPort(0x3f5, 1)
  return first
}

test('the disk change line tells of a diskette that came or went, until a step finds one', () => {
  const { vm, bus } = machineWith({ floppies: [diskette(1440, 0x11)] })
  bus.writePort(0x3f2, 1, 0x1c)
  for (let i = 0; i < 4; i++) {
    bus.writePort(0x3f5, 1, 0x08)
    for (let byte = 0; byte < 2; byte++) bus.readPort(0x3f5, 1)
  }
  step(bus)
  expect([changeLine(bus), readSector(bus)]).toEqual([0, 0x11])
  const [drive] = vm.floppies
  expect(drive!.eject()).toBe(true)
  expect([drive!.medium, changeLine(bus)]).toEqual([null, 1])
  step(bus)
  expect(changeLine(bus)).toBe(1)
  const next = diskette(720, 0x22)
  drive!.insert(next)
  expect([drive!.medium, changeLine(bus)]).toEqual([next, 1])
  step(bus)
  expect(changeLine(bus)).toBe(0)
  // A diskette over another one: the line tells of that, too.
  drive!.insert(diskette(1440, 0x33))
  expect(changeLine(bus)).toBe(1)
  step(bus)
  expect([changeLine(bus), readSector(bus)]).toEqual([0, 0x33])
})

const atapi = 0x170
/** Sends a packet to the master of the second cable; the status, and the sense key that the error register has. */
function packet(bus: Bus, bytes: readonly number[]): { failed: boolean; key: number } {
  bus.writePort(atapi + 6, 1, 0xa0)
  bus.writePort(atapi + 1, 1, 0)
  bus.writePort(atapi + 4, 1, 0xfe)
  bus.writePort(atapi + 5, 1, 0xff)
  bus.writePort(atapi + 7, 1, 0xa0)
  for (let i = 0; i < 12; i += 2) bus.writePort(atapi, 2, (bytes[i] ?? 0) | ((bytes[i + 1] ?? 0) << 8))
  return { failed: (bus.readPort(atapi + 7, 1) & 1) !== 0, key: bus.readPort(atapi + 1, 1) >> 4 }
}
const answer = (bus: Bus, bytes: number): number[] =>
  Array.from({ length: bytes / 2 }, () => bus.readPort(atapi, 2)).flatMap((word) => [word & 0xff, word >> 8])
const isReady = (bus: Bus): string => {
  const { failed, key } = packet(bus, [0x00])
  return failed ? `sense key ${key}` : 'ready'
}
const event = (bus: Bus): number[] => {
  packet(bus, [0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8])
  return answer(bus, 8).slice(4, 6)
}
const lastSector = (bus: Bus): number => {
  packet(bus, [0x25])
  const [, , high = 0, low = 0] = answer(bus, 8)
  return high * 256 + low
}
const lock = (bus: Bus, on: boolean): void => void packet(bus, [0x1e, 0, 0, 0, on ? 1 : 0])

test('a disc that comes is told by a unit attention and an event; one that goes leaves the drive not ready', () => {
  const { vm, bus } = machineWith({ cdroms: [disc(10)] })
  const [drive] = vm.cdroms
  expect([isReady(bus), lastSector(bus)]).toEqual(['ready', 9])
  drive!.eject()
  expect([isReady(bus), event(bus), event(bus)]).toEqual(['sense key 2', [3, 0], [0, 0]])
  drive!.insert(disc(20))
  expect([isReady(bus), isReady(bus), lastSector(bus)]).toEqual(['sense key 6', 'ready', 19])
  expect(event(bus)).toEqual([2, 2])
  // In place of another one: the guest must not go on as if nothing had happened.
  drive!.insert(disc(30))
  expect([isReady(bus), lastSector(bus)]).toEqual(['sense key 6', 29])
})

test('a guest that has locked the tray is asked, and force does not ask', () => {
  const { vm, bus } = machineWith({ cdroms: [disc(10)] })
  const [drive] = vm.cdroms
  lock(bus, true)
  expect(drive!.eject()).toBe(false)
  expect([isReady(bus), event(bus)]).toEqual(['ready', [1, 2]])
  expect(() => drive!.insert(disc(20))).toThrow(/the guest has locked the tray.*force/)
  expect(drive!.eject({ force: true })).toBe(true)
  expect([drive!.medium, isReady(bus)]).toEqual([null, 'sense key 2'])
  drive!.insert(disc(20))
  expect(isReady(bus)).toBe('sense key 6')
  lock(bus, false)
  expect(drive!.eject()).toBe(true)
})

test('the host hears of a disc that the guest ejects', () => {
  const { vm, bus } = machineWith({ cdroms: [disc(10), null] })
  const ejected: number[] = []
  vm.on('eject', ({ cdrom }) => ejected.push(cdrom))
  packet(bus, [0x1b, 0, 0, 0, 2])
  packet(bus, [0x1b, 0, 0, 0, 2])
  expect([ejected, vm.cdroms.map(({ medium }) => medium)]).toEqual([[0], [null, null]])
})

test('a reset of the machine leaves media where they are', () => {
  const { vm, bus } = machineWith({ floppies: [null], cdroms: [null] })
  vm.cdroms[0]!.insert(disc(7))
  vm.floppies[0]!.insert(diskette(1440, 0x44))
  vm.reset()
  expect([isReady(bus), lastSector(bus)]).toEqual(['ready', 6])
  expect(vm.floppies[0]!.medium?.sectors).toBe(2880)
})

test('a drive refuses what does not fit, in one line, and keeps what it has', () => {
  const first = diskette(1440)
  const { vm } = machineWith({ floppies: [first, diskette(360)], cdroms: [null] })
  const refusals: readonly [number, number, RegExp][] = [
    [0, 2880, /2880K; this drive takes 720K, 1440K/],
    [0, 1200, /1200K; this drive takes 720K, 1440K/],
    [1, 1440, /1440K; this drive takes 360K, 1200K/],
  ]
  for (const [drive, kib, message] of refusals) expect(() => vm.floppies[drive]!.insert(diskette(kib))).toThrow(message)
  expect(() => vm.floppies[0]!.insert(disc(10))).toThrow(/sectors of 2048 bytes; must be 512/)
  expect(() => vm.cdroms[0]!.insert(first)).toThrow(/sectors of 512 bytes; must be 2048/)
  expect(vm.floppies[0]!.medium).toBe(first)
})

test('an empty drive boots nothing, and is there', () => {
  const { vm, bus } = machineWith({ floppies: [null] })
  expect(vm.floppies.map(({ medium }) => medium)).toEqual([null])
  bus.writePort(0x70, 1, 0x10)
  expect(bus.readPort(0x71, 1)).toBe(0x40)
})
