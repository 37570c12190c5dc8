import { Bda } from '../bda.ts'
import type { Context } from '../context.ts'
import { ROM_SEGMENT } from '../rom/layout.ts'
import { setCursorShape } from './cursor.ts'
import { modeOf } from './current-mode.ts'
import { loadRomFont } from './font-memory.ts'
import type { VideoMode } from './modes.table.ts'
import { paletteOf, toGreys } from './palettes.ts'
import { disableVbe } from './vbe-registers.ts'
import { VgaPort, writeAttributes, writeColors, writeCrtc, writeGraphics, writeSequencer } from './vga-ports.ts'

/** Bit 7 of AL: what is in video memory stays. */
export const KEEP_MEMORY = 0x80
/** CRTC 11h, bit 7: registers 0 to 7 are protected. */
const RETRACE_END = 0x11
const BLANK = 0x0720
const INITIAL_SHAPE = 0x0607
/** Bits of 0040:0089: display switch, 400 lines, VGA active; default palette loading off, summing to grey. */
const VgaFlags = { SWITCH: 0x40, LINES_400: 0x10, ACTIVE: 0x01, KEEP_PALETTE: 0x08, GREY: 0x02 } as const
/** EGA switches of an enhanced color display. */
const SWITCHES = 0xf9
const VGA_WITH_COLOR = 0x08
/** Values of the CGA's mode register (3D8h) that the data area still keeps, by mode. */
const CRT_MODES = [0x2c, 0x28, 0x2d, 0x29, 0x2a, 0x2e, 0x1e, 0x29]
const MODE_6 = 6
const FONT_VECTOR = 0x43
const UPPER_FONT_VECTOR = 0x1f
const EQUIPMENT_DISPLAY = 0x30
const EQUIPMENT_MONO = 0x30
const EQUIPMENT_COLOR_80 = 0x20

/** INT 10h, AH=00h. An unknown mode changes nothing. */
export function setMode(context: Context, al: number): void {
  const mode = modeOf(al & ~KEEP_MEMORY)
  if (mode === undefined) return
  const { memory } = context
  const flags = memory.read8(Bda.VGA_FLAGS)
  disableVbe(context)
  memory.write16(Bda.CRTC_PORT, mode.misc & 1 ? VgaPort.COLOR_CRTC : VgaPort.MONO_CRTC)
  writeRegisters(context, mode)
  if (!(flags & VgaFlags.KEEP_PALETTE)) loadPalette(context, mode, (flags & VgaFlags.GREY) !== 0)
  if (!(al & KEEP_MEMORY)) clear(context, mode)
  describe(context, mode, al, flags)
  if (mode.kind === 'text') {
    loadRomFont(context, 16, 0)
    setCursorShape(context, INITIAL_SHAPE)
  }
}

/** Programs every register for the mode; the sequencer is held in reset meanwhile. */
export function writeRegisters(context: Context, mode: VideoMode): void {
  const { ports } = context
  writeSequencer(ports, 0, 0x01)
  mode.sequencer.forEach((value, index) => writeSequencer(ports, index + 1, value))
  ports.out8(VgaPort.MISC_WRITE, mode.misc)
  writeSequencer(ports, 0, 0x03)
  writeCrtc(context, RETRACE_END, 0)
  mode.crtc.forEach((value, index) => writeCrtc(context, index, value))
  mode.graphics.forEach((value, index) => writeGraphics(ports, index, value))
  writeAttributes(context, 0, mode.attribute)
  ports.out8(VgaPort.DAC_MASK, 0xff)
}

function loadPalette({ ports }: Context, { palette }: VideoMode, isGrey: boolean): void {
  const colors = paletteOf(palette)
  writeColors(ports, 0, isGrey ? toGreys(colors) : colors)
}

function clear({ memory }: Context, { kind, base }: VideoMode): void {
  const bytes = new Uint8Array(kind === 'planar' || kind === 'linear' ? 0x10000 : 0x8000)
  if (kind === 'text') new Uint16Array(bytes.buffer).fill(BLANK)
  memory.store(base, bytes)
}

function describe({ memory, rom }: Context, mode: VideoMode, al: number, flags: number): void {
  memory.write8(Bda.VIDEO_MODE, mode.number)
  memory.write16(Bda.COLUMNS, mode.columns)
  memory.write16(Bda.PAGE_BYTES, mode.pageBytes & 0xffff)
  memory.write16(Bda.PAGE_START, 0)
  memory.store(Bda.CURSORS, new Uint8Array(16))
  memory.write16(Bda.CURSOR_SHAPE, 0)
  memory.write8(Bda.ACTIVE_PAGE, 0)
  memory.write8(Bda.CRT_MODE, CRT_MODES[mode.number] ?? CRT_MODES[3]!)
  memory.write8(Bda.CRT_PALETTE, mode.number === MODE_6 ? 0x3f : 0x30)
  memory.write8(Bda.ROWS_LESS_ONE, mode.rows - 1)
  memory.write16(Bda.CHARACTER_HEIGHT, mode.characterHeight)
  memory.write8(Bda.VIDEO_CONTROL, 0x60 | (al & KEEP_MEMORY))
  memory.write8(Bda.VIDEO_SWITCHES, SWITCHES)
  memory.write8(
    Bda.VGA_FLAGS,
    (flags & (VgaFlags.KEEP_PALETTE | VgaFlags.GREY)) | VgaFlags.SWITCH | VgaFlags.LINES_400 | VgaFlags.ACTIVE,
  )
  memory.write8(Bda.DISPLAY_COMBINATION, VGA_WITH_COLOR)
  const equipment = memory.read16(Bda.EQUIPMENT) & ~EQUIPMENT_DISPLAY
  memory.write16(Bda.EQUIPMENT, equipment | (mode.misc & 1 ? EQUIPMENT_COLOR_80 : EQUIPMENT_MONO))
  const font = { 8: rom.fonts.h8, 14: rom.fonts.h14, 16: rom.fonts.h16 }[mode.characterHeight]
  memory.write32(4 * FONT_VECTOR, ROM_SEGMENT * 0x10000 + font)
  memory.write32(4 * UPPER_FONT_VECTOR, ROM_SEGMENT * 0x10000 + rom.fonts.h8Upper)
  memory.write32(Bda.SAVE_POINTER, ROM_SEGMENT * 0x10000 + rom.offsetOf('video-save-pointers'))
}
