import { Bda } from '../bda.ts'
import type { Context } from '../context.ts'
import { currentMode, screenSize } from './current-mode.ts'
import { GraphicsCells } from './graphics-cells.ts'
import { TextCells } from './text-cells.ts'

/** A rectangle of character cells, edges included. */
export interface Area {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

/** A page of the screen as cells of a character and its attribute, whatever the mode keeps them in. */
export interface Cells {
  /** Copies cells of one row to another. */
  copyRow(from: number, to: number, left: number, right: number): void
  /** Blanks cells of a row, with an attribute. */
  clearRow(row: number, left: number, right: number, attribute: number): void
  /** Writes `count` cells from a place on. `attribute` null keeps what is there, where the mode keeps attributes. */
  write(column: number, row: number, count: number, character: number, attribute: number | null): void
  /** Character in the low byte, attribute in the high one. */
  read(column: number, row: number): number
}

/** The cells of a page, in the mode that is set. */
export function cellsOf(context: Context, page: number): Cells {
  const { memory } = context
  const mode = currentMode(context)
  const { columns, rows } = screenSize(context)
  const start = page < mode.pages ? page * memory.read16(Bda.PAGE_BYTES) : 0
  return mode.kind === 'text'
    ? new TextCells(memory, mode.base + start, columns)
    : new GraphicsCells(context, mode, start, { columns, rows })
}

/** AH=06h, 07h: moves the rows of an area up (down), and blanks what comes in; 0 lines blank all. */
export function scroll(cells: Cells, area: Area, lines: number, isDown: boolean, attribute: number): void {
  const { left, right, top, bottom } = area
  const rows = bottom - top + 1
  if (rows <= 0 || right < left) return
  const distance = lines === 0 || lines > rows ? rows : lines
  for (let index = 0; index < rows - distance; index += 1) {
    const to = isDown ? bottom - index : top + index
    cells.copyRow(isDown ? to - distance : to + distance, to, left, right)
  }
  for (let index = 0; index < distance; index += 1) {
    cells.clearRow(isDown ? top + index : bottom - index, left, right, attribute)
  }
}
