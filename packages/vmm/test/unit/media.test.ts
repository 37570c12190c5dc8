import { expect, test } from 'vitest'
import { MemoryBlockStore, VmmError, type VmOptions } from '../../src/index.ts'
import { mib, smallHost } from '../support/machines.ts'

const bios = new Uint8Array(65_536)
const floppy = new MemoryBlockStore(new Uint8Array(1440 * 1024))
const disk = new MemoryBlockStore(new Uint8Array(512 * 100))
const cdrom = new MemoryBlockStore(new Uint8Array(2048 * 10), { sectorBytes: 2048 })

function refusal(options: Partial<VmOptions>): string {
  try {
    smallHost()
      .createVm({ memory: 2 * mib, ...options })
      .destroy()
  } catch (error) {
    if (error instanceof VmmError) return error.message
    throw error
  }
  return 'nothing was wrong'
}

test.each<[string, Partial<VmOptions>, RegExp]>([
  ['a third floppy', { media: { floppies: [floppy, floppy, floppy] } }, /3 floppies.*2 drives/],
  ['a fifth IDE drive', { media: { disks: [disk, disk, disk], cdroms: [cdrom, cdrom] } }, /3 disks and 2 CD-ROMs/],
  ['a floppy of a size that no drive takes', { media: { floppies: [disk] } }, /50K; must have 360K/],
  ['a CD-ROM of small sectors', { media: { cdroms: [disk] } }, /cdrom.*512 bytes; must be 2048/],
  ['an empty disk', { media: { disks: [new MemoryBlockStore(new Uint8Array(0))] } }, /disk image is empty/],
  ['an order with what is not there', { media: { disks: [disk] }, bootOrder: ['floppy'] }, /there is no floppy/],
  ['a BIOS of a size that no ROM has', { firmware: { bios: new Uint8Array(1000) } }, /1000 bytes; must be a multiple/],
  ['a VGA BIOS that is none', { firmware: { bios, vgaBios: new Uint8Array(512) } }, /no option ROM/],
])('%s is refused in one line', (_, options, message) => {
  const line = refusal({ firmware: { bios }, ...options })
  expect(line).toMatch(message)
  expect(line).not.toContain('\n')
})

test('what drives take is taken, in all sizes of diskettes', () => {
  for (const kib of [360, 720, 1200, 1440, 2880]) {
    const media = { floppies: [new MemoryBlockStore(new Uint8Array(kib * 1024))], disks: [disk], cdroms: [cdrom] }
    expect(refusal({ firmware: { bios }, media, bootOrder: ['cdrom', 'floppy'] })).toBe('nothing was wrong')
  }
})
