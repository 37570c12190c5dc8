import { Bda } from '../bda.ts'
import type { Context } from '../context.ts'
import { VIDEO_MODES, type VideoMode } from './modes.table.ts'

const MODE_3 = VIDEO_MODES.find(({ number }) => number === 3)!

export function modeOf(number: number): VideoMode | undefined {
  return VIDEO_MODES.find((mode) => mode.number === number)
}

/** The mode that the data area names; a guest may have put anything there. */
export function currentMode({ memory }: Context): VideoMode {
  return modeOf(memory.read8(Bda.VIDEO_MODE) & 0x7f) ?? MODE_3
}

const TEXT_MEMORY_BYTES = 0x8000
const CELL_BYTES = 2
const CHARACTER_WIDTH = 8
const MOST_COLUMNS = 320

/**
 * Character cells of the screen as the data area has them: loading another font changes the rows. More than the mode's memory or
 * picture holds is nonsense, and is cut.
 */
export function screenSize(context: Context): { columns: number; rows: number } {
  const { memory } = context
  const mode = currentMode(context)
  const asked = memory.read16(Bda.COLUMNS)
  const mostColumns = mode.kind === 'text' ? MOST_COLUMNS : mode.width / CHARACTER_WIDTH
  const columns = asked > 0 && asked <= mostColumns ? asked : mode.columns
  const mostRows =
    mode.kind === 'text'
      ? Math.floor(TEXT_MEMORY_BYTES / (CELL_BYTES * columns))
      : Math.floor(mode.height / characterHeight(context))
  return { columns, rows: Math.max(1, Math.min(memory.read8(Bda.ROWS_LESS_ONE) + 1, mostRows)) }
}

/** Scan lines of a character. */
export function characterHeight({ memory }: Context): number {
  const height = memory.read16(Bda.CHARACTER_HEIGHT)
  return height >= 1 && height <= 32 ? height : 16
}
