import { Bda } from '../bda.ts'
import type { Context } from '../context.ts'
import type { Ports } from '../ports.ts'

export const VgaPort = {
  ATTRIBUTE: 0x3c0,
  ATTRIBUTE_READ: 0x3c1,
  MISC_WRITE: 0x3c2,
  SEQUENCER: 0x3c4,
  DAC_MASK: 0x3c6,
  DAC_READ: 0x3c7,
  DAC_WRITE: 0x3c8,
  DAC_DATA: 0x3c9,
  MISC_READ: 0x3cc,
  GRAPHICS: 0x3ce,
  MONO_CRTC: 0x3b4,
  COLOR_CRTC: 0x3d4,
} as const

/** From the CRT controller's index port to the input status that resets the attribute controller's flip-flop. */
const STATUS_FROM_CRTC = 6
/** Attribute index: the picture is on, the palette closed to the processor. */
const PICTURE_ON = 0x20

/** The CRT controller's index port: that of colour, or of monochrome. */
export function crtcPort({ memory }: Context): number {
  return memory.read16(Bda.CRTC_PORT) === VgaPort.MONO_CRTC ? VgaPort.MONO_CRTC : VgaPort.COLOR_CRTC
}

export function writeCrtc(context: Context, index: number, value: number): void {
  context.ports.writeIndexed(crtcPort(context), index, value)
}

export function readCrtc(context: Context, index: number): number {
  return context.ports.readIndexed(crtcPort(context), index)
}

export function writeSequencer(ports: Ports, index: number, value: number): void {
  ports.writeIndexed(VgaPort.SEQUENCER, index, value)
}

export function readSequencer(ports: Ports, index: number): number {
  return ports.readIndexed(VgaPort.SEQUENCER, index)
}

export function writeGraphics(ports: Ports, index: number, value: number): void {
  ports.writeIndexed(VgaPort.GRAPHICS, index, value)
}

export function readGraphics(ports: Ports, index: number): number {
  return ports.readIndexed(VgaPort.GRAPHICS, index)
}

/** Writes attribute registers from `index` on, and leaves the picture on. */
export function writeAttributes(context: Context, index: number, values: readonly number[]): void {
  const { ports } = context
  ports.in8(crtcPort(context) + STATUS_FROM_CRTC)
  values.forEach((value, offset) => {
    ports.out8(VgaPort.ATTRIBUTE, index + offset)
    ports.out8(VgaPort.ATTRIBUTE, value)
  })
  ports.out8(VgaPort.ATTRIBUTE, PICTURE_ON)
}

export function readAttribute(context: Context, index: number): number {
  const { ports } = context
  ports.in8(crtcPort(context) + STATUS_FROM_CRTC)
  ports.out8(VgaPort.ATTRIBUTE, index)
  const value = ports.in8(VgaPort.ATTRIBUTE_READ)
  ports.in8(crtcPort(context) + STATUS_FROM_CRTC)
  ports.out8(VgaPort.ATTRIBUTE, PICTURE_ON)
  return value
}

/** Writes colours, three numbers each of 0 to 63, from `index` on. */
export function writeColors(ports: Ports, index: number, values: Iterable<number>): void {
  ports.out8(VgaPort.DAC_WRITE, index)
  for (const value of values) ports.out8(VgaPort.DAC_DATA, value)
}

export function readColors(ports: Ports, index: number, count: number): Uint8Array {
  ports.out8(VgaPort.DAC_READ, index)
  return Uint8Array.from({ length: 3 * count }, () => ports.in8(VgaPort.DAC_DATA))
}
