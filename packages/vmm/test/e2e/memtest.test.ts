// Oracle: Memtest86+ from Debian, which compares what it reads with what it wrote by every kind of access.
import { expect, test } from 'vitest'
import { bioses, disc, firmware, isLong, requireImage } from './images.ts'
import { Session } from './session.ts'

const mib = 2 ** 20

test('Memtest86+ starts from its own boot protocol and finds no error in its first tests', async (context) => {
  const kernel = await requireImage(context, 'memtest-kernel')
  const session = new Session({ memory: 16 * mib, boot: { kernel }, screen: 'text80x25' })
  expect(await session.shows('Test #4', 20)).toMatch(/Errors: 0 *$/m)
})

test.runIf(isLong)('Memtest86+ completes a pass over 16 MiB', async (context) => {
  const kernel = await requireImage(context, 'memtest-kernel')
  const session = new Session({ memory: 16 * mib, boot: { kernel }, screen: 'text80x25' })
  expect(await session.shows('Pass:  1 ', 600)).toMatch(/Errors: 0 *$/m)
})

test.for(bioses)('Memtest86+ starts from a CD by %s', async (name, { skip }) => {
  const cdroms = [disc(await requireImage({ skip }, 'memtest-cdrom'))]
  const session = new Session({ memory: 16 * mib, firmware: await firmware({ skip }, name), media: { cdroms } })
  expect(await session.shows('Test #4', 20)).toMatch(/Errors: 0 *$/m)
})
