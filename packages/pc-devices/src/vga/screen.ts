import { DIRTY_PAGE_BYTES, type VideoMemory } from './memory.ts'
import { Canvas, packColor, type Picture } from './picture.ts'
import { ClockingMode, PALETTE_ADDRESS_SOURCE, Sequencer } from './registers.ts'
import type { VgaRegisterFile } from './register-file.ts'
import { graphicsSize, renderGraphics, renderVbe } from './render-graphics.ts'
import { renderText, textCells, textCursor, type TextCell, type TextCursor, type TextLook } from './render-text.ts'
import { crtcTiming, isGraphics } from './timing.ts'
import type { VbeRegisters } from './vbe.ts'

/** Rows of `pixels()` that may have changed: `first` up to, not including, `end`. */
export interface DirtyRows {
  first: number
  end: number
}

/** What a monitor on the VGA would show. */
export class Screen {
  readonly #registers: VgaRegisterFile
  readonly #memory: VideoMemory
  readonly #vbe: VbeRegisters
  #allDirty = true

  constructor(registers: VgaRegisterFile, memory: VideoMemory, vbe: VbeRegisters) {
    this.#registers = registers
    this.#memory = memory
    this.#vbe = vbe
  }

  get mode(): 'text' | 'graphics' {
    return this.#vbe.enabled || isGraphics(this.#registers.state) ? 'graphics' : 'text'
  }

  /** Nothing is shown: the sequencer or the attribute controller blanks the screen. */
  get blank(): boolean {
    if (this.#vbe.enabled) return false
    const { sequencer, attributeIndex } = this.#registers.state
    const off = (sequencer[Sequencer.CLOCKING_MODE]! & ClockingMode.SCREEN_OFF) !== 0
    return off || !(attributeIndex & PALETTE_ADDRESS_SOURCE)
  }

  /** Of `pixels()`. */
  get size(): { width: number; height: number } {
    const vbe = this.#vbe.mode
    if (vbe) return { width: vbe.width, height: vbe.height }
    const { state } = this.#registers
    if (isGraphics(state)) return graphicsSize(state)
    const { columns, dotsPerColumn, lines } = crtcTiming(state)
    return { width: columns * dotsPerColumn, height: lines }
  }

  get cursor(): TextCursor {
    return textCursor(this.#registers.state)
  }

  /** The rows of a text mode, as they are in memory (colours and blanking aside); no rows in a graphics mode. */
  text(): string[] {
    return this.cells().map((row) => row.map(({ character }) => character).join(''))
  }

  /** The characters of a text mode with their colours; no rows in a graphics mode. */
  cells(): TextCell[][] {
    if (this.mode !== 'text') return []
    const { state, dac8Bit } = this.#registers
    return textCells(state, this.#memory.bytes, dac8Bit)
  }

  /** The picture. Text is drawn with the font in plane 2, the cursor and blinking characters in their visible phase. */
  pixels(look: TextLook = { blinkOn: true }): Picture {
    const { width, height } = this.size
    const canvas = new Canvas(width, height)
    const { state, dac8Bit } = this.#registers
    const { bytes } = this.#memory
    const vbe = this.#vbe.mode
    if (this.blank) canvas.fill(packColor(0, 0, 0))
    else if (vbe) renderVbe(canvas, vbe, bytes, state, dac8Bit)
    else if (isGraphics(state)) renderGraphics(canvas, state, bytes, dac8Bit)
    else renderText(canvas, state, bytes, dac8Bit, look)
    return canvas.picture
  }

  /** Whether the picture may have changed since `takeDirty`. */
  get dirty(): boolean {
    return this.#allDirty || this.#memory.dirtyPages.includes(1)
  }

  /** Everything counts as changed: for whoever writes to video memory past the device. */
  touch(): void {
    this.#allDirty = true
  }

  /** The rows that may have changed since the last call, null if none. */
  takeDirty(): DirtyRows | null {
    const { dirtyPages } = this.#memory
    const { height } = this.size
    const vbe = this.#vbe.mode
    const first = dirtyPages.indexOf(1)
    if (!this.#allDirty && first < 0) return null
    let rows = { first: 0, end: height }
    if (!this.#allDirty && vbe && vbe.bitsPerPixel !== 4) {
      const row = (byte: number): number => Math.floor((byte - vbe.startByte) / vbe.lineBytes)
      const last = dirtyPages.lastIndexOf(1)
      rows = {
        first: Math.max(0, row(first * DIRTY_PAGE_BYTES)),
        end: Math.min(height, row((last + 1) * DIRTY_PAGE_BYTES - 1) + 1),
      }
    }
    this.#allDirty = false
    dirtyPages.fill(0)
    return rows.first < rows.end ? rows : null
  }
}
