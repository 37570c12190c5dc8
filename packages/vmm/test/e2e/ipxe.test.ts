// Oracle: iPXE from Debian, behind ISOLINUX: real mode, protected mode and "big real mode" in turn, and a BIOS below.
import { expect, test } from 'vitest'
import { bioses, disc, firmware, requireImage } from './images.ts'
import { Session } from './session.ts'

const memory = 32 * 2 ** 20
// It waits for seconds by polling a timer: the host's clock lets them pass in fewer instructions.
test.for(bioses)('iPXE comes from a CD to its banner by %s', async (name, { skip }) => {
  const cdroms = [disc(await requireImage({ skip }, 'ipxe-cdrom'))]
  const session = new Session({ memory, clock: 'real', firmware: await firmware({ skip }, name), media: { cdroms } })
  const screen = await session.shows(/^Features: .* PXEXT$/m, 500)
  await expect(/^iPXE [^]*(?<=^Features: .*)$/m.exec(screen)?.[0]).toMatchFileSnapshot('screens/ipxe.txt')
})

// As `--kernel` with `--bios`: the firmware's own loader takes an image that needs a BIOS below it.
test("iPXE comes as a kernel to its banner by SeaBIOS's loader", async (context) => {
  const kernel = await requireImage(context, 'ipxe-kernel')
  const session = new Session({ memory, clock: 'real', firmware: await firmware(context, 'SeaBIOS'), boot: { kernel } })
  const screen = await session.shows(/^Features: .* PXEXT$/m, 500)
  expect(screen).toMatch(/Booting from ROM\.\.\.\niPXE initialising devices\.\.\.ok$/m)
})
