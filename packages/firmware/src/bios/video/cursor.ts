import { Bda } from '../bda.ts'
import type { Context } from '../context.ts'
import { characterHeight, currentMode, screenSize } from './current-mode.ts'
import { writeCrtc } from './vga-ports.ts'

const Crtc = {
  CURSOR_START: 0x0a,
  CURSOR_END: 0x0b,
  START_HIGH: 0x0c,
  START_LOW: 0x0d,
  CURSOR_HIGH: 0x0e,
  CURSOR_LOW: 0x0f,
}
const PAGES = 8
/** CH, bit 5: no cursor. */
const OFF = 0x20
/** Bit 0 of 0040:0087: programs' cursor lines are those of the character, not of CGA's eight. */
const NO_EMULATION = 0x01
const CGA_HEIGHT = 8

export interface Position {
  readonly column: number
  readonly row: number
}

/** Where a page's cursor is, kept on the screen. */
export function cursorOf(context: Context, page: number): Position {
  const { columns, rows } = screenSize(context)
  const packed = context.memory.read16(Bda.CURSORS + 2 * (page & (PAGES - 1)))
  return { column: Math.min(packed & 0xff, columns - 1), row: Math.min(packed >> 8, rows - 1) }
}

/** AH=02h. */
export function setCursor(context: Context, page: number, { column, row }: Position): void {
  const { memory } = context
  if (page >= PAGES) return
  memory.write16(Bda.CURSORS + 2 * page, ((row & 0xff) << 8) | (column & 0xff))
  if (page === memory.read8(Bda.ACTIVE_PAGE)) showCursor(context)
}

/** Tells the CRT controller where the active page's cursor is. */
export function showCursor(context: Context): void {
  const { memory } = context
  if (currentMode(context).kind !== 'text') return
  const packed = memory.read16(Bda.CURSORS + 2 * (memory.read8(Bda.ACTIVE_PAGE) & (PAGES - 1)))
  const { columns } = screenSize(context)
  const address = memory.read16(Bda.PAGE_START) / 2 + (packed >> 8) * columns + (packed & 0xff)
  writeCrtc(context, Crtc.CURSOR_HIGH, (address >> 8) & 0xff)
  writeCrtc(context, Crtc.CURSOR_LOW, address & 0xff)
}

/** AH=01h: CH first and CL last line. Unless told otherwise, lines of CGA's eight become those of this font. */
export function setCursorShape(context: Context, shape: number): void {
  const { memory } = context
  memory.write16(Bda.CURSOR_SHAPE, shape)
  const height = characterHeight(context)
  const isScaled = (memory.read8(Bda.VIDEO_CONTROL) & NO_EMULATION) === 0 && height > CGA_HEIGHT
  const [start, end] = isScaled ? scale(shape >> 8, shape & 0xff, height) : [shape >> 8, shape & 0xff]
  writeCrtc(context, Crtc.CURSOR_START, start)
  writeCrtc(context, Crtc.CURSOR_END, end)
}

function scale(start: number, end: number, height: number): readonly [start: number, end: number] {
  const first = start & 0x1f
  if (start & OFF || first >= CGA_HEIGHT || end >= CGA_HEIGHT) return [start, end]
  // An underline of two lines stays one, two lines above the bottom.
  if (end === first + 1 && end === CGA_HEIGHT - 1) return [height - 3, height - 2]
  return [Math.floor((first * height) / CGA_HEIGHT), Math.floor(((end + 1) * height) / CGA_HEIGHT) - 1]
}

/** AH=05h. */
export function setPage(context: Context, page: number): void {
  const { memory } = context
  const mode = currentMode(context)
  if (page >= mode.pages) return
  const start = page * memory.read16(Bda.PAGE_BYTES)
  memory.write16(Bda.PAGE_START, start)
  memory.write8(Bda.ACTIVE_PAGE, page)
  const address = mode.kind === 'text' ? start / 2 : start
  writeCrtc(context, Crtc.START_HIGH, (address >> 8) & 0xff)
  writeCrtc(context, Crtc.START_LOW, address & 0xff)
  showCursor(context)
}
