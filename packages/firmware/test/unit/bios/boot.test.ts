// Oracle: what a user would expect to read, and the registers that boot sectors are entered with.
import { expect, test } from 'vitest'
import { FakePc } from '../../../src/testing/index.ts'
import { disc, sectorStore } from '../../support/disc.ts'

const place = { channel: 0, unit: 0 } as const

function screen(pc: FakePc): string {
  const rows = Array.from({ length: 25 }, (_, row) =>
    String.fromCharCode(
      ...Array.from({ length: 80 }, (__, x) => pc.memory.bytes[0xb8000 + 2 * (row * 80 + x)]!),
    ).trimEnd(),
  )
  return rows.join('\n').trimEnd()
}

function bootSector(signed: boolean): Uint8Array {
  const bytes = new Uint8Array(1440 * 512)
  bytes[0] = 0xeb
  if (signed) bytes.set([0x55, 0xaa], 510)
  return bytes
}

test('each device is tried in order, and says why it did not boot; then the user is asked', () => {
  const pc = new FakePc({
    floppies: [{ medium: null, changes: 0 }],
    disks: [{ store: sectorStore(bootSector(false), 512), place }],
    cdroms: [
      { medium: disc(new Uint8Array(40 * 2048)), changes: 0, place },
      { medium: null, changes: 0, place },
    ],
    bootOrder: ['cdrom', 'disk', 'floppy'],
  })
  expect(pc.call(0x19).ended).toBe('waits')
  expect(screen(pc).split('\n')).toEqual([
    'Mica BIOS',
    '',
    'Booting from CD-ROM 1...',
    'CD-ROM 1: it has no El Torito boot record',
    'Booting from CD-ROM 2...',
    'CD-ROM 2: there is no disc in the drive',
    'Booting from hard disk...',
    'hard disk: its first sector is no boot sector (it does not end in 55h AAh)',
    'Booting from floppy...',
    'floppy: there is no diskette in the drive',
    'No bootable device. Press a key to try again.',
  ])
})

test('a key tries again, and what has been put in since boots', () => {
  const drive: { medium: ReturnType<typeof sectorStore> | null; changes: number } = { medium: null, changes: 0 }
  const pc = new FakePc({ floppies: [drive] })
  expect(pc.call(0x19).ended).toBe('waits')
  drive.medium = sectorStore(bootSector(false), 512)
  expect(pc.call(0x18).ended).toBe('waits')
  pc.call(0x09, { eax: 0x1c })
  expect(pc.call(0x18).ended).toBe('elsewhere')
  expect([pc.cpu.cs, pc.cpu.eip, pc.cpu.edx & 0xff, pc.cpu.ss, pc.cpu.esp]).toEqual([0, 0x7c00, 0, 0, 0x7c00])
})

test('INT 18h of a boot sector goes on with the next device', () => {
  const pc = new FakePc({
    floppies: [{ medium: sectorStore(bootSector(true), 512), changes: 0 }],
    disks: [{ store: sectorStore(bootSector(true), 512), place }],
    bootOrder: ['floppy', 'disk'],
  })
  pc.call(0x19)
  expect(pc.cpu.edx).toBe(0)
  pc.call(0x18)
  expect([pc.cpu.cs, pc.cpu.eip, pc.cpu.edx]).toEqual([0, 0x7c00, 0x80])
})

/** A ROM of 512 bytes that adds up to zero; its boot entry is at 40h, if it has one. */
function optionRom(hasBootEntry: boolean): Uint8Array {
  const rom = new Uint8Array(512)
  rom.set([0x55, 0xaa, 1, 0xcb])
  if (hasBootEntry) {
    rom[0x1a] = 0x20
    rom.set([0x24, 0x50, 0x6e, 0x50], 0x20)
    rom[0x20 + 0x1a] = 0x40
  }
  rom[511] = -rom.reduce((sum, byte) => sum + byte, 0)
  return rom
}

test('option ROMs are called in turn, those that are damaged are not, and they boot last', () => {
  const pc = new FakePc()
  pc.memory.bytes.set(optionRom(false), 0xc8000)
  const damaged = optionRom(false)
  damaged[100] = 1
  pc.memory.bytes.set(damaged, 0xc9000)
  pc.memory.bytes.set(optionRom(true), 0xd0000)
  const called: number[] = []
  for (let round = 0; round < 4; round += 1) {
    pc.callOptionRoms()
    if (pc.cpu.cs === 0xf000) break
    expect(pc.cpu.eip).toBe(3)
    called.push(pc.cpu.cs)
  }
  expect(called).toEqual([0xc800, 0xd000])
  pc.call(0x19)
  expect([pc.cpu.cs, pc.cpu.eip]).toEqual([0xd000, 0x40])
  expect(screen(pc)).toContain('Booting from option ROM at D0000h...')
})
