import type { AccessSize, Bus, PortDevice, TextCell, TextCursor } from '@mica-vm/pc-devices'
import type { Screen } from './types.ts'

const crtcPorts = 0x3d4
const columns = 80
const rows = 25
const page = 0xb8000
/** Bytes of text memory, two for each character. */
const pageBytes = 0x8000
const registers = 0x19
const startHigh = 0x0c
const cursorHigh = 0x0e

/** What the sixteen attributes look like after a VGA's reset. */
const colors = [
  0x000000, 0x0000aa, 0x00aa00, 0x00aaaa, 0xaa0000, 0xaa00aa, 0xaa5500, 0xaaaaaa, 0x555555, 0x5555ff, 0x55ff55,
  0x55ffff, 0xff5555, 0xff55ff, 0xffff55, 0xffffff,
]

/** Code page 437 as a VGA's font shows it. */
const glyphs =
  ' ☺☻♥♦♣♠•◘○◙♂♀♪♫☼►◄↕‼¶§▬↨↑↓→←∟↔▲▼' +
  Array.from({ length: 95 }, (_, i) => String.fromCharCode(0x20 + i)).join('') +
  '⌂ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0'

/** Where the text memory lies in guest-physical memory. */
export const TEXT_MEMORY: { readonly start: number; readonly length: number } = { start: page, length: pageBytes }

/**
 * The text screen of a VGA in mode 3, as far as what it shows can be read back: its memory is RAM, and of its registers
 * only the CRT controller's exist. They hold where the visible part begins, which systems move to scroll.
 */
export class TextScreen implements PortDevice, Screen {
  readonly portWidth = 1
  readonly #read: (physical: number, into: Uint8Array) => boolean
  readonly #registers = new Uint8Array(registers)
  #index = 0

  constructor(bus: Bus, read: (physical: number, into: Uint8Array) => boolean) {
    this.#read = read
    bus.attachPorts(crtcPorts, 2, this)
  }

  readPort(port: number, _size: AccessSize): number {
    return port === crtcPorts ? this.#index : (this.#registers[this.#index] ?? 0xff)
  }

  writePort(port: number, _size: AccessSize, value: number): void {
    if (port === crtcPorts) this.#index = value
    else if (this.#index < registers) this.#registers[this.#index] = value
  }

  reset(): void {
    this.#registers.fill(0)
    this.#index = 0
  }

  /** The 25 lines that show, without the blanks at their ends. */
  text(): string[] {
    return this.cells().map((row) =>
      row
        .map(({ character }) => character)
        .join('')
        .replace(/[ \u00a0]+$/, ''),
    )
  }

  cells(): TextCell[][] {
    const bytes = new Uint8Array(pageBytes)
    this.#read(page, bytes)
    const start = this.#register16(startHigh)
    return Array.from({ length: rows }, (_, row) =>
      Array.from({ length: columns }, (_, column) => {
        const cell = ((start + row * columns + column) * 2) % pageBytes
        const attribute = bytes[cell + 1]!
        return {
          character: glyphs[bytes[cell]!]!,
          foreground: colors[attribute & 15]!,
          background: colors[(attribute >> 4) & 7]!,
        }
      }),
    )
  }

  get cursor(): TextCursor {
    const at = this.#register16(cursorHigh) - this.#register16(startHigh)
    const visible = at >= 0 && at < rows * columns
    return visible ? { column: at % columns, row: Math.floor(at / columns), visible } : { column: 0, row: 0, visible }
  }

  /** A page of characters has no picture. */
  pixels(): null {
    return null
  }

  /** Two registers, the high one first. */
  #register16(high: number): number {
    return (this.#registers[high]! << 8) | this.#registers[high + 1]!
  }
}
