import type { Canvas } from './picture.ts'
import { Attribute, Crtc, CrtcMode, Graphics, GraphicsMode } from './registers.ts'
import { countAt, dacColors, fetchOffset, palette16, scanLines } from './scan-out.ts'
import type { VgaRegistersState } from './state.ts'
import { crtcTiming, is256Color } from './timing.ts'
import type { VbeMode } from './vbe.ts'
import { packColor } from './picture.ts'

/** Scan lines that show the same line of memory, which a picture holds once. */
export function lineRepetition(registers: VgaRegistersState): number {
  const { rowLines, doubleScan } = crtcTiming(registers)
  const scanBits = CrtcMode.CMS0 | CrtcMode.CMS1
  // Where the row scan is part of the address, lines of a row differ.
  const repeats = (registers.crtc[Crtc.MODE_CONTROL]! & scanBits) === scanBits ? rowLines : 1
  return repeats * (doubleScan ? 2 : 1)
}

export function graphicsSize(registers: VgaRegistersState): { width: number; height: number } {
  const { columns, lines } = crtcTiming(registers)
  return {
    width: columns * (is256Color(registers) ? 4 : 8),
    height: Math.ceil(lines / lineRepetition(registers)),
  }
}

/** The four modes of the shift registers: planar 16 colours, interleaved 4 colours, 256 colours. */
export function renderGraphics(
  canvas: Canvas,
  registers: VgaRegistersState,
  memory: Uint8Array,
  dac8Bit: boolean,
): void {
  const { crtc, attribute, graphics } = registers
  const { columns } = crtcTiming(registers)
  const wide = is256Color(registers)
  const colors = wide ? dacColors(registers, dac8Bit) : palette16(registers, dac8Bit)
  const enabled = wide ? 0xff : attribute[Attribute.PLANE_ENABLE]! & 0x0f
  const shift = shifter(graphics[Graphics.MODE]!, wide)
  const perColumn = wide ? 4 : 8
  const repetition = lineRepetition(registers)
  const lines = scanLines(registers)
  const dots = new Uint8Array(8)
  for (let y = 0; y < canvas.height; y++) {
    const { counter, rowScan, panning } = lines[y * repetition]!
    const cut = wide ? panning >> 1 : panning
    for (let column = 0; column <= columns; column++) {
      const start = 4 * fetchOffset(crtc, counter + countAt(crtc, column), rowScan)
      shift(memory, start, dots)
      for (let dot = 0; dot < perColumn; dot++) {
        const x = column * perColumn + dot - cut
        if (x >= 0 && x < canvas.width) canvas.set(x, y, colors[dots[dot]! & enabled]!)
      }
    }
  }
}

type Shifter = (memory: Uint8Array, start: number, dots: Uint8Array) => void

function shifter(mode: number, wide: boolean): Shifter {
  if (wide) return shift256
  return mode & GraphicsMode.SHIFT_INTERLEAVED ? shiftInterleaved : shiftPlanar
}

function shift256(memory: Uint8Array, start: number, dots: Uint8Array): void {
  for (let plane = 0; plane < 4; plane++) dots[plane] = memory[start + plane]!
}

function shiftPlanar(memory: Uint8Array, start: number, dots: Uint8Array): void {
  dots.fill(0)
  for (let plane = 0; plane < 4; plane++) {
    const byte = memory[start + plane]!
    for (let dot = 0; dot < 8; dot++) dots[dot]! |= ((byte >> (7 - dot)) & 1) << plane
  }
}

/** Planes 0 and 2 give the first four dots, 1 and 3 the others; two bits of each. */
function shiftInterleaved(memory: Uint8Array, start: number, dots: Uint8Array): void {
  for (let dot = 0; dot < 8; dot++) {
    const plane = start + (dot >> 2)
    const position = 6 - 2 * (dot & 3)
    dots[dot] = ((memory[plane]! >> position) & 3) | (((memory[plane + 2]! >> position) & 3) << 2)
  }
}

/** A mode of the Bochs extensions. */
export function renderVbe(
  canvas: Canvas,
  mode: VbeMode,
  memory: Uint8Array,
  registers: VgaRegistersState,
  dac8Bit: boolean,
): void {
  if (mode.bitsPerPixel === 4) return renderVbePlanar(canvas, mode, memory, registers, dac8Bit)
  const colors = mode.bitsPerPixel === 8 ? dacColors(registers, dac8Bit) : undefined
  const bytes = (mode.bitsPerPixel + 7) >> 3
  const read = colors ? (at: number) => colors[memory[at] ?? 0]! : DIRECT[mode.bitsPerPixel]!
  for (let y = 0; y < mode.height; y++) {
    const line = mode.startByte + y * mode.lineBytes
    for (let x = 0; x < mode.width; x++) canvas.set(x, y, read(line + x * bytes, memory))
  }
}

/** Readers of direct colour; memory past the end is black. */
const DIRECT: Readonly<Record<number, (at: number, memory: Uint8Array) => number>> = {
  15: (at, memory) => {
    const word = (memory[at] ?? 0) | ((memory[at + 1] ?? 0) << 8)
    return packColor(five(word >> 10), five(word >> 5), five(word))
  },
  16: (at, memory) => {
    const word = (memory[at] ?? 0) | ((memory[at + 1] ?? 0) << 8)
    const green = (word >> 5) & 0x3f
    return packColor(five(word >> 11), (green << 2) | (green >> 4), five(word))
  },
  24: (at, memory) => packColor(memory[at + 2] ?? 0, memory[at + 1] ?? 0, memory[at] ?? 0),
  32: (at, memory) => packColor(memory[at + 2] ?? 0, memory[at + 1] ?? 0, memory[at] ?? 0),
}

function five(value: number): number {
  return ((value & 0x1f) << 3) | ((value & 0x1f) >> 2)
}

function renderVbePlanar(
  canvas: Canvas,
  mode: VbeMode,
  memory: Uint8Array,
  registers: VgaRegistersState,
  dac8Bit: boolean,
): void {
  const colors = palette16(registers, dac8Bit)
  const dots = new Uint8Array(8)
  for (let y = 0; y < mode.height; y++) {
    for (let x = 0; x < mode.width; x += 8) {
      const start = 4 * (mode.startByte + y * mode.lineBytes + (x >> 3))
      shiftPlanar(memory, start < memory.length ? start : 0, dots)
      for (let dot = 0; dot < 8; dot++) canvas.set(x + dot, y, colors[dots[dot]!]!)
    }
  }
}
