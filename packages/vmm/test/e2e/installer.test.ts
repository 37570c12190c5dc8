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
