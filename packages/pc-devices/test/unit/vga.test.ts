import { describe, expect, it } from 'vitest'
import type { Picture } from '../../src/index.ts'
import { colorOf, vgaBench } from '../support/vga-modes.ts'

function pixel({ data, width }: Picture, x: number, y: number): number[] {
  return [...data.subarray(4 * (y * width + x), 4 * (y * width + x) + 3)]
}

describe('VGA text', () => {
  it('shows what is written to B8000h, in code page 437', () => {
    const { bus, vga, setMode } = vgaBench()
    setMode('text')
    ;[...'Hello'].forEach((char, i) => bus.writeMmio(0xb8000 + 160 + 2 * i, 2, char.charCodeAt(0) | 0x0700))
    bus.writeMmio(0xb8000 + 2 * 79, 2, 0x07e1)
    const rows = vga.screen.text()
    expect(vga.screen.mode).toBe('text')
    expect(rows).toHaveLength(25)
    expect(rows.every((row) => row.length === 80)).toBe(true)
    expect(rows[1]!.trimEnd()).toBe('Hello'.padEnd(5))
    expect(rows[0]![79]).toBe('ß')
    expect(bus.readMmio(0xb8000 + 160, 2)).toBe(0x0748)
    expect(vga.screen.size).toEqual({ width: 720, height: 400 })
  })

  it('scrolls by the start address and finds the cursor', () => {
    const { bus, vga, out, setMode } = vgaBench()
    setMode('text')
    bus.writeMmio(0xb8000 + 2 * (80 * 3 + 4), 1, 0x41)
    out(0x3d4, 0x0d, 80)
    expect(vga.screen.text()[2]![4]).toBe('A')
    out(0x3d4, 0x0f, 80 + 85)
    expect(vga.screen.cursor).toEqual({ column: 5, row: 1, visible: true })
    out(0x3d4, 0x0a, 0x20)
    expect(vga.screen.cursor.visible).toBe(false)
  })

  it('draws with the font of plane 2, the ninth dot, cursor and blinking', () => {
    const { bus, vga, out, setMode } = vgaBench()
    setMode('text')
    // As fonts are loaded: plane 2 alone, sequential, at A0000h.
    out(0x3c4, 2, 4)
    out(0x3c4, 4, 7)
    out(0x3ce, 5, 0)
    out(0x3ce, 6, 4)
    for (const code of [0x41, 0xc4]) bus.writeMmio(0xa0000 + code * 32 + 3, 1, 0x81)
    out(0x3c4, 2, 3)
    out(0x3c4, 4, 2)
    out(0x3ce, 5, 0x10)
    out(0x3ce, 6, 0x0e)
    bus.writeMmio(0xb8000, 4, 0x93c4_1e41)
    out(0x3d4, 0x0f, 2)
    const shown = vga.screen.pixels()
    expect(pixel(shown, 0, 3)).toEqual(colorOf(14))
    expect(pixel(shown, 1, 3)).toEqual(colorOf(1))
    expect(pixel(shown, 7, 3)).toEqual(colorOf(14))
    expect(pixel(shown, 8, 3)).toEqual(colorOf(1))
    expect(pixel(shown, 9 + 8, 3)).toEqual(colorOf(3))
    expect(pixel(shown, 0, 2)).toEqual(colorOf(1))
    expect(pixel(shown, 18, 0x0d)).toEqual(colorOf(0))
    const hidden = vga.screen.pixels({ blinkOn: false })
    expect(pixel(hidden, 9 + 8, 3)).toEqual(colorOf(1))
    out(0x3d4, 0x0a, 0)
    bus.writeMmio(0xb8000 + 5, 1, 0x0f)
    expect(pixel(vga.screen.pixels(), 18, 5)).toEqual(colorOf(15))
  })
})

describe('VGA graphics', () => {
  it('shows planar pixels, 16 colours', () => {
    const { bus, vga, out, setMode } = vgaBench()
    setMode('planar')
    out(0x3c4, 2, 0x05)
    bus.writeMmio(0xa0000 + 80 * 2 + 1, 1, 0x40)
    const picture = vga.screen.pixels()
    expect([picture.width, picture.height]).toEqual([640, 480])
    expect(pixel(picture, 9, 2)).toEqual(colorOf(5))
    expect(pixel(picture, 10, 2)).toEqual(colorOf(0))
  })

  it('shows mode 13h with one byte a pixel, and Mode X with planes', () => {
    const { bus, vga, out, setMode } = vgaBench()
    setMode('linear')
    for (const [x, y] of [
      [0, 0],
      [319, 199],
      [7, 100],
    ] as const) {
      bus.writeMmio(0xa0000 + 320 * y + x, 1, 0x40 + (x % 100))
    }
    let picture = vga.screen.pixels()
    expect([picture.width, picture.height]).toEqual([320, 200])
    expect(pixel(picture, 319, 199)).toEqual(colorOf(0x40 + 19))
    expect(pixel(picture, 7, 100)).toEqual(colorOf(0x47))
    expect(bus.readMmio(0xa0000 + 320 * 100 + 7, 1)).toBe(0x47)
    out(0x3c4, 4, 6)
    out(0x3d4, 0x14, 0)
    out(0x3d4, 0x17, 0xe3)
    out(0x3c4, 2, 1 << 3)
    bus.writeMmio(0xa0000 + 80 * 50 + 10, 1, 0xc3)
    picture = vga.screen.pixels()
    expect(pixel(picture, 43, 50)).toEqual(colorOf(0xc3))
    // The start address moves by four pixels.
    out(0x3d4, 0x0d, 80)
    expect(pixel(vga.screen.pixels(), 43, 49)).toEqual(colorOf(0xc3))
  })

  it('shows CGA pixels: two banks of lines, two bits each', () => {
    const { bus, vga, setMode } = vgaBench()
    setMode('cga')
    bus.writeMmio(0xb8000 + 80, 1, 0b00_01_10_11)
    bus.writeMmio(0xb8000 + 0x2000 + 1, 1, 0b11_00_00_00)
    const picture = vga.screen.pixels()
    expect([picture.width, picture.height]).toEqual([320, 200])
    expect([0, 1, 2, 3].map((x) => pixel(picture, x, 2))).toEqual([0, 1, 2, 3].map(colorOf))
    expect(pixel(picture, 4, 1)).toEqual(colorOf(3))
  })

  it('splits the screen at the line compare', () => {
    const { bus, vga, out, setMode } = vgaBench()
    setMode('planar')
    bus.writeMmio(0xa0000, 1, 0x80)
    out(0x3d4, 0x0c, 0x40)
    out(0x3d4, 0x18, 99)
    out(0x3d4, 0x07, 0x2e)
    out(0x3d4, 0x09, 0)
    expect(pixel(vga.screen.pixels(), 0, 0)).toEqual(colorOf(0))
    expect(pixel(vga.screen.pixels(), 0, 100)).toEqual(colorOf(15))
  })
})

describe('VGA registers', () => {
  it('protect CRTC 0..7, answer at 3Bx or 3Dx, keep only bits that exist', () => {
    const { bus, out, setMode } = vgaBench()
    setMode('text')
    out(0x3d4, 0, 0x11)
    bus.writePort(0x3d4, 1, 0)
    expect(bus.readPort(0x3d5, 1)).toBe(0x5f)
    out(0x3d4, 7, 0)
    bus.writePort(0x3d4, 1, 7)
    expect(bus.readPort(0x3d5, 1)).toBe(0x0f)
    expect(bus.readPort(0x3b5, 1)).toBe(0xff)
    bus.writePort(0x3c2, 1, 0x66)
    expect(bus.readPort(0x3b5, 1)).toBe(0x0f)
    expect(bus.readPort(0x3cc, 1)).toBe(0x66)
    out(0x3ce, 1, 0xff)
    expect(bus.readPort(0x3cf, 1)).toBe(0x0f)
  })

  it('walk through the DAC', () => {
    const { bus } = vgaBench()
    bus.writePort(0x3c8, 1, 255)
    for (const value of [1, 2, 0xff, 4, 5, 6]) bus.writePort(0x3c9, 1, value)
    bus.writePort(0x3c7, 1, 255)
    expect(bus.readPort(0x3c7, 1)).toBe(3)
    expect(Array.from({ length: 6 }, () => bus.readPort(0x3c9, 1))).toEqual([1, 2, 0x3f, 4, 5, 6])
  })

  it('show the retrace of a frame of 70 Hz', () => {
    const { bus, timers, setMode } = vgaBench()
    setMode('text')
    let rises = 0
    let last = 0
    let retraceNs = 0
    for (let us = 0; us < 1_000_000; us += 10) {
      timers.advance(10_000)
      const now = bus.readPort(0x3da, 1) & 8
      if (now && !last) rises++
      if (now) retraceNs += 10_000
      last = now
    }
    expect(rises).toBe(70)
    // Two of 449 lines.
    expect(retraceNs / 1e9).toBeCloseTo(2 / 449, 3)
  })
})

describe('Bochs VBE', () => {
  it('sets a mode, shows the frame buffer, moves the origin', () => {
    const { bus, vga } = vgaBench()
    const set = (index: number, value: number): void => {
      bus.writePort(0x1ce, 2, index)
      bus.writePort(0x1cf, 2, value)
    }
    const get = (index: number): number => {
      bus.writePort(0x1ce, 2, index)
      return bus.readPort(0x1cf, 2)
    }
    expect(get(0)).toBe(0xb0c5)
    set(1, 1280)
    set(2, 1024)
    set(3, 32)
    set(4, 0x41)
    expect([get(1), get(2), get(3), get(6), get(10)]).toEqual([1280, 1024, 32, 1280, 256])
    bus.writeMmio(0xe000_0000 + 4 * (1280 * 1023 + 1279), 4, 0x00102030)
    let picture = vga.screen.pixels()
    expect([picture.width, picture.height]).toEqual([1280, 1024])
    expect(pixel(picture, 1279, 1023)).toEqual([0x10, 0x20, 0x30])
    set(9, 1)
    picture = vga.screen.pixels()
    expect(pixel(picture, 1279, 1022)).toEqual([0x10, 0x20, 0x30])
    vga.screen.takeDirty()
    expect(vga.screen.dirty).toBe(false)
    bus.writeMmio(0xe000_0000 + 4 * 1280 * 10, 4, 1)
    expect(vga.screen.takeDirty()).toEqual({ first: 8, end: 10 })
    expect(vga.screen.takeDirty()).toBe(null)
    set(5, 3)
    bus.writeMmio(0xa0005, 1, 0x77)
    expect(bus.readMmio(0xe003_0005, 1)).toBe(0x77)
    set(4, 3)
    expect([get(1), get(2), get(3)]).toEqual([2560, 1600, 32])
    expect(bus.readMmio(0xf000_0506, 2)).toBe(32)
  })

  it('refuses a picture that memory cannot hold', () => {
    const { bus, vga } = vgaBench(2 ** 20)
    bus.writePort(0x1ce, 2, 1)
    bus.writePort(0x1d0, 2, 1280)
    vga.vbe.writeRegister(2, 1024)
    vga.vbe.writeRegister(3, 32)
    vga.vbe.writeRegister(4, 0x41)
    expect(vga.vbe.mode).toBe(null)
  })
})
