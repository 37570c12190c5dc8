import { Bda } from '../bda.ts'
import type { Context } from '../context.ts'
import {
  VgaPort,
  crtcPort,
  readAttribute,
  readColors,
  readCrtc,
  readGraphics,
  readSequencer,
  writeAttributes,
  writeColors,
  writeCrtc,
  writeGraphics,
  writeSequencer,
} from './vga-ports.ts'

/** Which parts of the state: bit 0 registers, 1 data area, 2 DAC; 3 the Bochs registers (VBE). */
export type Part = number
export const PartBit = { HARDWARE: 1, DATA: 2, DAC: 4, VBE: 8 } as const

const SEQUENCER_COUNT = 5
const CRTC_COUNT = 25
const ATTRIBUTE_COUNT = 21
const GRAPHICS_COUNT = 9
const HARDWARE_BYTES: number = SEQUENCER_COUNT + CRTC_COUNT + ATTRIBUTE_COUNT + GRAPHICS_COUNT + 4
const DAC_BYTES = 3 * 256 + 4
/** The data area's two runs, and the vectors of the fonts. */
const DATA_RUNS: readonly (readonly [address: number, bytes: number])[] = [
  [Bda.EQUIPMENT, 1],
  [Bda.VIDEO_MODE, 0x1e],
  [Bda.ROWS_LESS_ONE, 7],
  [Bda.SAVE_POINTER, 4],
  [4 * 0x1f, 4],
  [4 * 0x43, 4],
]
const DATA_BYTES: number = DATA_RUNS.reduce((sum, [, bytes]) => sum + bytes, 0)

const pad = (bytes: number): number => Math.ceil(bytes / 16) * 16

/** Bytes that the parts take. */
export function stateBytes(parts: Part): number {
  return (
    (parts & PartBit.HARDWARE ? pad(HARDWARE_BYTES) : 0) +
    (parts & PartBit.DATA ? pad(DATA_BYTES) : 0) +
    (parts & PartBit.DAC ? pad(DAC_BYTES) : 0)
  )
}

export function saveState(context: Context, parts: Part, address: number): void {
  const { memory, ports } = context
  let at = address
  if (parts & PartBit.HARDWARE) {
    memory.store(at, readRegisters(context))
    at += pad(HARDWARE_BYTES)
  }
  if (parts & PartBit.DATA) {
    let offset = 0
    for (const [from, bytes] of DATA_RUNS) {
      memory.store(at + offset, memory.bytes(from, bytes))
      offset += bytes
    }
    at += pad(DATA_BYTES)
  }
  if (parts & PartBit.DAC) {
    const state = Uint8Array.of(ports.in8(VgaPort.DAC_MASK), 0, 0, 0, ...readColors(ports, 0, 256))
    memory.store(at, state)
  }
}

export function restoreState(context: Context, parts: Part, address: number): void {
  const { memory, ports } = context
  let at = address
  if (parts & PartBit.HARDWARE) {
    writeRegisters(context, memory.bytes(at, HARDWARE_BYTES))
    at += pad(HARDWARE_BYTES)
  }
  if (parts & PartBit.DATA) {
    let offset = 0
    for (const [to, bytes] of DATA_RUNS) {
      memory.store(to, memory.bytes(at + offset, bytes))
      offset += bytes
    }
    at += pad(DATA_BYTES)
  }
  if (parts & PartBit.DAC) {
    const state = memory.bytes(at, DAC_BYTES)
    ports.out8(VgaPort.DAC_MASK, state[0]!)
    writeColors(ports, 0, state.subarray(4))
  }
}

/** Miscellaneous output and the CRT controller's port, then each chip's registers in turn. */
function readRegisters(context: Context): Uint8Array {
  const { ports } = context
  const run = (count: number, read: (index: number) => number): number[] =>
    Array.from({ length: count }, (_, index) => read(index))
  return Uint8Array.of(
    ports.in8(VgaPort.MISC_READ),
    0,
    crtcPort(context) & 0xff,
    crtcPort(context) >> 8,
    ...run(SEQUENCER_COUNT, (index) => readSequencer(ports, index)),
    ...run(CRTC_COUNT, (index) => readCrtc(context, index)),
    ...run(ATTRIBUTE_COUNT, (index) => readAttribute(context, index)),
    ...run(GRAPHICS_COUNT, (index) => readGraphics(ports, index)),
  )
}

const RETRACE_END = 0x11

function writeRegisters(context: Context, state: Uint8Array): void {
  const { ports, memory } = context
  memory.write16(Bda.CRTC_PORT, state[2]! | (state[3]! << 8))
  ports.out8(VgaPort.MISC_WRITE, state[0]!)
  let at = 4
  const take = (count: number): Uint8Array => state.subarray(at, (at += count))
  const sequencer = take(SEQUENCER_COUNT)
  sequencer.forEach((value, index) => writeSequencer(ports, index, value))
  writeCrtc(context, RETRACE_END, 0)
  take(CRTC_COUNT).forEach((value, index) => writeCrtc(context, index, value))
  writeAttributes(context, 0, [...take(ATTRIBUTE_COUNT)])
  take(GRAPHICS_COUNT).forEach((value, index) => writeGraphics(ports, index, value))
}
