import {
  ClockingMode,
  Crtc,
  DOUBLE_SCAN,
  GraphicsMisc,
  Graphics,
  Misc,
  Sequencer,
  Status1,
  Attribute,
  AttributeMode,
} from './registers.ts'
import type { VgaRegistersState } from './state.ts'

/** What the CRTC makes of its registers. */
export interface CrtcTiming {
  /** Characters (8 or 9 dots) shown on a line, and in all. */
  columns: number
  totalColumns: number
  dotsPerColumn: number
  /** Scan lines shown, and in all. */
  lines: number
  totalLines: number
  retraceStart: number
  retraceLines: number
  /** Scan lines of one row of memory: character height, or the repetition of a line of graphics. */
  rowLines: number
  doubleScan: boolean
  lineCompare: number
}

type Registers = Pick<VgaRegistersState, 'misc' | 'sequencer' | 'crtc' | 'graphics' | 'attribute'>

export function isGraphics({ graphics }: Registers): boolean {
  return (graphics[Graphics.MISCELLANEOUS]! & GraphicsMisc.GRAPHICS) !== 0
}

export function is256Color({ attribute }: Registers): boolean {
  return (attribute[Attribute.MODE]! & AttributeMode.PIXEL_WIDTH) !== 0
}

export function crtcTiming({ sequencer, crtc }: Registers): CrtcTiming {
  const overflow = crtc[Crtc.OVERFLOW]!
  const scan = crtc[Crtc.MAXIMUM_SCAN_LINE]!
  const retraceStart = crtc[Crtc.VERTICAL_RETRACE_START]! | ((overflow & 0x04) << 6) | ((overflow & 0x80) << 2)
  return {
    columns: crtc[Crtc.HORIZONTAL_DISPLAY_END]! + 1,
    totalColumns: crtc[Crtc.HORIZONTAL_TOTAL]! + 5,
    dotsPerColumn: sequencer[Sequencer.CLOCKING_MODE]! & ClockingMode.EIGHT_DOTS ? 8 : 9,
    lines: (crtc[Crtc.VERTICAL_DISPLAY_END]! | ((overflow & 0x02) << 7) | ((overflow & 0x40) << 3)) + 1,
    totalLines: (crtc[Crtc.VERTICAL_TOTAL]! | ((overflow & 0x01) << 8) | ((overflow & 0x20) << 4)) + 2,
    retraceStart,
    // The end is the low four bits of the line at which the pulse ends.
    retraceLines: (crtc[Crtc.VERTICAL_RETRACE_END]! - retraceStart) & 0x0f || 16,
    rowLines: (scan & 0x1f) + 1,
    doubleScan: (scan & DOUBLE_SCAN) !== 0,
    lineCompare: crtc[Crtc.LINE_COMPARE]! | ((overflow & 0x10) << 4) | ((scan & 0x40) << 3),
  }
}

/** The two crystals; other selections are external clocks, which are not connected and count as the first. */
const DOT_CLOCKS_HZ = [25_175_000, 28_322_000] as const

/** Input status 1, bits 0 and 3, at a time: where the beam is follows from the registers and the time alone. */
export function beamStatus(registers: Registers, nowNs: number): number {
  const timing = crtcTiming(registers)
  const { totalColumns, dotsPerColumn, totalLines, lines, columns, retraceStart, retraceLines } = timing
  const clock = DOT_CLOCKS_HZ[(registers.misc & Misc.CLOCK_SELECT) >> 2 === 1 ? 1 : 0]
  const divided = registers.sequencer[Sequencer.CLOCKING_MODE]! & ClockingMode.HALF_DOT_CLOCK ? 2 : 1
  const lineNs = (totalColumns * dotsPerColumn * divided * 1e9) / clock
  // A blank CRTC (all zero) would have a frame of two lines: programs that wait for retrace shall still see one.
  const frameLines = Math.max(totalLines, 64)
  const frameNs = lineNs * frameLines
  const inFrame = nowNs - Math.floor(nowNs / frameNs) * frameNs
  const line = Math.floor(inFrame / lineNs)
  const column = ((inFrame - line * lineNs) / lineNs) * totalColumns
  const start = retraceStart < frameLines ? retraceStart : frameLines - 2
  const retrace = line >= start && line < Math.min(start + retraceLines, frameLines)
  const disabled = retrace || line >= lines || column >= columns
  return (retrace ? Status1.VERTICAL_RETRACE : 0) | (disabled ? Status1.DISPLAY_DISABLED : 0)
}
