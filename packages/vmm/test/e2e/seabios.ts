import { existsSync } from 'node:fs'

const directory = '/usr/share/seabios'

/** The images of SeaBIOS and of its VGA BIOS, as Debian's package `seabios` has them; skips where it is not installed. */
export function requireSeaBios(context: { skip(note?: string): never }): { bios: string; vgaBios: string } {
  const images = { bios: `${directory}/bios-256k.bin`, vgaBios: `${directory}/vgabios-stdvga.bin` }
  for (const image of Object.values(images))
    if (!existsSync(image)) context.skip(`there is no ${image}: apt-get install seabios`)
  return images
}
