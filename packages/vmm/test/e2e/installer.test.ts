// Oracle: Debian 12's installer, unmodified: thirty megabytes of programs up to its first question.
import { expect, test } from 'vitest'
import { isLong, requireImage } from './images.ts'
import { Session } from './session.ts'

const memory = 512 * 2 ** 20
const minutes = 60_000

test.runIf(isLong)(
  "Debian's installer asks for the language on the screen",
  { timeout: 30 * minutes },
  async (context) => {
    const [kernel, initrd] = [
      await requireImage(context, 'installer-kernel'),
      await requireImage(context, 'installer-initrd'),
    ]
    const boot = { kernel, initrd, commandLine: 'nomodeset fb=false' }
    const session = new Session({ memory, boot, screen: 'text80x25' })
    await session.shows(/Select a language[^]*<Enter> activates buttons/, 200)
    await expect(session.screen).toMatchFileSnapshot('screens/installer.txt')
    // From English: Finnish, French, Galician, German.
    for (let row = 0; row < 4; row++) session.press('ArrowDown')
    session.press('Enter')
    await session.shows('Deutschland', 60)
  },
)

test.runIf(isLong)(
  "Debian's installer asks for the language on the serial port",
  { timeout: 30 * minutes },
  async (context) => {
    const [kernel, initrd] = [
      await requireImage(context, 'installer-kernel'),
      await requireImage(context, 'installer-initrd'),
    ]
    const session = new Session({ memory, boot: { kernel, initrd, commandLine: 'console=ttyS0' } })
    await session.sends(/Choose the language[^]*activates buttons/, 200)
  },
)

// The kernel's bochs driver sets a mode of 1024 by 768 by the VBE registers, and the installer draws text in all scripts.
test.runIf(isLong)(
  "Debian's installer shows its first dialog on the frame buffer of a VGA",
  { timeout: 30 * minutes },
  async (context) => {
    const kernel = await requireImage(context, 'installer-kernel')
    const initrd = await requireImage(context, 'installer-initrd')
    const session = new Session({ memory, boot: { kernel, initrd, commandLine: 'console=tty0' }, screen: 'vga' })
    await session.passes(25)
    const { width, height, data } = session.vm.screen!.pixels()!
    const pixels = new Map<string, number>()
    for (let at = 0; at < data.length; at += 4) {
      const colour = data.subarray(at, at + 3).join()
      pixels.set(colour, (pixels.get(colour) ?? 0) + 1)
    }
    expect([width, height]).toEqual([1024, 768])
    const [grey, red, blue] = ['170,170,170', '170,0,0', '0,0,170'].map(
      (colour) => (pixels.get(colour) ?? 0) / (width * height),
    )
    expect({ dialog: grey! > 0.8, selected: red! > 0.005 && red! < 0.02, ground: blue! > 0.01 }).toEqual({
      dialog: true,
      selected: true,
      ground: true,
    })
  },
)
