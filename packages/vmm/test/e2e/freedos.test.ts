// Oracle: FreeDOS and SeaBIOS, unmodified: what they show.
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { mica, scratch } from '../support/command.ts'
import { requireSeaBios } from './seabios.ts'

const files = scratch()
const minutes = 60_000
/** FreeDOS on a diskette of 720K, beside the repository: it is not part of it. */
const image =
  process.env['MICA_FREEDOS'] ?? fileURLToPath(new URL('../../../../../shared/guests/freedos722.img', import.meta.url))

test('FreeDOS boots from a floppy by SeaBIOS, and lists it', { timeout: 5 * minutes }, async (context) => {
  const { bios, vgaBios } = requireSeaBios(context)
  if (!existsSync(image)) return context.skip(`there is no ${image} (MICA_FREEDOS names another one)`)
  const screen = files.path('freedos.txt')
  const firmware = ['--bios', bios, '--vgabios', vgaBios]
  const ends = ['--screen', screen, '--exit-on', 'bytes free', '--timeout', '280']
  const { status, stderr } = await mica(['run', ...firmware, '--floppy', image, '--snapshot', ...ends], 'dir\r\n')
  const text = readFileSync(screen, 'utf8')
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(text).toMatch(/^HELLO {4}ASM +163 {2}10-25-12/m)
  expect(text).toMatch(/^ +18 file\(s\) +401,541 bytes$/m)
})

test(
  'FreeDOS boots from a floppy by the BIOS of this package, and lists it',
  { timeout: 5 * minutes },
  async (context) => {
    if (!existsSync(image)) return context.skip(`there is no ${image} (MICA_FREEDOS names another one)`)
    const screen = files.path('freedos-mica.txt')
    const ends = ['--screen', screen, '--exit-on', 'bytes free', '--timeout', '280']
    const { status, stderr } = await mica(['run', '--floppy', image, '--snapshot', ...ends], 'dir\r\n')
    const text = readFileSync(screen, 'utf8')
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(text).toMatch(/^HELLO {4}ASM +163 {2}10-25-12/m)
    expect(text).toMatch(/^ +18 file\(s\) +401,541 bytes$/m)
  },
)
