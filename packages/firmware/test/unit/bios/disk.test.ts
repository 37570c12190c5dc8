// Oracle: INT 13h as the IBM PS/2 and PC BIOS Interface Technical Reference and the EDD 3.0 and "El Torito" specifications have it.
import { describe, expect, test } from 'vitest'
import { FakePc } from '../../../src/testing/index.ts'
import { bootableDisc, disc, sectorStore } from '../../support/disc.ts'

const SECTOR = 512
const place = { channel: 0, unit: 0 } as const

/** Sectors that begin with their number. */
function numbered(sectors: number): Uint8Array {
  const bytes = new Uint8Array(sectors * SECTOR)
  const view = new DataView(bytes.buffer)
  for (let sector = 0; sector < sectors; sector += 1) view.setUint32(sector * SECTOR, sector + 1, true)
  return bytes
}

function status(pc: FakePc): number {
  return (pc.cpu.eax >> 8) & 0xff
}

describe('diskettes', () => {
  test('are read, written, verified and formatted by cylinder, head and sector', () => {
    const bytes = numbered(2880)
    const pc = new FakePc({ floppies: [{ medium: sectorStore(bytes, SECTOR), changes: 0 }] })
    const word = (): number => pc.memory.word(0x10000)
    expect(pc.call(0x13, { eax: 0x0202, ecx: 0x0112, edx: 0x0100, es: 0x1000 }).carry).toBe(false)
    expect([pc.cpu.eax & 0xffff, word()]).toEqual([2, 1 * 36 + 18 + 17 + 1])
    pc.memory.setWord(0x10000, 0xbeef)
    pc.call(0x13, { eax: 0x0301, ecx: 0x0005, es: 0x1000 })
    expect(bytes[4 * SECTOR]).toBe(0xef)
    expect(pc.call(0x13, { eax: 0x0401, ecx: 0x0013 }).carry).toBe(true)
    expect(status(pc)).toBe(4)
    pc.memory.bytes.set([3, 1, 1, 2], 0x11000)
    pc.call(0x13, { eax: 0x0501, edx: 0x0100, es: 0x1100 })
    expect(bytes[(3 * 36 + 18) * SECTOR]).toBe(0xf6)
  })

  test('a change is told of once; a missing diskette and drive fail each in its way', () => {
    const drive = { medium: sectorStore(numbered(1440), SECTOR), changes: 0 }
    const pc = new FakePc({ floppies: [drive, { medium: null, changes: 0 }] })
    drive.changes += 1
    pc.call(0x13, { eax: 0x0201, ecx: 1, es: 0x1000 })
    expect(status(pc)).toBe(6)
    pc.call(0x13, { eax: 0x0201, ecx: 1, es: 0x1000 })
    expect(status(pc)).toBe(0)
    drive.changes += 1
    pc.call(0x13, { eax: 0x1600 })
    expect(status(pc)).toBe(6)
    pc.call(0x13, { eax: 0x0201, ecx: 1, edx: 1, es: 0x1000 })
    expect(status(pc)).toBe(0x80)
    pc.call(0x13, { eax: 0x0800, edx: 2 })
    expect(pc.cpu.edx & 0xff).toBe(2)
    expect(pc.call(0x13, { eax: 0x1500, edx: 2 }).carry).toBe(false)
    expect(status(pc)).toBe(0)
  })

  test('a protected one refuses writes, and says so again', () => {
    const pc = new FakePc({ floppies: [{ medium: sectorStore(numbered(2880), SECTOR, true), changes: 0 }] })
    pc.call(0x13, { eax: 0x0301, ecx: 1 })
    expect(status(pc)).toBe(3)
    pc.call(0x13, { eax: 0x0100 })
    expect(status(pc)).toBe(3)
  })
})

describe('AH=46h', () => {
  const eject = (pc: FakePc): number => {
    pc.call(0x13, { eax: 0x4600, edx: 0xe0 })
    return status(pc)
  }

  test('opens the tray unless it is locked, and then there is no medium', () => {
    const drive = {
      medium: disc(new Uint8Array(20 * 2048)) as ReturnType<typeof disc> | null,
      changes: 0,
      place,
      eject: (): void => void (drive.medium = null),
    }
    const pc = new FakePc({ cdroms: [drive] })
    pc.call(0x13, { eax: 0x4500, edx: 0xe0 })
    expect([eject(pc), drive.medium !== null]).toEqual([0xb1, true])
    pc.call(0x13, { eax: 0x4501, edx: 0xe0 })
    expect([eject(pc), drive.medium, eject(pc)]).toEqual([0, null, 0x31])
  })

  test('fails where only the owner of the machine changes media', () => {
    expect(eject(new FakePc({ cdroms: [{ medium: disc(new Uint8Array(20 * 2048)), changes: 0, place }] }))).toBe(0xb5)
  })
})

describe('disks', () => {
  const machine = (sectors: number): { pc: FakePc; bytes: Uint8Array } => {
    const bytes = numbered(sectors)
    return { bytes, pc: new FakePc({ disks: [{ store: sectorStore(bytes, SECTOR), place }] }) }
  }

  test('packets name sectors by number; a failed one says how many were moved', () => {
    const { pc } = machine(20_000)
    const packet = new DataView(pc.memory.bytes.buffer, 0x600)
    packet.setUint16(0, 0x10, true)
    packet.setUint16(2, 3, true)
    packet.setUint32(4, 0x1000_0000, true)
    packet.setUint32(8, 12_345, true)
    expect(pc.call(0x13, { eax: 0x4200, edx: 0x80, esi: 0x600 }).carry).toBe(false)
    expect([pc.memory.word(0x10000), pc.memory.word(0x10400)]).toEqual([12_346, 12_348])
    packet.setUint32(8, 19_999, true)
    expect(pc.call(0x13, { eax: 0x4200, edx: 0x80, esi: 0x600 }).carry).toBe(true)
    expect(pc.memory.word(0x602)).toBe(0)
    packet.setUint32(12, 0xffff_ffff, true)
    expect(pc.call(0x13, { eax: 0x4300, edx: 0x80, esi: 0x600 }).carry).toBe(true)
  })

  test('a packet of 18h bytes reaches memory by a 64-bit address', () => {
    const { pc } = machine(100)
    const packet = new DataView(pc.memory.bytes.buffer, 0x600)
    packet.setUint16(0, 0x18, true)
    packet.setUint16(2, 1, true)
    packet.setUint32(4, 0xffff_ffff, true)
    packet.setUint32(8, 7, true)
    packet.setUint32(16, 0x10_8000, true)
    pc.call(0x13, { eax: 0x4200, edx: 0x80, esi: 0x600 })
    expect(pc.memory.word(0x10_8000)).toBe(8)
    packet.setUint32(20, 1, true)
    expect(pc.call(0x13, { eax: 0x4200, edx: 0x80, esi: 0x600 }).carry).toBe(true)
  })

  test('parameters are told as far as there is room', () => {
    const { pc } = machine(20_000)
    for (const [room, size] of [
      [0x1a, 0x1a],
      [0x1e, 0x1e],
      [0x42, 0x42],
      [0xffff, 0x42],
    ] as const) {
      pc.memory.bytes.fill(0xcc, 0x600, 0x700)
      pc.memory.setWord(0x600, room)
      expect(pc.call(0x13, { eax: 0x4800, edx: 0x80, esi: 0x600 }).carry).toBe(false)
      expect(pc.memory.word(0x600)).toBe(size)
      expect(pc.memory.bytes[0x600 + size]).toBe(0xcc)
      expect(pc.memory.word(0x610)).toBe(20_000)
    }
    const path = pc.memory.bytes.subarray(0x61e, 0x642)
    expect(path.reduce((sum, byte) => (sum + byte) & 0xff, 0)).toBe(0)
    pc.memory.setWord(0x600, 0x19)
    expect(pc.call(0x13, { eax: 0x4800, edx: 0x80, esi: 0x600 }).carry).toBe(true)
  })

  test('a transfer to memory that refuses it fails', () => {
    const { pc } = machine(100)
    expect(pc.call(0x13, { eax: 0x0201, ecx: 1, edx: 0x80, es: 0xf000 }).carry).toBe(true)
    expect(pc.cpu.eax & 0xff).toBe(0)
  })
})

describe('CDs', () => {
  const image = { catalog: 20, loadSegment: 0, loadSectors: 4, start: 24, sectionsBefore: -1, sectors: 4000 }
  const boot = (mediaType: number): { pc: FakePc; bytes: Uint8Array } => {
    const bytes = bootableDisc({ ...image, mediaType })
    for (let sector = 0; sector < 12_000; sector += 1) {
      new DataView(bytes.buffer).setUint32(image.start * 2048 + sector * SECTOR, 0xc0de_0000 + sector, true)
    }
    const floppy = { medium: sectorStore(numbered(2880), SECTOR), changes: 0 }
    const pc = new FakePc({
      floppies: [floppy],
      disks: [{ store: sectorStore(numbered(5000), SECTOR), place }],
      cdroms: [{ medium: disc(bytes), changes: 0, place: { channel: 1, unit: 0 } }],
      bootOrder: ['cdrom'],
    })
    pc.call(0x19)
    return { pc, bytes }
  }

  test('without emulation: its sectors are loaded, and the drive is read by packets of 2048 bytes', () => {
    const { pc } = boot(0)
    expect([pc.cpu.cs, pc.cpu.eip, pc.cpu.edx]).toEqual([0, 0x7c00, 0xe0])
    expect(pc.memory.word(0x7c00 + 3 * SECTOR)).toBe(3)
    const packet = new DataView(pc.memory.bytes.buffer, 0x600)
    packet.setUint16(0, 0x10, true)
    packet.setUint16(2, 1, true)
    packet.setUint32(4, 0x1000_0000, true)
    packet.setUint32(8, image.start + 1, true)
    expect(pc.call(0x13, { eax: 0x4200, edx: 0xe0, esi: 0x600 }).carry).toBe(false)
    expect(pc.memory.word(0x10000)).toBe(4)
    expect(pc.call(0x13, { eax: 0x4b01, edx: 0xe0, esi: 0x800 }).carry).toBe(false)
    expect([...pc.memory.bytes.subarray(0x800, 0x803)]).toEqual([0x13, 0, 0xe0])
  })

  test('as a diskette: it is drive A, which moves to B until the emulation ends', () => {
    const { pc } = boot(2)
    expect([pc.cpu.cs, pc.cpu.eip, pc.cpu.edx]).toEqual([0, 0x7c00, 0])
    const first = (drive: number): number => {
      pc.call(0x13, { eax: 0x0201, ecx: 0x0102, edx: drive, es: 0x1000 })
      return pc.memory.word(0x10000) + pc.memory.word(0x10002) * 0x10000
    }
    expect(first(0)).toBe(0xc0de_0000 + 36 + 1)
    expect(first(1)).toBe(36 + 1 + 1)
    pc.call(0x13, { eax: 0x0301, ecx: 1, edx: 0 })
    expect(status(pc)).toBe(3)
    pc.call(0x13, { eax: 0x0800, edx: 0 })
    expect(pc.cpu.edx & 0xff).toBe(2)
    pc.call(0x13, { eax: 0x4b00, esi: 0x800 })
    expect(first(0)).toBe(36 + 1 + 1)
    expect(pc.call(0x13, { eax: 0x4b01, esi: 0x800 }).carry).toBe(true)
  })

  test('as a hard disk: it is 80h, and the first disk 81h', () => {
    const { pc } = boot(4)
    expect(pc.cpu.edx).toBe(0x80)
    pc.call(0x13, { eax: 0x0201, ecx: 1, edx: 0x81, es: 0x1000 })
    expect(pc.memory.word(0x10000)).toBe(1)
    pc.call(0x13, { eax: 0x0201, ecx: 1, edx: 0x80, es: 0x1000 })
    expect(pc.memory.word(0x10002)).toBe(0xc0de)
  })

  test('locks count', () => {
    const { pc } = boot(0)
    const lock = (al: number): number => {
      pc.call(0x13, { eax: 0x4500 | al, edx: 0xe0 })
      return pc.cpu.eax & 0xffff
    }
    expect([lock(1), lock(0), lock(0), lock(1), lock(2), lock(1), lock(2)]).toEqual([0xb001, 1, 1, 1, 1, 0, 0])
  })
})
