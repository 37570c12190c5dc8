import { Bda } from '../bda.ts'
import type { Context } from '../context.ts'
import { beep } from '../system/speaker.ts'
import { type Cells, cellsOf, scroll } from './cells.ts'
import { currentMode, screenSize } from './current-mode.ts'
import { cursorOf, setCursor } from './cursor.ts'

const Control = { BELL: 7, BACKSPACE: 8, LINE_FEED: 10, RETURN: 13 } as const
const NORMAL = 0x07

export interface Printed {
  /** Colour in graphics modes. */
  readonly color: number
  /** Attribute in text modes; null keeps what is there. */
  readonly attribute: number | null
}

/** AH=0Eh on the active page: a character, or what a control character asks for. */
export function teletype(context: Context, character: number, color: number): void {
  const page = context.memory.read8(Bda.ACTIVE_PAGE)
  print(context, page, character, { color, attribute: null })
}

/** Writes at a page's cursor and moves it, scrolling where it leaves the last row. Whether it has scrolled. */
export function print(context: Context, page: number, character: number, { color, attribute }: Printed): boolean {
  if (character === Control.BELL) {
    beep(context)
    return false
  }
  const { columns, rows } = screenSize(context)
  let { column, row } = cursorOf(context, page)
  const cells = cellsOf(context, page)
  if (character === Control.RETURN) column = 0
  else if (character === Control.BACKSPACE) column = Math.max(0, column - 1)
  else if (character === Control.LINE_FEED) row += 1
  else {
    const isText = currentMode(context).kind === 'text'
    cells.write(column, row, 1, character, isText ? attribute : (attribute ?? color))
    column += 1
    if (column >= columns) {
      column = 0
      row += 1
    }
  }
  const scrolls = row >= rows
  if (scrolls) scrollUp(context, cells, columns, rows)
  setCursor(context, page, { column, row: scrolls ? rows - 1 : row })
  return scrolls
}

/** The new line has the attribute of the last one's beginning; in graphics, background. */
function scrollUp(context: Context, cells: Cells, columns: number, rows: number): void {
  const isText = currentMode(context).kind === 'text'
  const attribute = isText ? cells.read(0, rows - 1) >> 8 || NORMAL : 0
  scroll(cells, { left: 0, top: 0, right: columns - 1, bottom: rows - 1 }, 1, false, attribute)
}
