// Oracle: the command's manual.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { mica, scratch, startOnTerminal, hasTerminal } from '../support/command.ts'
import { biosImage, debugExit, out8, setDs, store8, type Code16 } from '../support/bios-program.ts'

const files = scratch()
let count = 0
const bios = (...code: Code16): string => files.file(`bios-${count++}`, biosImage(...code))

/** Writes a sector of 5Ah to the first disk: LBA 1, by PIO. */
const writesSector: Code16 = [
  [out8(0x1f6, 0xe0), out8(0x1f2, 1), out8(0x1f3, 1), out8(0x1f4, 0), out8(0x1f5, 0), out8(0x1f7, 0x30)],
  // MOV CX,256; MOV AX,5A5Ah; MOV DX,1F0h; OUT DX,AX; LOOP
  [0xb9, 0x00, 0x01, 0xb8, 0x5a, 0x5a, 0xba, 0xf0, 0x01, 0xef, 0xe2, 0xfd],
  debugExit(1),
]

const disk = (): string => files.file(`disk-${count++}`, new Uint8Array(1024))

test('a guest writes to the image in place, and with --snapshot to memory', async () => {
  const [first, second, firmware] = [disk(), disk(), bios(writesSector)]
  expect(await mica(['run', '--bios', firmware, '--disk', first])).toMatchObject({ status: 3, stderr: '' })
  expect(readFileSync(first).subarray(512)).toEqual(Buffer.alloc(512, 0x5a))
  expect(await mica(['run', '--bios', firmware, '--disk', second, '--snapshot'])).toMatchObject({ status: 3 })
  expect(readFileSync(second)).toEqual(Buffer.alloc(1024))
})

test('an image shorter than a diskette is one all the same, and that is said', async () => {
  const { status, stderr } = await mica(['run', '--bios', bios(debugExit(1)), '--floppy', disk(), '--snapshot'])
  expect(status).toBe(3)
  expect(stderr).toMatch(/^mica: --floppy \S+ has 1K; on its 360K diskette the rest reads as zeros\n$/)
})

describe('bad input is one line and status 2', () => {
  const firmware = bios(debugExit(1))
  const odd = files.file('odd', new Uint8Array(1000))
  const empty = files.file('empty', '')
  const small = disk()
  const large = files.file('large', new Uint8Array(2881 * 1024))
  const run = (...args: string[]): string[] => ['run', '--bios', firmware, ...args]
  test.each([
    [run('--floppy', files.path('absent')), 'absent: there is no such file'],
    [run('--disk', files.path('.')), 'it is a directory'],
    [run('--disk', odd), 'odd: has 1000 bytes, which is no multiple of a sector of 512'],
    [run('--cdrom', odd), 'no multiple of a sector of 2048'],
    [run('--disk', empty), 'empty: it is empty'],
    [run('--floppy', large), 'the floppy image has 2881K; must have 360K'],
    [run('--boot', 'cdrom', '--disk', small), 'there is no cdrom'],
    [run('--boot', 'tape'), '--boot tape: name media in order'],
    [run('--disk', small, '--disk', small, '--disk', small, '--disk', small, '--disk', small), '5 disks'],
    [['run', '--bios', odd], 'the BIOS image has 1000 bytes'],
    [['run', '--bios', files.path('absent')], '--bios'],
    [run('--vgabios', odd), 'the VGA BIOS image is no option ROM'],
    [['run', '--disk', small, '--vgabios', odd], '--vgabios needs --bios'],
    [run('--append', 'quiet'), '--append needs --kernel'],
    [run('--screen', files.path('screen.gif')), 'end the name in .txt for text or .png'],
    [run('--keyboard', 'piano'), "'piano' is invalid"],
  ])('%j', async (args, message) => {
    const { status, stdout, stderr } = await mica(args)
    expect(stderr).toContain(message)
    expect(stderr).toMatch(/^mica: [^\n]+\n$/)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  })
})

/** The CRT controller's registers in mode 3, with the cursor behind "Hi" (IBM VGA XGA Technical Reference). */
const crtcOfMode3 = [
  ...[0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0x00, 0x4f, 0x0d, 0x0e, 0x00],
  ...[0x00, 0x00, 0x02, 0x9c, 0x0e, 0x8f, 0x28, 0x1f, 0x96, 0xb9, 0xa3, 0xff],
]

/** A VGA in text mode 3 without a BIOS: the registers that make it show its text page, and "Hi" in green. */
const showsText: Code16 = [
  [out8(0x3c2, 0x67), out8(0x3c4, 2), out8(0x3c5, 3), out8(0x3c4, 4), out8(0x3c5, 2)],
  [out8(0x3ce, 5), out8(0x3cf, 0x10), out8(0x3ce, 6), out8(0x3cf, 0x0e), out8(0x3ce, 8), out8(0x3cf, 0xff)],
  [out8(0x3d4, 0x11), out8(0x3d5, 0)],
  crtcOfMode3.map((value, register): Code16 => [out8(0x3d4, register), out8(0x3d5, value)]),
  [setDs(0xb800), store8(0, 0x48), store8(1, 2), store8(2, 0x69), store8(3, 2)],
]

test('--screen writes text, or a picture', async () => {
  const firmware = bios(showsText, debugExit(1))
  const [text, picture] = [files.path('screen.txt'), files.path('screen.png')]
  await mica(['run', '--bios', firmware, '--screen', text])
  expect(readFileSync(text, 'utf8').split('\n')[0]).toBe('Hi')
  await mica(['run', '--bios', firmware, '--screen', picture])
  const png = readFileSync(picture)
  // Signature and IHDR (PNG specification, 5.2 and 11.2.2): 720 by 400 dots.
  expect([...png.subarray(0, 8)]).toEqual([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([720, 400])
})

/** Echoes scan codes to the debug exit port: the first key ends it, its code as status. */
const waitsForKey: Code16 = [
  // Wait for the output buffer, then IN AL,60h; OUT F4h.
  [0xe4, 0x64, 0xa8, 0x01, 0x74, 0xfa, 0x31, 0xc0, 0xe4, 0x60, 0xe6, 0xf4],
]

test('a script is typed on the keyboard', async () => {
  const { status } = await mica(['run', '--bios', bios(showsText, waitsForKey)], 'a\n')
  expect(status).toBe((0x1e << 1) | 1)
})

test('on a terminal the screen is drawn in its colours, and keys are keys', async (context) => {
  if (!hasTerminal) return context.skip('there is no script(1) to make a terminal')
  const { child, ended, shows } = startOnTerminal(['run', '--bios', bios(showsText, waitsForKey)])
  await shows('Hi')
  child.stdin!.write('\x1b[A')
  const { status, stdout } = await ended
  // Arrow up begins with E0h.
  expect(status).toBe(((0xe0 << 1) | 1) & 0xff)
  expect(stdout).toContain('\x1b[?1049h')
  expect(stdout).toMatch(/\x1b\[38;2;\d+;\d+;\d+;48;2;\d+;\d+;\d+mHi/)
  expect(stdout).toContain('\x1b[?1049l')
})
