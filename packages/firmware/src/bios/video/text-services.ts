import { Bda, Ebda, ebda } from '../bda.ts'
import type { Context, Resume } from '../context.ts'
import { cellsOf, scroll as scrollCells } from './cells.ts'
import { currentMode, screenSize } from './current-mode.ts'
import { cursorOf, setCursor } from './cursor.ts'
import { pixelsOf } from './pixels.ts'
import { print } from './teletype.ts'

/** AH=03h. */
export function readCursor(context: Context): Resume {
  const { registers, memory } = context
  registers.cx = memory.read16(Bda.CURSOR_SHAPE)
  registers.dx = registers.bh < 8 ? memory.read16(Bda.CURSORS + 2 * registers.bh) : 0
}

/** AH=06h, 07h: AL lines, BH attribute, CX top left, DX bottom right; what lies off the screen is cut. */
export function scroll(context: Context): Resume {
  const { registers, memory } = context
  const { columns, rows } = screenSize(context)
  const area = {
    left: registers.cl,
    top: registers.ch,
    right: Math.min(registers.dl, columns - 1),
    bottom: Math.min(registers.dh, rows - 1),
  }
  const cells = cellsOf(context, memory.read8(Bda.ACTIVE_PAGE))
  scrollCells(cells, area, registers.al, registers.ah === 0x07, registers.bh)
}

/** AH=08h. */
export function readCharacter(context: Context): Resume {
  const { registers } = context
  const { column, row } = cursorOf(context, registers.bh)
  const cell = cellsOf(context, registers.bh).read(column, row)
  if (currentMode(context).kind === 'text') registers.ax = cell
  else registers.al = cell
}

/** AH=09h, 0Ah: AL, CX times, with BL or as it is; the cursor stays. What goes past the end of the page is cut. */
export function writeCharacter(context: Context): Resume {
  const { registers } = context
  const { column, row } = cursorOf(context, registers.bh)
  const { columns, rows } = screenSize(context)
  const count = Math.min(registers.cx, columns * rows - (row * columns + column))
  const isText = currentMode(context).kind === 'text'
  const attribute = registers.ah === 0x0a && isText ? null : registers.bl
  cellsOf(context, registers.bh).write(column, row, count, registers.al, attribute)
}

/** AH=0Eh. */
export function writeTeletype(context: Context): Resume {
  const { registers } = context
  print(context, context.memory.read8(Bda.ACTIVE_PAGE), registers.al, { color: registers.bl, attribute: null })
}

/** Characters of a string that are written before the guest gets its turn. */
const STRING_PART = 256

/**
 * AH=13h: CX characters at ES:BP, from row DH and column DL on. AL bit 0: the cursor moves; bit 1: each has its attribute with it. A
 * long string, or one that scrolls, is written in parts: a scroll can cost as much as thousands of characters.
 */
export function writeString(context: Context): Resume {
  const { registers, memory } = context
  const { al, bh, bl, cx, bp } = registers
  if (al > 3 || cx === 0) return
  const stride = al & 2 ? 2 : 1
  const progressAt = ebda(memory, Ebda.STRING_PROGRESS)
  const beforeAt = ebda(memory, Ebda.STRING_CURSOR)
  let index = memory.read16(progressAt)
  if (index === 0 || index >= cx) {
    index = 0
    const { row, column } = cursorOf(context, bh)
    memory.write16(beforeAt, row * 256 + column)
    setCursor(context, bh, { column: registers.dl, row: registers.dh })
  }
  const end = Math.min(cx, index + STRING_PART)
  let scrolls = false
  while (index < end && !scrolls) {
    const character = memory.read8(registers.inEs(bp + index * stride))
    const attribute = stride === 2 ? memory.read8(registers.inEs(bp + 2 * index + 1)) : bl
    scrolls = print(context, bh, character, { color: attribute, attribute })
    index += 1
  }
  memory.write16(progressAt, index < cx ? index : 0)
  // Where the EBDA keeps nothing there is no second part.
  if (index < cx && memory.read16(progressAt) === index) return 'again'
  if (!(al & 1)) {
    const before = memory.read16(beforeAt)
    setCursor(context, bh, { column: before & 0xff, row: before >> 8 })
  }
}

/** AH=0Ch: dot at column CX, row DX, in colour AL. */
export function writePixel(context: Context): Resume {
  const { registers } = context
  withPixel(context, (pixels) => pixels.set(registers.cx, registers.dx, registers.al))
}

/** AH=0Dh. */
export function readPixel(context: Context): Resume {
  const { registers } = context
  withPixel(context, (pixels) => (registers.al = pixels.get(registers.cx, registers.dx)))
}

function withPixel(context: Context, act: (pixels: ReturnType<typeof pixelsOf>) => void): void {
  const { registers, memory } = context
  const mode = currentMode(context)
  if (mode.kind === 'text' || registers.cx >= mode.width || registers.dx >= mode.height) return
  const page = mode.pages > 1 && registers.bh < mode.pages ? registers.bh : 0
  act(pixelsOf(context, mode, page * memory.read16(Bda.PAGE_BYTES)))
}
