import type { Picture, Vga } from '@mica-vm/pc-devices'
import type { Screen } from '../types.ts'

/** What a monitor at the VGA shows. */
export class VgaScreen implements Screen {
  readonly #vga: Vga

  constructor(vga: Vga) {
    this.#vga = vga
  }

  text(): string[] {
    return this.#vga.screen.text().map((row) => row.replace(/[ \u00a0]+$/, ''))
  }

  pixels(): Picture {
    return this.#vga.screen.pixels()
  }
}
