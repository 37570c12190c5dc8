import { Bda } from '../bda.ts'
import type { Context, FunctionTable, Resume } from '../context.ts'
import { toGreys } from './palettes.ts'
import { VgaPort, readAttribute, readColors, writeAttributes, writeColors } from './vga-ports.ts'

const OVERSCAN = 0x11
const MODE_CONTROL = 0x10
const COLOR_SELECT = 0x14
const PALETTE_ENTRIES = 16
const BLINK = 0x08
const PAGES_OF_16 = 0x80

/** AH=0Bh: BH=0 border and CGA background, BH=1 which of CGA's palettes. */
export function setColors(context: Context): Resume {
  const { registers, memory } = context
  const { bh, bl } = registers
  const before = memory.read8(Bda.CRT_PALETTE)
  if (bh === 0) {
    const color = (bl & 0x07) | ((bl & 0x08) << 1)
    memory.write8(Bda.CRT_PALETTE, (before & ~0x1f) | (bl & 0x1f))
    writeAttributes(context, OVERSCAN, [color])
    writeAttributes(context, 0, [color])
    setCgaPalette(context, (before >> 5) & 1, (bl & 0x10) !== 0)
  } else if (bh === 1) {
    memory.write8(Bda.CRT_PALETTE, (before & ~0x20) | ((bl & 1) << 5))
    setCgaPalette(context, bl & 1, (before & 0x10) !== 0)
  }
}

/** Colours 1 to 3 of modes 4 and 5: green, red, brown, or cyan, magenta, white; bright or not. */
function setCgaPalette(context: Context, palette: number, isBright: boolean): void {
  const intensity = isBright ? 0x10 : 0
  const colors = [2, 4, 6].map((color) => (color + palette) | intensity)
  writeAttributes(context, 1, colors)
}

function setEntry(context: Context): Resume {
  const { bl, bh } = context.registers
  if (bl <= COLOR_SELECT) writeAttributes(context, bl, [bh])
}

function setAll(context: Context): Resume {
  const { registers, memory } = context
  const values = [...memory.bytes(registers.inEs(registers.dx), PALETTE_ENTRIES + 1)]
  writeAttributes(context, 0, values.slice(0, PALETTE_ENTRIES))
  writeAttributes(context, OVERSCAN, values.slice(PALETTE_ENTRIES))
}

function changeMode(context: Context, change: (value: number) => number): void {
  writeAttributes(context, MODE_CONTROL, [change(readAttribute(context, MODE_CONTROL))])
}

function setBlink(context: Context): Resume {
  const { bl } = context.registers
  changeMode(context, (value) => (bl & 1 ? value | BLINK : value & ~BLINK))
}

function getAll(context: Context): Resume {
  const { registers, memory } = context
  const values = Array.from({ length: PALETTE_ENTRIES }, (_, index) => readAttribute(context, index))
  memory.store(registers.inEs(registers.dx), Uint8Array.of(...values, readAttribute(context, OVERSCAN)))
}

function setColor({ registers, ports }: Context): Resume {
  writeColors(ports, registers.bl, [registers.dh, registers.ch, registers.cl])
}

function getColor({ registers, ports }: Context): Resume {
  const [red = 0, green = 0, blue = 0] = readColors(ports, registers.bl, 1)
  registers.dh = red
  registers.ch = green
  registers.cl = blue
}

/** At most as many as the DAC has. */
function count({ registers }: Context): number {
  return Math.min(registers.cx, 256)
}

function setBlock(context: Context): Resume {
  const { registers, ports, memory } = context
  writeColors(ports, registers.bl, memory.bytes(registers.inEs(registers.dx), 3 * count(context)))
}

function getBlock(context: Context): Resume {
  const { registers, ports, memory } = context
  memory.store(registers.inEs(registers.dx), readColors(ports, registers.bl, count(context)))
}

/** AL=13h: BL=0 whether BH selects among 4 pages of 64 or 16 of 16; BL=1 which. */
function selectPage(context: Context): Resume {
  const { bl, bh } = context.registers
  if (bl === 0) changeMode(context, (value) => (bh & 1 ? value | PAGES_OF_16 : value & ~PAGES_OF_16))
  else writeAttributes(context, COLOR_SELECT, [readAttribute(context, MODE_CONTROL) & PAGES_OF_16 ? bh : bh << 2])
}

function getPage(context: Context): Resume {
  const { registers } = context
  const isSixteen = (readAttribute(context, MODE_CONTROL) & PAGES_OF_16) !== 0
  const page = readAttribute(context, COLOR_SELECT)
  registers.bl = isSixteen ? 1 : 0
  registers.bh = isSixteen ? page : page >> 2
}

/** AL=1Bh: colours become greys of the same brightness. */
function sumToGreys(context: Context): Resume {
  const { registers, ports } = context
  writeColors(ports, registers.bl, toGreys(readColors(ports, registers.bl, count(context))))
}

const TABLE: FunctionTable = new Map([
  [0x00, setEntry],
  [0x01, (context) => writeAttributes(context, OVERSCAN, [context.registers.bh])],
  [0x02, setAll],
  [0x03, setBlink],
  [
    0x07,
    (context) => {
      const { registers } = context
      if (registers.bl <= COLOR_SELECT) registers.bh = readAttribute(context, registers.bl)
    },
  ],
  [0x08, (context) => void (context.registers.bh = readAttribute(context, OVERSCAN))],
  [0x09, getAll],
  [0x10, setColor],
  [0x12, setBlock],
  [0x13, selectPage],
  [0x15, getColor],
  [0x17, getBlock],
  [0x18, ({ registers, ports }) => ports.out8(VgaPort.DAC_MASK, registers.bl)],
  [0x19, ({ registers, ports }) => void (registers.bl = ports.in8(VgaPort.DAC_MASK))],
  [0x1a, getPage],
  [0x1b, sumToGreys],
])

/** AH=10h. */
export function paletteService(context: Context): Resume {
  return TABLE.get(context.registers.al)?.(context)
}
