import type { Context } from '../context.ts'
import { readGraphics, readSequencer, writeGraphics, writeSequencer } from './vga-ports.ts'

/** Characters begin every 32 bytes of plane 2, whatever their height. */
const SLOT_BYTES = 32
const FONT_BYTES = 0x2000
const PLANE_WINDOW = 0xa0000
/** Blocks 0-3 lie at multiples of 16 KiB, blocks 4-7 8 KiB behind them. */
const blockOffset = (block: number): number => (block & 3) * 0x4000 + (block & 4 ? FONT_BYTES : 0)

/** Registers that open plane 2 at A0000h: map mask, no odd/even; read map 2, plain mode, 64 KiB window. */
const SEQUENCER: readonly (readonly [number, number])[] = [
  [2, 0x04],
  [4, 0x07],
]
const GRAPHICS: readonly (readonly [number, number])[] = [
  [1, 0x00],
  [3, 0x00],
  [4, 0x02],
  [5, 0x00],
  [6, 0x04],
  [8, 0xff],
]

/** Runs `access` with plane 2 open, and closes it again. */
function withPlane2({ ports }: Context, access: () => void): void {
  const sequencer = SEQUENCER.map(([index]) => [index, readSequencer(ports, index)] as const)
  const graphics = GRAPHICS.map(([index]) => [index, readGraphics(ports, index)] as const)
  for (const [index, value] of SEQUENCER) writeSequencer(ports, index, value)
  for (const [index, value] of GRAPHICS) writeGraphics(ports, index, value)
  access()
  for (const [index, value] of sequencer) writeSequencer(ports, index, value)
  for (const [index, value] of graphics) writeGraphics(ports, index, value)
}

/** Loads characters `height` lines high, from `first` on, into a block. */
export function loadFont(context: Context, glyphs: Uint8Array, height: number, block: number, first = 0): void {
  const count = Math.floor(glyphs.length / height)
  const slots = new Uint8Array(count * SLOT_BYTES)
  for (let index = 0; index < count; index += 1) {
    slots.set(glyphs.subarray(index * height, index * height + Math.min(height, SLOT_BYTES)), index * SLOT_BYTES)
  }
  const at = PLANE_WINDOW + blockOffset(block) + first * SLOT_BYTES
  withPlane2(context, () => void context.memory.store(at, slots))
}

/** Loads one of the ROM's own fonts. */
export function loadRomFont(context: Context, height: 8 | 14 | 16, block: number): void {
  loadFont(context, romFont(context, height), height, block)
}

/** The 256 characters of a font in the ROM. */
export function romFont({ rom }: Context, height: 8 | 14 | 16): Uint8Array {
  const { image, fonts } = rom
  if (height === 14) return image.subarray(fonts.h14, fonts.h14 + 256 * 14)
  if (height === 16) return image.subarray(fonts.h16, fonts.h16 + 256 * 16)
  const both = new Uint8Array(256 * 8)
  both.set(image.subarray(fonts.h8, fonts.h8 + 128 * 8))
  both.set(image.subarray(fonts.h8Upper, fonts.h8Upper + 128 * 8), 128 * 8)
  return both
}
