import { Bus, PciHost, Vga } from '../../src/index.ts'
import { FakeTimers } from '../../src/testing/index.ts'

/** The standard register values of IBM's modes. */
export interface Mode {
  misc: number
  sequencer: number[]
  crtc: number[]
  graphics: number[]
  attribute: number[]
}

const IDENTITY = Array.from({ length: 16 }, (_, i) => i)

export const MODES: Record<'text' | 'cga' | 'planar' | 'linear', Mode> = {
  /** 80x25 text, 720x400. */
  text: {
    misc: 0x67,
    sequencer: [3, 0, 3, 0, 2],
    crtc: [
      0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0, 0x4f, 0x0d, 0x0e, 0, 0, 0, 0, 0x9c, 0x8e, 0x8f, 0x28, 0x1f,
      0x96, 0xb9, 0xa3, 0xff,
    ],
    graphics: [0, 0, 0, 0, 0, 0x10, 0x0e, 0, 0xff],
    attribute: [...IDENTITY, 0x0c, 0, 0x0f, 8, 0],
  },
  /** 320x200 in four colours. */
  cga: {
    misc: 0x63,
    sequencer: [3, 9, 3, 0, 2],
    crtc: [
      0x2d, 0x27, 0x28, 0x90, 0x2b, 0x80, 0xbf, 0x1f, 0, 0xc1, 0, 0, 0, 0, 0, 0, 0x9c, 0x8e, 0x8f, 0x14, 0, 0x96, 0xb9,
      0xa2, 0xff,
    ],
    graphics: [0, 0, 0, 0, 0, 0x30, 0x0f, 0, 0xff],
    attribute: [...IDENTITY, 1, 0, 3, 0, 0],
  },
  /** 640x480 in sixteen colours. */
  planar: {
    misc: 0xe3,
    sequencer: [3, 1, 0x0f, 0, 6],
    crtc: [
      0x5f, 0x4f, 0x50, 0x82, 0x54, 0x80, 0x0b, 0x3e, 0, 0x40, 0, 0, 0, 0, 0, 0, 0xea, 0x8c, 0xdf, 0x28, 0, 0xe7, 0x04,
      0xe3, 0xff,
    ],
    graphics: [0, 0, 0, 0, 0, 0, 5, 0x0f, 0xff],
    attribute: [...IDENTITY, 1, 0, 0x0f, 0, 0],
  },
  /** 320x200 in 256 colours, linear. */
  linear: {
    misc: 0x63,
    sequencer: [3, 1, 0x0f, 0, 0x0e],
    crtc: [
      0x5f, 0x4f, 0x50, 0x82, 0x54, 0x80, 0xbf, 0x1f, 0, 0x41, 0, 0, 0, 0, 0, 0, 0x9c, 0x8e, 0x8f, 0x28, 0x40, 0x96,
      0xb9, 0xa3, 0xff,
    ],
    graphics: [0, 0, 0, 0, 0, 0x40, 5, 0x0f, 0xff],
    attribute: [...IDENTITY, 0x41, 0, 0x0f, 0, 0],
  },
}

export interface VgaBench {
  bus: Bus
  vga: Vga
  timers: FakeTimers
  out(port: number, index: number, value: number): void
  setMode(name: keyof typeof MODES): void
}

/** A VGA alone on a bus, its frame buffer at E0000000h. */
export function vgaBench(memoryBytes?: number): VgaBench {
  const timers = new FakeTimers()
  const bus = new Bus()
  const pci = new PciHost({ bus, pirq: () => {} })
  const vga = new Vga(memoryBytes === undefined ? { timers } : { timers, memoryBytes })
  pci.attach(2, vga)
  vga.writeConfig(0x10, 4, 0xe000_0000)
  vga.writeConfig(0x18, 4, 0xf000_0000)
  vga.writeConfig(0x04, 2, 3)
  const out = (port: number, index: number, value: number): void => bus.writePort(port, 2, index | (value << 8))
  const setMode = (name: keyof typeof MODES): void => {
    const mode = MODES[name]
    bus.writePort(0x3c2, 1, mode.misc)
    mode.sequencer.forEach((value, index) => out(0x3c4, index, value))
    out(0x3d4, 0x11, 0)
    mode.crtc.forEach((value, index) => out(0x3d4, index, value))
    mode.graphics.forEach((value, index) => out(0x3ce, index, value))
    bus.readPort(0x3da, 1)
    mode.attribute.forEach((value, index) => {
      bus.writePort(0x3c0, 1, index)
      bus.writePort(0x3c0, 1, value)
    })
    bus.writePort(0x3c0, 1, 0x20)
    // Colour n of the DAC: red n, green 2n, blue 3n, modulo 64.
    bus.writePort(0x3c8, 1, 0)
    for (let i = 0; i < 768; i++) bus.writePort(0x3c9, 1, (Math.floor(i / 3) * ((i % 3) + 1)) & 0x3f)
  }
  return { bus, vga, timers, out, setMode }
}

/** A colour of that DAC as red, green, blue. */
export function colorOf(index: number): number[] {
  return [1, 2, 3].map((factor) => {
    const six = (index * factor) & 0x3f
    return (six << 2) | (six >> 4)
  })
}
