/** How a mode keeps its picture. */
export type ModeKind = 'text' | 'cga4' | 'cga2' | 'planar' | 'linear'
export type PaletteKind = 'ega' | 'cga' | 'vga' | 'mono'

/** A video mode of the VGA: its size, and what its registers hold (IBM PS/2 Hardware Interface Technical Reference, video subsystem). */
export interface VideoMode {
  readonly number: number
  readonly kind: ModeKind
  readonly columns: number
  readonly rows: number
  readonly characterHeight: 8 | 14 | 16
  /** In pixels; for text of the 9- or 8-dot characters, unused. */
  readonly width: number
  readonly height: number
  /** Address of the picture. */
  readonly base: number
  readonly pageBytes: number
  readonly pages: number
  readonly palette: PaletteKind
  readonly misc: number
  readonly sequencer: readonly number[]
  readonly crtc: readonly number[]
  readonly attribute: readonly number[]
  readonly graphics: readonly number[]
}

const hex = (text: string): readonly number[] => text.split(' ').map((byte) => Number.parseInt(byte, 16))

const COLOR_TEXT = hex('00 01 02 03 04 05 14 07 38 39 3a 3b 3c 3d 3e 3f 0c 00 0f 08 00')
const MONO_TEXT = hex('00 08 08 08 08 08 08 08 10 18 18 18 18 18 18 18 0e 00 0f 08 00')
const CGA_COLORS = hex('00 13 15 17 02 04 06 07 10 11 12 13 14 15 16 17 01 00 03 00 00')
const CGA_MONO = hex('00 17 17 17 17 17 17 17 17 17 17 17 17 17 17 17 01 00 01 00 00')
const SIXTEEN_200 = hex('00 01 02 03 04 05 06 07 10 11 12 13 14 15 16 17 01 00 0f 00 00')
const SIXTEEN = hex('00 01 02 03 04 05 14 07 38 39 3a 3b 3c 3d 3e 3f 01 00 0f 00 00')
const MONO_350 = hex('00 08 00 00 18 18 00 00 00 08 00 00 00 18 00 00 0b 00 05 00 00')
const TWO_480 = hex('00 3f 3f 3f 3f 3f 3f 3f 3f 3f 3f 3f 3f 3f 3f 3f 01 00 0f 00 00')
const LINEAR = hex('00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 41 00 0f 00 00')

const TEXT_GRAPHICS = hex('00 00 00 00 00 10 0e 00 ff')
const PLANAR_GRAPHICS = hex('00 00 00 00 00 00 05 0f ff')

const TEXT_40 = hex('2d 27 28 90 2b a0 bf 1f 00 4f 0d 0e 00 00 00 00 9c 8e 8f 14 1f 96 b9 a3 ff')
const TEXT_80 = hex('5f 4f 50 82 55 81 bf 1f 00 4f 0d 0e 00 00 00 00 9c 8e 8f 28 1f 96 b9 a3 ff')
const TEXT_MONO = hex('5f 4f 50 82 55 81 bf 1f 00 4f 0d 0e 00 00 00 00 9c 8e 8f 28 0f 96 b9 a3 ff')
const CGA_320 = hex('2d 27 28 90 2b 80 bf 1f 00 c1 00 00 00 00 00 00 9c 8e 8f 14 00 96 b9 a2 ff')
const CGA_640 = hex('5f 4f 50 82 54 80 bf 1f 00 c1 00 00 00 00 00 00 9c 8e 8f 28 00 96 b9 c2 ff')
const PLANAR_320 = hex('2d 27 28 90 2b 80 bf 1f 00 c0 00 00 00 00 00 00 9c 8e 8f 14 00 96 b9 e3 ff')
const PLANAR_640_200 = hex('5f 4f 50 82 54 80 bf 1f 00 c0 00 00 00 00 00 00 9c 8e 8f 28 00 96 b9 e3 ff')
const PLANAR_350 = hex('5f 4f 50 82 54 80 bf 1f 00 40 00 00 00 00 00 00 83 85 5d 28 0f 63 ba e3 ff')
const PLANAR_480 = hex('5f 4f 50 82 54 80 0b 3e 00 40 00 00 00 00 00 00 ea 8c df 28 00 e7 04 e3 ff')
const LINEAR_320 = hex('5f 4f 50 82 54 80 bf 1f 00 41 00 00 00 00 00 00 9c 8e 8f 28 40 96 b9 a3 ff')

const text = { kind: 'text', rows: 25, characterHeight: 16, width: 720, height: 400, base: 0xb8000, pages: 8, palette: 'ega', misc: 0x67, attribute: COLOR_TEXT, graphics: TEXT_GRAPHICS } as const
const text40 = { ...text, columns: 40, pageBytes: 0x800, sequencer: hex('08 03 00 02'), crtc: TEXT_40, width: 360 } as const
const text80 = { ...text, columns: 80, pageBytes: 0x1000, sequencer: hex('00 03 00 02'), crtc: TEXT_80 } as const
const cga = { rows: 25, characterHeight: 8, height: 200, base: 0xb8000, pageBytes: 0x4000, pages: 1, palette: 'cga', misc: 0x63 } as const
const cga320 = { ...cga, kind: 'cga4', columns: 40, width: 320, sequencer: hex('09 03 00 02'), crtc: CGA_320, attribute: CGA_COLORS, graphics: hex('00 00 00 00 00 30 0f 00 ff') } as const
const planar = { kind: 'planar', base: 0xa0000, graphics: PLANAR_GRAPHICS, sequencer: hex('01 0f 00 06') } as const
const planar350 = { ...planar, columns: 80, rows: 25, characterHeight: 14, width: 640, height: 350, pageBytes: 0x8000, pages: 2, crtc: PLANAR_350 } as const
const planar480 = { ...planar, columns: 80, rows: 30, characterHeight: 16, width: 640, height: 480, pageBytes: 0xa000, pages: 1, palette: 'ega', misc: 0xe3, crtc: PLANAR_480 } as const

export const VIDEO_MODES: readonly VideoMode[] = [
  { ...text40, number: 0x00 },
  { ...text40, number: 0x01 },
  { ...text80, number: 0x02 },
  { ...text80, number: 0x03 },
  { ...cga320, number: 0x04 },
  { ...cga320, number: 0x05 },
  { ...cga, number: 0x06, kind: 'cga2', columns: 80, width: 640, sequencer: hex('01 01 00 06'), crtc: CGA_640, attribute: CGA_MONO, graphics: hex('00 00 00 00 00 00 0d 00 ff') },
  { ...text80, number: 0x07, base: 0xb0000, palette: 'mono', misc: 0x66, crtc: TEXT_MONO, attribute: MONO_TEXT, graphics: hex('00 00 00 00 00 10 0a 00 ff') },
  { ...planar, number: 0x0d, columns: 40, rows: 25, characterHeight: 8, width: 320, height: 200, pageBytes: 0x2000, pages: 8, palette: 'cga', misc: 0x63, sequencer: hex('09 0f 00 06'), crtc: PLANAR_320, attribute: SIXTEEN_200 },
  { ...planar, number: 0x0e, columns: 80, rows: 25, characterHeight: 8, width: 640, height: 200, pageBytes: 0x4000, pages: 4, palette: 'cga', misc: 0x63, crtc: PLANAR_640_200, attribute: SIXTEEN_200 },
  { ...planar350, number: 0x0f, palette: 'mono', misc: 0xa2, attribute: MONO_350, graphics: hex('00 00 00 00 00 00 05 05 ff') },
  { ...planar350, number: 0x10, palette: 'ega', misc: 0xa3, attribute: SIXTEEN },
  { ...planar480, number: 0x11, attribute: TWO_480, graphics: hex('00 00 00 00 00 00 05 01 ff') },
  { ...planar480, number: 0x12, attribute: SIXTEEN },
  { number: 0x13, kind: 'linear', columns: 40, rows: 25, characterHeight: 8, width: 320, height: 200, base: 0xa0000, pageBytes: 0x10000, pages: 1, palette: 'vga', misc: 0x63, sequencer: hex('01 0f 00 0e'), crtc: LINEAR_320, attribute: LINEAR, graphics: hex('00 00 00 00 00 40 05 0f ff') },
]
