import type { Picture, TextCell, TextCursor, Vga } from '@mica-vm/pc-devices'
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

  cells(): TextCell[][] {
    return this.#vga.screen.cells()
  }

  get cursor(): TextCursor {
    return this.#vga.screen.cursor
  }

  pixels(): Picture {
    return this.#vga.screen.pixels()
  }
}
