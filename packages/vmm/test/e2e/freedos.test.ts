// Oracle: FreeDOS, unmodified: real mode, virtual-8086 mode, HMA, and the BIOS services that a DOS lives on.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { mica, scratch } from '../support/command.ts'
import { bioses, disk, firmware, freedosPath, requireFreedos } from './images.ts'
import { requireSeaBios } from './seabios.ts'
import { Session } from './session.ts'

const files = scratch()
const memory = 16 * 2 ** 20
async function listsByCommand(firmware: readonly string[]): Promise<void> {
  const screen = files.path('freedos.txt')
  const ends = ['--screen', screen, '--exit-on', 'bytes free', '--timeout', '280']
  const { status, stderr } = await mica(['run', ...firmware, '--floppy', freedosPath, '--snapshot', ...ends], 'dir\r\n')
  const text = readFileSync(screen, 'utf8')
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(text).toMatch(/^HELLO {4}ASM +163 {2}10-25-12/m)
  expect(text).toMatch(/^ +18 file\(s\) +401,541 bytes$/m)
}

test('FreeDOS boots from a floppy by SeaBIOS, and lists it', async (context) => {
  const { bios, vgaBios } = requireSeaBios(context)
  requireFreedos(context)
  await listsByCommand(['--bios', bios, '--vgabios', vgaBios])
})

test("FreeDOS boots from a floppy by Mica's BIOS, and lists it", async (context) => {
  requireFreedos(context)
  await listsByCommand([])
})

const serialNumberAt = 0x27

/** Another diskette: of another serial number, its file HELLO.ASM named otherwise. */
function relabelled(image: Uint8Array): Uint8Array {
  const other = Uint8Array.from(image)
  other[serialNumberAt]! ^= 0xff
  other.set(new TextEncoder().encode('CHANGED '), Buffer.from(image.buffer, image.byteOffset).indexOf('HELLO   ASM'))
  return other
}

// DOS learns that what it has in its buffers is of another diskette: from Mica's BIOS at once; with SeaBIOS, which tells of no
// change line, by looking at the serial number again when some seconds have passed.
test.for(bioses)('FreeDOS sees a diskette that was changed, by %s', async (name, { skip }) => {
  const image = requireFreedos({ skip })
  const media = { floppies: [disk(image)] }
  const session = new Session({ memory, clock: 'real', firmware: await firmware({ skip }, name), media })
  await session.shows(/^A:\\>$/m, 250)
  session.type('dir *.asm\n')
  expect(await session.shows(/bytes free\n\nA:\\>$/, 250)).toContain('HELLO    ASM')
  session.vm.floppies[0]!.insert(disk(relabelled(image)))
  await session.passes(5)
  session.type('cls\ndir *.asm\n')
  const screen = await session.shows(/CHANGED {2}ASM[^]*bytes free/, 250)
  expect(screen).not.toContain('HELLO')
})

// By either BIOS the same keys lead to the same screen, and HIMEM can close A20.
test.for(bioses)('FreeDOS lists all its files for the same keys by %s', async (name, { skip }) => {
  const media = { floppies: [disk(requireFreedos({ skip }))] }
  // It waits for keys by polling: the host's clock lets that time pass in fewer instructions.
  const session = new Session({ memory, clock: 'real', firmware: await firmware({ skip }, name), media })
  expect(await session.shows(/^A:\\>$/m, 250)).not.toContain("Can't disable A20")
  session.type('dir\n')
  await session.shows(/bytes free\n\nA:\\>$/, 250)
  await expect(session.screen).toMatchFileSnapshot('screens/freedos-dir.txt')
})
