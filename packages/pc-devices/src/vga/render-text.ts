import { CODE_PAGE_437 } from './code-page-437.ts'
import type { Canvas } from './picture.ts'
import { Attribute, AttributeMode, Crtc, CURSOR_OFF, Sequencer } from './registers.ts'
import { countAt, fetchOffset, palette16, scanLines, type ScanLine } from './scan-out.ts'
import type { VgaRegistersState } from './state.ts'
import { crtcTiming } from './timing.ts'

const GLYPH_BYTES = 32
/** Line drawing characters, whose last dot continues into the ninth. */
const [LINE_FIRST, LINE_LAST] = [0xc0, 0xdf]

export interface TextCursor {
  column: number
  row: number
  visible: boolean
}

/** A character on the screen, with its colours as 0xRRGGBB. */
export interface TextCell {
  character: string
  foreground: number
  background: number
}

/** The characters of each row of the screen, as the CRTC walks over memory. */
export function textCells(registers: VgaRegistersState, memory: Uint8Array, dac8Bit: boolean): TextCell[][] {
  const { crtc, attribute: controller } = registers
  const { columns } = crtcTiming(registers)
  const colors = palette16(registers, dac8Bit).map(swapRedAndBlue)
  const backgrounds = controller[Attribute.MODE]! & AttributeMode.BLINK ? 7 : 15
  return rowStarts(registers).map(({ counter }) =>
    Array.from({ length: columns }, (_, column) => {
      const start = 4 * fetchOffset(crtc, counter + countAt(crtc, column), 0)
      const [code, attribute] = [memory[start]!, memory[start + 1]!]
      return {
        character: CODE_PAGE_437[code]!,
        foreground: colors[attribute & 15]!,
        background: colors[(attribute >> 4) & backgrounds]!,
      }
    }),
  )
}

/** From the order of a picture's bytes to 0xRRGGBB. */
function swapRedAndBlue(color: number): number {
  return ((color & 0xff) << 16) | (color & 0xff00) | ((color >> 16) & 0xff)
}

export function textCursor(registers: VgaRegistersState): TextCursor {
  const { crtc } = registers
  const { columns } = crtcTiming(registers)
  const at = cursorAddress(crtc)
  const rows = rowStarts(registers)
  const row = rows.findIndex(({ counter }) => at >= counter && at < counter + columns)
  const shape = crtc[Crtc.CURSOR_START]!
  const visible = row >= 0 && !(shape & CURSOR_OFF) && (shape & 0x1f) <= (crtc[Crtc.CURSOR_END]! & 0x1f)
  return { column: row < 0 ? 0 : at - rows[row]!.counter, row: Math.max(row, 0), visible }
}

/** The first scan line of each character row. */
function rowStarts(registers: VgaRegistersState): ScanLine[] {
  const lines = scanLines(registers)
  return lines.filter((line, index) => index === 0 || line.counter !== lines[index - 1]!.counter)
}

function cursorAddress(crtc: readonly number[]): number {
  return (crtc[Crtc.CURSOR_HIGH]! << 8) | crtc[Crtc.CURSOR_LOW]!
}

/** Offsets in plane 2 of the fonts that attribute bit 3 selects: B when it is 0, A when it is 1. */
function fontOffsets(select: number): [number, number] {
  const place = (low: number, high: number): number => low * 0x4000 + high * 0x2000
  return [place(select & 3, (select >> 4) & 1), place((select >> 2) & 3, (select >> 5) & 1)]
}

export interface TextLook {
  /** Blinking characters and the cursor are in their visible phase. */
  blinkOn: boolean
}

export function renderText(
  canvas: Canvas,
  registers: VgaRegistersState,
  memory: Uint8Array,
  dac8Bit: boolean,
  { blinkOn }: TextLook,
): void {
  const { crtc, sequencer } = registers
  const { columns, dotsPerColumn } = crtcTiming(registers)
  const colors = palette16(registers, dac8Bit)
  const mode = registers.attribute[Attribute.MODE]!
  const fonts = fontOffsets(sequencer[Sequencer.CHARACTER_MAP_SELECT]!)
  const cursor = blinkOn ? cursorAddress(crtc) : -1
  const [underline, cursorStart, cursorEnd] = [
    crtc[Crtc.UNDERLINE_LOCATION]! & 0x1f,
    crtc[Crtc.CURSOR_START]! & CURSOR_OFF ? 0xff : crtc[Crtc.CURSOR_START]! & 0x1f,
    crtc[Crtc.CURSOR_END]! & 0x1f,
  ]
  scanLines(registers).forEach(({ counter, rowScan, panning }, y) => {
    // One more column than shown: panning moves part of it in.
    for (let column = 0; column <= columns; column++) {
      const at = (counter + countAt(crtc, column)) & 0xffff
      const start = 4 * fetchOffset(crtc, at, rowScan)
      const [code, attribute] = [memory[start]!, memory[start + 1]!]
      let dots = memory[4 * (fonts[(attribute >> 3) & 1]! + code * GLYPH_BYTES + rowScan) + 2]! << 1
      if (mode & AttributeMode.LINE_GRAPHICS && code >= LINE_FIRST && code <= LINE_LAST) dots |= (dots >> 1) & 1
      const blinks = (mode & AttributeMode.BLINK) !== 0 && (attribute & 0x80) !== 0
      if (blinks && !blinkOn) dots = 0
      if ((attribute & 0x77) === 0x01 && rowScan === underline) dots = 0x1ff
      if (at === cursor && rowScan >= cursorStart && rowScan <= cursorEnd) dots = 0x1ff
      const foreground = colors[attribute & 0x0f]!
      const background = colors[(attribute >> 4) & (mode & AttributeMode.BLINK ? 7 : 15)]!
      for (let dot = 0; dot < dotsPerColumn; dot++) {
        const x = column * dotsPerColumn + dot - panning
        if (x >= 0 && x < canvas.width) canvas.set(x, y, dots & (0x100 >> dot) ? foreground : background)
      }
    }
  })
}
