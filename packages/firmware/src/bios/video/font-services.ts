import { Bda } from '../bda.ts'
import type { Context, FunctionTable, Resume } from '../context.ts'
import { ROM_SEGMENT } from '../rom/layout.ts'
import { setCursorShape } from './cursor.ts'
import { currentMode } from './current-mode.ts'
import { loadFont, loadRomFont } from './font-memory.ts'
import { readCrtc, writeCrtc, writeSequencer } from './vga-ports.ts'

const CHARACTER_MAP_SELECT = 3
const Crtc = { MAXIMUM_SCAN_LINE: 0x09, VERTICAL_DISPLAY_END: 0x12, UNDERLINE: 0x14 } as const
const FONT_VECTOR = 0x43
const UPPER_FONT_VECTOR = 0x1f
const MOST_LINES = 32
const CURSOR_LINES_FROM_BOTTOM = 2
/** BL of AL=20h to 24h: 1 14 rows, 2 25, 3 43; 0 as DL says. */
const ROWS = [0, 14, 25, 43]

/** AL=00h, 10h: BH lines, CX characters from DX on, block BL, at ES:BP. */
function loadUser(context: Context): Resume {
  const { registers, memory } = context
  const { bh, bl, cx, dx, bp } = registers
  if (bh === 0 || bh > MOST_LINES || dx + cx > 256) return
  loadFont(context, memory.bytes(registers.inEs(bp), bh * cx), bh, bl & 7, dx)
  if (registers.al >= 0x10) fitRows(context, bh)
}

function loadRom(height: 8 | 14 | 16) {
  return (context: Context): Resume => {
    const { registers } = context
    loadRomFont(context, height, registers.bl & 7)
    if (registers.al >= 0x10) fitRows(context, height)
  }
}

/** As many rows as characters of this height fit on the screen. */
function fitRows(context: Context, height: number): void {
  const { memory } = context
  const { height: lines, pages } = currentMode(context)
  const rows = Math.max(1, Math.floor(lines / height))
  writeCrtc(context, Crtc.MAXIMUM_SCAN_LINE, (readCrtc(context, Crtc.MAXIMUM_SCAN_LINE) & 0xe0) | (height - 1))
  writeCrtc(context, Crtc.VERTICAL_DISPLAY_END, (rows * height - 1) & 0xff)
  writeCrtc(context, Crtc.UNDERLINE, (readCrtc(context, Crtc.UNDERLINE) & 0xe0) | Math.min(height - 1, 0x1f))
  memory.write8(Bda.ROWS_LESS_ONE, rows - 1)
  memory.write16(Bda.CHARACTER_HEIGHT, height)
  // A page holds its rows, in steps of 256 bytes.
  const bytes = rows * memory.read16(Bda.COLUMNS) * 2
  memory.write16(Bda.PAGE_BYTES, pages > 1 ? Math.ceil(bytes / 0x100) * 0x100 : bytes)
  const start = height > 8 ? height - CURSOR_LINES_FROM_BOTTOM - 1 : height - CURSOR_LINES_FROM_BOTTOM
  setCursorShape(context, (start << 8) | (height - (height > 8 ? CURSOR_LINES_FROM_BOTTOM : 1)))
}

/** AL=20h to 24h: where graphics modes find their characters. */
function setGraphicsFont(context: Context, font: number, height: number): void {
  const { registers, memory } = context
  memory.write32(4 * FONT_VECTOR, font)
  memory.write16(Bda.CHARACTER_HEIGHT, height)
  const rows = registers.bl === 0 ? registers.dl : (ROWS[registers.bl] ?? 25)
  memory.write8(Bda.ROWS_LESS_ONE, Math.max(1, rows) - 1)
}

function farEs({ registers }: Context): number {
  return (registers.cpu.es & 0xffff) * 0x10000 + registers.bp
}

function romPointer(offset: number): number {
  return ROM_SEGMENT * 0x10000 + offset
}

/** AL=30h: where a font is, its lines in CX and the rows less one in DL. */
function fontInformation(context: Context): Resume {
  const { registers, memory, rom } = context
  const { fonts } = rom
  const pointers: readonly number[] = [
    memory.read32(4 * UPPER_FONT_VECTOR),
    memory.read32(4 * FONT_VECTOR),
    romPointer(fonts.h14),
    romPointer(fonts.h8),
    romPointer(fonts.h8Upper),
    // The alternates for nine-dot characters: none differs.
    romPointer(rom.offsetOf('no-alternates')),
    romPointer(fonts.h16),
    romPointer(rom.offsetOf('no-alternates')),
  ]
  const pointer = pointers[registers.bh]
  if (pointer === undefined) return
  registers.cpu.es = pointer >>> 16
  registers.bp = pointer
  registers.cx = memory.read16(Bda.CHARACTER_HEIGHT)
  registers.dl = memory.read8(Bda.ROWS_LESS_ONE)
}

const TABLE: FunctionTable = new Map([
  [0x00, loadUser],
  [0x01, loadRom(14)],
  [0x02, loadRom(8)],
  [0x03, ({ registers, ports }) => writeSequencer(ports, CHARACTER_MAP_SELECT, registers.bl)],
  [0x04, loadRom(16)],
  [0x10, loadUser],
  [0x11, loadRom(14)],
  [0x12, loadRom(8)],
  [0x14, loadRom(16)],
  [0x20, (context) => context.memory.write32(4 * UPPER_FONT_VECTOR, farEs(context))],
  [0x21, (context) => setGraphicsFont(context, farEs(context), context.registers.cx)],
  [0x22, (context) => setGraphicsFont(context, romPointer(context.rom.fonts.h14), 14)],
  [0x23, (context) => setGraphicsFont(context, romPointer(context.rom.fonts.h8), 8)],
  [0x24, (context) => setGraphicsFont(context, romPointer(context.rom.fonts.h16), 16)],
  [0x30, fontInformation],
])

/** AH=11h. */
export function fontService(context: Context): Resume {
  return TABLE.get(context.registers.al)?.(context)
}
