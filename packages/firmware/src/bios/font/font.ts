import { ACCENTED, ACCENTS, ASCII_BLOCKS, BOXES, OTHER_BLOCKS, OTHER_CODES, PICTURE_BLOCKS } from './glyphs.table.ts'

export type FontHeight = 8 | 14 | 16

/** Dots by line: bit 4 is the leftmost of five. */
type Drawing = readonly number[]

const CAPITAL_LINES = 7
const PER_BLOCK = 16
/** Where five dots stand in a character of eight. */
const SHIFT = 2
const FIRST_BOX = 0xb3
const FIRST_ASCII = 0x20

/** Lines of a drawing, from top to bottom, that make up a character of each height; -1 is blank. */
const STRETCH: Readonly<Record<FontHeight, readonly number[]>> = {
  8: [0, 1, 2, 3, 4, 5, 6, 7],
  14: [-1, -1, 0, 1, 1, 2, 3, 4, 5, 5, 6, 7, 8, -1],
  16: [-1, -1, 0, 1, 1, 2, 3, 3, 4, 5, 5, 6, 7, 8, -1, -1],
}

function dots(row: string): number {
  return [...row].reduce((bits, dot) => (bits << 1) | (dot === '#' ? 1 : 0), 0)
}

/** The sixteen drawings of a block. */
function drawingsOf(block: string): Drawing[] {
  const rows = block.split('\n').map((line) => line.trim().split(' ').map(dots))
  return Array.from({ length: PER_BLOCK }, (_, index) => rows.map((row) => row[index]!))
}

function drawings(): Map<number, Drawing> {
  const found = new Map<number, Drawing>()
  PICTURE_BLOCKS.flatMap(drawingsOf).forEach((drawing, code) => found.set(code, drawing))
  ASCII_BLOCKS.flatMap(drawingsOf).forEach((drawing, index) => found.set(FIRST_ASCII + index, drawing))
  OTHER_BLOCKS.flatMap(drawingsOf).forEach((drawing, index) => found.set(OTHER_CODES[index]!, drawing))
  for (const [code, letter, accent] of ACCENTED) {
    found.set(code, accented(found.get(letter.charCodeAt(0))!, letter, accent))
  }
  return found
}

/** Puts an accent over a letter, or a cedilla under it. A capital loses two of its lines to the accent. */
function accented(drawing: Drawing, letter: string, accent: keyof typeof ACCENTS): Drawing {
  const mark = ACCENTS[accent].map(dots)
  if (accent === 'cedilla') return [...drawing.slice(0, CAPITAL_LINES), ...mark]
  const isCapital = letter < 'a'
  const kept = isCapital ? [0, 2, 3, 4, 6].map((line) => drawing[line]!) : drawing.slice(2, CAPITAL_LINES)
  return [...mark, ...kept, ...drawing.slice(CAPITAL_LINES)]
}

function stretched(drawing: Drawing, height: FontHeight): number[] {
  return STRETCH[height].map((line) => (line < 0 ? 0 : drawing[line]! << SHIFT))
}

/** A box character: strokes from the edges to the middle, so that neighbours join. */
function box(strokes: string, height: FontHeight): number[] {
  const [left = 0, right = 0, up = 0, down = 0] = [...strokes].map(Number)
  const middle = (height >> 1) - 1
  const isDouble = (stroke: number): boolean => stroke === 2
  const rows = new Array<number>(height).fill(0)
  const hasTwoRows = isDouble(left) || isDouble(right)
  const hasTwoColumns = isDouble(up) || isDouble(down)
  const rowsAt = hasTwoRows ? [middle - 1, middle + 1] : [middle]
  const columnsAt = hasTwoColumns ? [3, 5] : [4]
  for (const row of rowsAt) {
    if (left > 0) for (let x = 0; x <= columnsAt.at(-1)!; x += 1) rows[row]! |= 0x80 >> x
    if (right > 0) for (let x = columnsAt[0]!; x < 8; x += 1) rows[row]! |= 0x80 >> x
  }
  for (const column of columnsAt) {
    if (up > 0) for (let y = 0; y <= rowsAt.at(-1)!; y += 1) rows[y]! |= 0x80 >> column
    if (down > 0) for (let y = rowsAt[0]!; y < height; y += 1) rows[y]! |= 0x80 >> column
  }
  return rows
}

/** Shades and blocks: what a line at `y` of `height` shows. */
const FILLS: ReadonlyMap<number, (y: number, height: number) => number> = new Map<
  number,
  (y: number, height: number) => number
>([
  [0xb0, (y: number) => (y & 1 ? 0x22 : 0x88)],
  [0xb1, (y: number) => (y & 1 ? 0xaa : 0x55)],
  [0xb2, (y: number) => (y & 1 ? 0xdd : 0x77)],
  [0xdb, () => 0xff],
  [0xdc, (y: number, height: number) => (y >= height / 2 ? 0xff : 0)],
  [0xdd, () => 0xf0],
  [0xde, () => 0x0f],
  [0xdf, (y: number, height: number) => (y < height / 2 ? 0xff : 0)],
])

/** Mica's font: 256 characters of code page 437, eight dots wide and `height` lines high, from top to bottom. */
export function font(height: FontHeight): Uint8Array {
  const bytes = new Uint8Array(256 * height)
  const put = (code: number, rows: readonly number[]): void => bytes.set(rows, code * height)
  for (const [code, drawing] of drawings()) put(code, stretched(drawing, height))
  BOXES.forEach((strokes, index) => put(FIRST_BOX + index, box(strokes, height)))
  for (const [code, line] of FILLS)
    put(
      code,
      Array.from({ length: height }, (_, y) => line(y, height)),
    )
  return bytes
}
