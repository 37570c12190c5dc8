import type { Context } from '../context.ts'
import type { LinearMemory } from '../linear-memory.ts'
import type { Ports } from '../ports.ts'
import type { VideoMode } from './modes.table.ts'
import { writeGraphics, writeSequencer } from './vga-ports.ts'

/** The dots of a graphics page. Columns are of eight dots. A colour's bit 7 is exclusive or, where the mode has one. */
export interface Pixels {
  get(x: number, y: number): number
  set(x: number, y: number, color: number): void
  copyLine(from: number, to: number, left: number, right: number): void
  fillLine(y: number, left: number, right: number, color: number): void
  /** Draws eight dots, foreground where a bit is set. */
  drawDots(column: number, y: number, dots: number, color: number): void
  /** A bit for each dot that is not background. */
  readDots(column: number, y: number): number
}

export function pixelsOf({ memory, ports }: Context, mode: VideoMode, start: number): Pixels {
  if (mode.kind === 'planar') return new PlanarPixels(memory, ports, mode.base + start, mode.width / 8)
  if (mode.kind === 'linear') return new PackedPixels(memory, (y) => mode.base + y * mode.width, 8)
  // CGA: odd lines lie 8 KiB behind even ones.
  return new PackedPixels(memory, (y) => mode.base + (y & 1) * 0x2000 + (y >> 1) * 80, mode.kind === 'cga4' ? 2 : 1)
}

const XOR = 0x80

/** One, two or eight bits a pixel, in order. */
class PackedPixels implements Pixels {
  readonly #memory: LinearMemory
  readonly #line: (y: number) => number
  readonly #bits: 1 | 2 | 8

  constructor(memory: LinearMemory, line: (y: number) => number, bits: 1 | 2 | 8) {
    this.#memory = memory
    this.#line = line
    this.#bits = bits
  }

  get(x: number, y: number): number {
    return (this.#memory.read8(this.#at(x, y)) >> this.#shift(x)) & this.#mask
  }

  set(x: number, y: number, color: number): void {
    const at = this.#at(x, y)
    const shift = this.#shift(x)
    const value = (color & this.#mask) << shift
    const before = this.#memory.read8(at)
    // In 256 colours bit 7 is part of the colour.
    const isXor = this.#bits < 8 && (color & XOR) !== 0
    this.#memory.write8(at, isXor ? before ^ value : (before & ~(this.#mask << shift)) | value)
  }

  copyLine(from: number, to: number, left: number, right: number): void {
    const bytes = (right - left + 1) * this.#bits
    this.#memory.store(
      this.#line(to) + left * this.#bits,
      this.#memory.bytes(this.#line(from) + left * this.#bits, bytes),
    )
  }

  fillLine(y: number, left: number, right: number, color: number): void {
    let value = 0
    for (let bit = 0; bit < 8; bit += this.#bits) value |= (color & this.#mask) << bit
    this.#memory.store(this.#line(y) + left * this.#bits, new Uint8Array((right - left + 1) * this.#bits).fill(value))
  }

  drawDots(column: number, y: number, dots: number, color: number): void {
    const at = this.#line(y) + column * this.#bits
    const isXor = this.#bits < 8 && (color & XOR) !== 0
    const bytes = isXor ? this.#memory.bytes(at, this.#bits) : new Uint8Array(this.#bits)
    for (let dot = 0; dot < 8; dot += 1) {
      if (!((dots >> (7 - dot)) & 1)) continue
      const bit = dot * this.#bits
      bytes[bit >> 3]! ^= (color & this.#mask) << (8 - this.#bits - (bit & 7))
    }
    this.#memory.store(at, bytes)
  }

  readDots(column: number, y: number): number {
    let dots = 0
    for (let dot = 0; dot < 8; dot += 1) dots = (dots << 1) | (this.get(column * 8 + dot, y) === 0 ? 0 : 1)
    return dots
  }

  get #mask(): number {
    return (1 << this.#bits) - 1
  }

  #at(x: number, y: number): number {
    return this.#line(y) + ((x * this.#bits) >> 3)
  }

  #shift(x: number): number {
    return 8 - this.#bits - ((x * this.#bits) & 7)
  }
}

const Graphics = { SET_RESET: 0, ENABLE_SET_RESET: 1, ROTATE: 3, READ_MAP: 4, MODE: 5, BIT_MASK: 8 } as const
const MAP_MASK = 2
const ALL_PLANES = 0x0f
const FUNCTION_XOR = 0x18
const WRITE_LATCHES = 1

/** Four planes of eight dots a byte, through the graphics controller. Its registers are afterwards as a mode set leaves them. */
class PlanarPixels implements Pixels {
  readonly #memory: LinearMemory
  readonly #ports: Ports
  readonly #base: number
  readonly #lineBytes: number

  constructor(memory: LinearMemory, ports: Ports, base: number, lineBytes: number) {
    this.#memory = memory
    this.#ports = ports
    this.#base = base
    this.#lineBytes = lineBytes
  }

  get(x: number, y: number): number {
    const at = this.#at(x >> 3, y)
    const bit = 7 - (x & 7)
    let color = 0
    for (let plane = 0; plane < 4; plane += 1) {
      writeGraphics(this.#ports, Graphics.READ_MAP, plane)
      color |= ((this.#memory.read8(at) >> bit) & 1) << plane
    }
    writeGraphics(this.#ports, Graphics.READ_MAP, 0)
    return color
  }

  set(x: number, y: number, color: number): void {
    this.#paint(this.#at(x >> 3, y), 0x80 >> (x & 7), color)
  }

  copyLine(from: number, to: number, left: number, right: number): void {
    writeGraphics(this.#ports, Graphics.MODE, WRITE_LATCHES)
    writeSequencer(this.#ports, MAP_MASK, ALL_PLANES)
    for (let column = left; column <= right; column += 1) {
      this.#memory.read8(this.#at(column, from))
      this.#memory.write8(this.#at(column, to), 0)
    }
    writeGraphics(this.#ports, Graphics.MODE, 0)
  }

  fillLine(y: number, left: number, right: number, color: number): void {
    this.#withColor(color & ALL_PLANES, 0xff, () => {
      this.#memory.store(this.#at(left, y), new Uint8Array(right - left + 1))
    })
  }

  drawDots(column: number, y: number, dots: number, color: number): void {
    const at = this.#at(column, y)
    if (!(color & XOR)) this.#withColor(0, 0xff, () => this.#memory.write8(at, 0))
    if (dots !== 0) this.#paint(at, dots, color)
  }

  readDots(column: number, y: number): number {
    let dots = 0
    for (let plane = 0; plane < 4; plane += 1) {
      writeGraphics(this.#ports, Graphics.READ_MAP, plane)
      dots |= this.#memory.read8(this.#at(column, y))
    }
    writeGraphics(this.#ports, Graphics.READ_MAP, 0)
    return dots
  }

  /** Sets the dots of a mask, after their byte was latched. */
  #paint(at: number, mask: number, color: number): void {
    if (color & XOR) writeGraphics(this.#ports, Graphics.ROTATE, FUNCTION_XOR)
    this.#withColor(color & ALL_PLANES, mask, () => {
      this.#memory.read8(at)
      this.#memory.write8(at, 0xff)
    })
    if (color & XOR) writeGraphics(this.#ports, Graphics.ROTATE, 0)
  }

  #withColor(color: number, mask: number, write: () => void): void {
    writeSequencer(this.#ports, MAP_MASK, ALL_PLANES)
    writeGraphics(this.#ports, Graphics.MODE, 0)
    writeGraphics(this.#ports, Graphics.SET_RESET, color)
    writeGraphics(this.#ports, Graphics.ENABLE_SET_RESET, ALL_PLANES)
    writeGraphics(this.#ports, Graphics.BIT_MASK, mask)
    write()
    writeGraphics(this.#ports, Graphics.SET_RESET, 0)
    writeGraphics(this.#ports, Graphics.ENABLE_SET_RESET, 0)
    writeGraphics(this.#ports, Graphics.BIT_MASK, 0xff)
  }

  #at(column: number, y: number): number {
    return this.#base + y * this.#lineBytes + column
  }
}
