/** VBE modes with a number in the standard (VBE 3.0, section 3), and the numbers that followed it in use. */
export interface VbeMode {
  readonly number: number
  readonly width: number
  readonly height: number
  /** 4 planar, 8 palette, 15 and 16, 24, 32 direct colour. */
  readonly bits: 4 | 8 | 15 | 16 | 24 | 32
}

const SIZES: readonly (readonly [width: number, height: number, four: number, eight: number, fifteen: number])[] = [
  [320, 200, 0, 0, 0x10d],
  [640, 480, 0, 0x101, 0x110],
  [800, 600, 0x102, 0x103, 0x113],
  [1024, 768, 0x104, 0x105, 0x116],
  [1280, 1024, 0x106, 0x107, 0x119],
  [1600, 1200, 0, 0x11c, 0x11d],
]
/** 32 bits a pixel have no number in the standard; these are Bochs's, which drivers look up by what the mode information says. */
const WIDE: readonly (readonly [number: number, width: number, height: number])[] = [
  [0x140, 320, 200],
  [0x141, 640, 400],
  [0x142, 640, 480],
  [0x143, 800, 600],
  [0x144, 1024, 768],
  [0x145, 1280, 1024],
  [0x147, 1600, 1200],
]

function listModes(): VbeMode[] {
  const modes: VbeMode[] = [{ number: 0x100, width: 640, height: 400, bits: 8 }]
  for (const [width, height, four, eight, fifteen] of SIZES) {
    if (four > 0) modes.push({ number: four, width, height, bits: 4 })
    if (eight > 0) modes.push({ number: eight, width, height, bits: 8 })
    for (const [index, bits] of ([15, 16, 24] as const).entries())
      modes.push({ number: fifteen + index, width, height, bits })
  }
  for (const [number, width, height] of WIDE) modes.push({ number, width, height, bits: 32 })
  return modes.toSorted((a, b) => a.number - b.number)
}

/** Of 1600 x 1200 at 85 Hz. */
export const MOST_PIXEL_CLOCK_HZ = 229_500_000

export const VBE_MODES: readonly VbeMode[] = listModes()

/** Bytes of a scan line; of one plane, in a planar mode. */
export function lineBytes(width: number, bits: number): number {
  return bits === 4 ? width / 8 : width * Math.ceil(bits / 8)
}

export function frameBytes({ width, height, bits }: VbeMode): number {
  return lineBytes(width, bits) * height * (bits === 4 ? 4 : 1)
}
