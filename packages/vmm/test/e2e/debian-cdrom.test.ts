// Oracle: Debian's kernel as installation discs start it: El Torito, GRUB, the 16-bit setup code, a BIOS's tables, the kernel unpacking itself.
import { expect, test } from 'vitest'
import { bioses, disc, firmware, requireImage } from './images.ts'
import { Session } from './session.ts'

const memory = 256 * 2 ** 20
test.for(bioses)("Debian's kernel comes from a CD to a shell by %s", async (name, { skip }) => {
  const cdroms = [disc(await requireImage({ skip }, 'debian-cdrom'))]
  const session = new Session({ memory, firmware: await firmware({ skip }, name), media: { cdroms } })
  await session.sends('mica:/root# ', 60)
  session.vm.serial[0]!.send('grep -c processor /proc/cpuinfo; echo $((6*7)); poweroff -f\n')
  expect(await session.ends(30)).toEqual({ reason: 'powered-off', by: 'guest' })
  expect(session.serial).toMatch(/^1\r\n42\r$/m)
  expect(session.serial).toMatch(/SMBIOS [\d.]+ present/)
})
