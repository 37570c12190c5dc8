// Oracle: GRUB 2 from Debian: a boot loader that asks a BIOS for everything, and leaves real mode and comes back for it.
import { expect, test } from 'vitest'
import { bioses, disc, disk, firmware, padded, requireImage } from './images.ts'
import { Session, type SessionOptions } from './session.ts'

const memory = 32 * 2 ** 20
const minutes = 60_000

async function comesToMenu(options: Omit<SessionOptions, 'memory'>): Promise<void> {
  const session = new Session({ memory, ...options })
  const menu = await session.shows('will be executed automatically', 5)
  await expect(menu.replaceAll(/\d+s\.$/gm, 'Ns.')).toMatchFileSnapshot('screens/grub-menu.txt')
}

test.for(bioses)('GRUB comes from a CD to its menu by %s', { timeout: 10 * minutes }, async (name, { skip }) => {
  const cdroms = [disc(await requireImage({ skip }, 'grub-cdrom'))]
  await comesToMenu({ firmware: await firmware({ skip }, name), media: { cdroms } })
})

test.for(bioses)('GRUB comes from a hard disk to its menu by %s', { timeout: 10 * minutes }, async (name, { skip }) => {
  const disks = [disk(await requireImage({ skip }, 'grub-cdrom'))]
  await comesToMenu({ firmware: await firmware({ skip }, name), media: { disks } })
})

test.for(bioses)('GRUB comes from a floppy to its menu by %s', { timeout: 10 * minutes }, async (name, { skip }) => {
  const floppies = [disk(padded(await requireImage({ skip }, 'grub-floppy'), 1440))]
  await comesToMenu({ firmware: await firmware({ skip }, name), media: { floppies } })
})
