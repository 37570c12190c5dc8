import type { Context } from '../context.ts'
import { linear } from '../registers.ts'
import type { Cells } from './cells.ts'
import { characterHeight } from './current-mode.ts'
import type { VideoMode } from './modes.table.ts'
import { type Pixels, pixelsOf } from './pixels.ts'

const FONT_VECTOR = 0x43
const UPPER_FONT_VECTOR = 0x1f
const UPPER_HALF = 0x80
/** Bit 7 of the colour: exclusive or. */
export const XOR = 0x80

/** Graphics modes: characters are drawn, and recognized by their dots. */
export class GraphicsCells implements Cells {
  readonly #context: Context
  readonly #pixels: Pixels
  readonly #mode: VideoMode
  readonly #height: number
  readonly #size: { readonly columns: number; readonly rows: number }

  constructor(context: Context, mode: VideoMode, start: number, size: { columns: number; rows: number }) {
    this.#context = context
    this.#mode = mode
    this.#pixels = pixelsOf(context, mode, start)
    this.#height = characterHeight(context)
    this.#size = size
  }

  copyRow(from: number, to: number, left: number, right: number): void {
    for (let line = 0; line < this.#height; line += 1) {
      this.#pixels.copyLine(this.#y(from) + line, this.#y(to) + line, left, right)
    }
  }

  clearRow(row: number, left: number, right: number, attribute: number): void {
    for (let line = 0; line < this.#height; line += 1)
      this.#pixels.fillLine(this.#y(row) + line, left, right, attribute)
  }

  write(column: number, row: number, count: number, character: number, attribute: number | null): void {
    const glyph = this.#glyph(character)
    const { columns, rows } = this.#size
    for (let index = 0; index < count; index += 1) {
      const cell = row * columns + column + index
      if (cell >= columns * rows) return
      this.#draw(glyph, cell % columns, this.#y(Math.floor(cell / columns)), attribute ?? 0x0f)
    }
  }

  /** The character whose dots are there; 0 if none has them. */
  read(column: number, row: number): number {
    const dots = new Uint8Array(this.#height)
    for (let line = 0; line < dots.length; line += 1) dots[line] = this.#pixels.readDots(column, this.#y(row) + line)
    for (let character = 0; character < 256; character += 1) {
      const glyph = this.#glyph(character)
      if (dots.every((line, index) => line === glyph[index])) return character
    }
    return 0
  }

  #draw(glyph: Uint8Array, column: number, y: number, color: number): void {
    for (let line = 0; line < this.#height; line += 1) this.#pixels.drawDots(column, y + line, glyph[line]!, color)
  }

  #y(row: number): number {
    return row * this.#height
  }

  /** A character's lines: by INT 43h; in CGA's modes the upper half by INT 1Fh. */
  #glyph(character: number): Uint8Array {
    const { memory } = this.#context
    const isSplit = this.#mode.kind === 'cga4' || this.#mode.kind === 'cga2'
    const isUpper = isSplit && character >= UPPER_HALF
    const vector = 4 * (isUpper ? UPPER_FONT_VECTOR : FONT_VECTOR)
    const font = linear(memory.read16(vector + 2), memory.read16(vector))
    return memory.bytes(font + (character - (isUpper ? UPPER_HALF : 0)) * this.#height, this.#height)
  }
}
