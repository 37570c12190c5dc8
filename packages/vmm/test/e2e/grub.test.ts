// Oracle: GRUB 2 from Debian: a boot loader that asks a BIOS for everything, and leaves real mode and comes back for it.
import { expect, test } from 'vitest'
import { bioses, disc, disk, firmware, padded, requireImage } from './images.ts'
import { Session, type SessionOptions } from './session.ts'

const memory = 32 * 2 ** 20
const timeout = 600_000

/** It waits for keys by asking the BIOS without a pause: the host's clock lets that time pass in fewer instructions. */
async function comesToMenu(options: Pick<SessionOptions, 'firmware' | 'media'>): Promise<Session> {
  const session = new Session({ memory, clock: 'real', ...options })
  const menu = await session.shows(/will be executed automatically in \d+s\.$/m, 250)
  await expect(menu.replaceAll(/\d+s\.$/gm, 'Ns.')).toMatchFileSnapshot('screens/grub-menu.txt')
  return session
}

test.for(bioses)('GRUB comes from a CD to its menu and obeys, by %s', { timeout }, async (name, { skip }) => {
  const cdroms = [disc(await requireImage({ skip }, 'grub-cdrom'))]
  const session = await comesToMenu({ firmware: await firmware({ skip }, name), media: { cdroms } })
  session.type('c')
  await session.shows(/^grub>$/m, 250)
  session.type('ls\n')
  await session.shows(/^\(cd\) \(cd,msdos1\)$/m, 250)
})

test.for(bioses)('GRUB comes from a hard disk to its menu by %s', { timeout }, async (name, { skip }) => {
  const disks = [disk(await requireImage({ skip }, 'grub-cdrom'))]
  await comesToMenu({ firmware: await firmware({ skip }, name), media: { disks } })
})

test.for(bioses)('GRUB comes from a floppy to its menu by %s', { timeout }, async (name, { skip }) => {
  const floppies = [disk(padded(await requireImage({ skip }, 'grub-floppy'), 1440))]
  await comesToMenu({ firmware: await firmware({ skip }, name), media: { floppies } })
})
