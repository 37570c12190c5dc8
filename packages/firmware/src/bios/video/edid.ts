import { LittleEndian } from '../../little-endian.ts'

/** VESA Enhanced EDID Standard, release A: EDID 1.3. */
export const EDID_BYTES = 128

/** A timing as VESA's Display Monitor Timings have it: pixels and lines shown, then blanked, with the sync inside. */
interface Timing {
  readonly clockKhz: number
  readonly width: number
  readonly blankWidth: number
  readonly syncLeft: number
  readonly syncWidth: number
  readonly height: number
  readonly blankHeight: number
  readonly syncAbove: number
  readonly syncHeight: number
}

/** 1024 x 768 at 60 Hz: what the screen likes best. */
const PREFERRED: Timing = {
  clockKhz: 65_000,
  width: 1024,
  blankWidth: 320,
  syncLeft: 24,
  syncWidth: 136,
  height: 768,
  blankHeight: 38,
  syncAbove: 3,
  syncHeight: 6,
}
/** At 96 dots an inch. */
const PREFERRED_MM = { width: 271, height: 203 } as const

/** Modes that VESA and IBM numbered: 640x480, 800x600 at 60 Hz; 1024x768 at 60 Hz. (Established timings I and II.) */
const ESTABLISHED = [0x21, 0x08, 0x00] as const
const Aspect = { FIVE_TO_FOUR: 0x80, FOUR_TO_THREE: 0x40 } as const
/** Further ones at 60 Hz: width and aspect ratio. */
const STANDARD: readonly (readonly [width: number, aspect: number])[] = [
  [1280, Aspect.FIVE_TO_FOUR],
  [1600, Aspect.FOUR_TO_THREE],
]
const STANDARD_PLACES = 8
const UNUSED_TIMING = 0x01
/** Colours of sRGB: red, green, blue and white, as tenths of a thousandth. */
const PRIMARIES = [6400, 3300, 3000, 6000, 1500, 600, 3127, 3290] as const
const DescriptorTag = { Name: 0xfc, Range: 0xfd, Text: 0xfe } as const
const DESCRIPTOR_BYTES = 18
const DESCRIPTORS_AT = 54

/** Three letters, five bits each. */
const manufacturer = (letters: string): number =>
  [...letters].reduce((code, letter) => (code << 5) | (letter.charCodeAt(0) - 0x40), 0)

/** Ten bits for each coordinate: the two lowest of all first, then the upper eight. */
function chromaticity(): number[] {
  const coordinates = PRIMARIES.map((value) => Math.round((value * 1024) / 10_000))
  const low = [0, 4].map((first) =>
    coordinates.slice(first, first + 4).reduce((bits, value) => (bits << 2) | (value & 3), 0),
  )
  return [...low, ...coordinates.map((value) => value >> 2)]
}

function detailedTiming(timing: Timing): Uint8Array {
  const { width, blankWidth, syncLeft, syncWidth, height, blankHeight, syncAbove, syncHeight } = timing
  const block = new LittleEndian(DESCRIPTOR_BYTES)
  block.u16(0, timing.clockKhz / 10)
  block.u8(2, width)
  block.u8(3, blankWidth)
  block.u8(4, ((width >> 8) << 4) | (blankWidth >> 8))
  block.u8(5, height)
  block.u8(6, blankHeight)
  block.u8(7, ((height >> 8) << 4) | (blankHeight >> 8))
  block.u8(8, syncLeft)
  block.u8(9, syncWidth)
  block.u8(10, (syncAbove << 4) | syncHeight)
  block.u8(12, PREFERRED_MM.width)
  block.u8(13, PREFERRED_MM.height)
  block.u8(14, ((PREFERRED_MM.width >> 8) << 4) | (PREFERRED_MM.height >> 8))
  // Separate sync signals, both negative.
  block.u8(17, 0x18)
  return block.bytes
}

function descriptor(tag: number, data: readonly number[]): Uint8Array {
  const block = new Uint8Array(DESCRIPTOR_BYTES)
  block[3] = tag
  block.set(data, 5)
  return block
}

const text = (value: string): number[] => [...`${value}\n`.padEnd(13)].map((character) => character.charCodeAt(0))

/** The identification of the screen: all modes that VBE lists, best in 1024 x 768. */
export function edid(): Uint8Array {
  const block = new LittleEndian(EDID_BYTES)
  block.copy(0, Uint8Array.of(0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00))
  const maker = manufacturer('MCA')
  block.u8(8, maker >> 8)
  block.u8(9, maker)
  block.u16(10, 1)
  // First week of 2026; EDID 1.3.
  block.copy(16, Uint8Array.of(1, 2026 - 1990, 1, 3))
  // Analog, 0.7 V, separate syncs; centimetres; gamma 2.2; RGB, sRGB, the first timing is preferred.
  block.copy(
    20,
    Uint8Array.of(0x08, Math.round(PREFERRED_MM.width / 10), Math.round(PREFERRED_MM.height / 10), 120, 0x0e),
  )
  block.copy(25, Uint8Array.from(chromaticity()))
  block.copy(35, Uint8Array.from(ESTABLISHED))
  for (let place = 0; place < STANDARD_PLACES; place += 1) {
    const [width, aspect] = STANDARD[place] ?? []
    block.u8(38 + 2 * place, width === undefined ? UNUSED_TIMING : width / 8 - 31)
    block.u8(39 + 2 * place, aspect ?? UNUSED_TIMING)
  }
  const descriptors = [
    detailedTiming(PREFERRED),
    // 50 to 125 lines a second in hertz and kilohertz, 230 MHz at most, no formula.
    descriptor(DescriptorTag.Range, [50, 125, 30, 125, 23, 0x00, 0x0a, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20]),
    descriptor(DescriptorTag.Name, text('Mica Screen')),
    descriptor(DescriptorTag.Text, text('virtual')),
  ]
  descriptors.forEach((bytes, index) => block.copy(DESCRIPTORS_AT + index * DESCRIPTOR_BYTES, bytes))
  block.u8(EDID_BYTES - 1, -block.bytes.reduce((sum, byte) => sum + byte, 0))
  return block.bytes
}
