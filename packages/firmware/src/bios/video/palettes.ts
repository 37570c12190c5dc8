import type { PaletteKind } from './modes.table.ts'

type Color = readonly [red: number, green: number, blue: number]

/** DAC values: two thirds and one third of full intensity. */
const HIGH = 0x2a
const LOW = 0x15
const FULL = 0x3f

/** EGA's 64 colours: bits 0-2 are two thirds of blue, green, red, bits 3-5 one third. */
function egaColor(index: number): Color {
  const part = (bit: number): number => (index & (1 << bit) ? HIGH : 0) + (index & (8 << bit) ? LOW : 0)
  return [part(2), part(1), part(0)]
}

/** CGA's 16 colours: bit 3 adds a third to each; colour 6 is brown, not dark yellow. */
function cgaColor(index: number): Color {
  const add = index & 8 ? LOW : 0
  const part = (bit: number): number => (index & (1 << bit) ? HIGH : 0) + add
  return index === 6 ? [HIGH, LOW, 0] : [part(2), part(1), part(0)]
}

/** Bit 4 of the attribute's colour is the intensity in modes of 200 lines. */
function cgaPaletteColor(index: number): Color {
  return cgaColor((index & 7) | (index & 0x10 ? 8 : 0))
}

/** Attributes in modes of two intensities and their greys. */
function monoColor(index: number): Color {
  const levels = [0, HIGH, 0, FULL]
  const level = levels[((index >> 3) & 1) | ((index >> 3) & 2)] ?? 0
  return [level, level, level]
}

/** The 16 greys of mode 13h. */
const GREYS = [0, 5, 8, 11, 14, 17, 20, 24, 28, 32, 36, 40, 45, 50, 56, 63]
const HUES = 24
/** Nine rings of hues: brightest value, and how far from white, in the five steps of a ramp. */
const RINGS: readonly (readonly number[])[] = [
  [0, 16, 31, 47, 63],
  [31, 39, 47, 55, 63],
  [45, 49, 54, 58, 63],
  [0, 7, 14, 21, 28],
  [14, 17, 21, 24, 28],
  [20, 22, 24, 26, 28],
  [0, 4, 8, 12, 16],
  [8, 10, 12, 14, 16],
  [11, 12, 13, 15, 16],
]

/** A hue of a ring: from blue by magenta, red, yellow, green and cyan back to blue, four steps each. */
function hue(index: number, ramp: readonly number[]): Color {
  const up = ramp[index & 3]!
  const down = ramp[4 - (index & 3)]!
  const [low, high] = [ramp[0]!, ramp[4]!]
  const sectors: readonly Color[] = [
    [up, low, high],
    [high, low, down],
    [high, up, low],
    [down, high, low],
    [low, high, up],
    [low, down, high],
  ]
  return sectors[index >> 2]!
}

function vgaColor(index: number): Color {
  if (index < 16) return cgaColor(index)
  const grey = GREYS[index - 16]
  if (grey !== undefined) return [grey, grey, grey]
  const position = index - 32
  const ramp = RINGS[Math.floor(position / HUES)]
  return ramp === undefined ? [0, 0, 0] : hue(position % HUES, ramp)
}

const COLORS: Readonly<Record<PaletteKind, { count: number; color: (index: number) => Color }>> = {
  ega: { count: 64, color: egaColor },
  cga: { count: 64, color: cgaPaletteColor },
  mono: { count: 64, color: monoColor },
  vga: { count: 256, color: vgaColor },
}

/** The DAC's values that a mode begins with, three for each colour. */
export function paletteOf(kind: PaletteKind): Uint8Array {
  const { count, color } = COLORS[kind]
  return Uint8Array.from(Array.from({ length: count }, (_, index) => color(index)).flat())
}

/** The grey of a colour: 30 % red, 59 % green, 11 % blue. */
export function greyOf(red: number, green: number, blue: number): number {
  return Math.floor((red * 77 + green * 151 + blue * 28 + 128) / 256)
}

/** Replaces colours by their greys, in place. */
export function toGreys(colors: Uint8Array): Uint8Array {
  for (let at = 0; at + 2 < colors.length; at += 3) {
    colors.fill(greyOf(colors[at]!, colors[at + 1]!, colors[at + 2]!), at, at + 3)
  }
  return colors
}
