import { Attribute, AttributeMode, Crtc, CrtcMode, PLANE_BYTES, Underline } from './registers.ts'
import type { VgaRegistersState } from './state.ts'
import { crtcTiming } from './timing.ts'
import { packColor } from './picture.ts'

/** Where a line of the picture begins in memory. */
export interface ScanLine {
  /** The CRTC's address counter at the first character. */
  counter: number
  rowScan: number
  /** Dots that panning cuts off at the left. */
  panning: number
}

/** The offset in each plane that the CRTC fetches for a value of its address counter. */
export function fetchOffset(crtc: readonly number[], counter: number, rowScan: number): number {
  const mode = crtc[Crtc.MODE_CONTROL]!
  let address = counter & 0xffff
  if (crtc[Crtc.UNDERLINE_LOCATION]! & Underline.DOUBLE_WORD) {
    address = (address << 2) | ((address >> 12) & 3)
  } else if (!(mode & CrtcMode.BYTE_MODE)) {
    const wrap = mode & CrtcMode.ADDRESS_WRAP ? 15 : 13
    address = (address << 1) | ((address >> wrap) & 1)
  }
  if (!(mode & CrtcMode.CMS0)) address = (address & ~0x2000) | ((rowScan & 1) << 13)
  if (!(mode & CrtcMode.CMS1)) address = (address & ~0x4000) | ((rowScan & 2) << 13)
  return address & (PLANE_BYTES - 1)
}

/** How much the address counter grows between character `column` and the first. */
export function countAt(crtc: readonly number[], column: number): number {
  if (crtc[Crtc.UNDERLINE_LOCATION]! & Underline.COUNT_BY_FOUR) return column >> 2
  return crtc[Crtc.MODE_CONTROL]! & CrtcMode.COUNT_BY_TWO ? column >> 1 : column
}

/** Address counter, row scan and panning of every scan line shown: the vertical half of the CRTC. */
export function scanLines(registers: VgaRegistersState): ScanLine[] {
  const { crtc, attribute } = registers
  const { lines, rowLines, doubleScan, lineCompare } = crtcTiming(registers)
  const preset = crtc[Crtc.PRESET_ROW_SCAN]!
  const pitch = 2 * crtc[Crtc.OFFSET]!
  const pans = attribute[Attribute.PEL_PANNING]!
  const dots = crtcTiming(registers).dotsPerColumn
  // With nine dots 8 means none, and 0 means one.
  let panning = dots === 9 ? (pans >= 8 ? 0 : pans + 1) : pans & 7
  let counter = ((crtc[Crtc.START_ADDRESS_HIGH]! << 8) | crtc[Crtc.START_ADDRESS_LOW]!) + ((preset >> 5) & 3)
  let rowScan = preset & 0x1f
  let repeated = false
  const result: ScanLine[] = []
  for (let line = 0; line < lines; line++) {
    result.push({ counter: counter & 0xffff, rowScan, panning })
    if (line === lineCompare) {
      counter = rowScan = 0
      repeated = false
      if (attribute[Attribute.MODE]! & AttributeMode.SPLIT_PANNING) panning = 0
      continue
    }
    repeated = doubleScan && !repeated
    if (repeated) continue
    if (rowScan === rowLines - 1) {
      rowScan = 0
      counter += pitch
    } else {
      rowScan = (rowScan + 1) & 0x1f
    }
  }
  return result
}

/** The colours of the sixteen attribute values. */
export function palette16(registers: VgaRegistersState, dac8Bit: boolean): Uint32Array {
  const { attribute } = registers
  const colors = dacColors(registers, dac8Bit)
  const select = attribute[Attribute.COLOR_SELECT]!
  const result = new Uint32Array(16)
  for (let index = 0; index < 16; index++) {
    let color = attribute[index]! | ((select & 0x0c) << 4)
    if (attribute[Attribute.MODE]! & AttributeMode.P54_SELECT) color = (color & ~0x30) | ((select & 3) << 4)
    result[index] = colors[color]!
  }
  return result
}

/** The DAC's 256 colours, behind the pel mask. */
export function dacColors({ dac, pelMask }: VgaRegistersState, dac8Bit: boolean): Uint32Array {
  const widen = (value: number): number => (dac8Bit ? value : ((value & 0x3f) << 2) | ((value & 0x3f) >> 4))
  const result = new Uint32Array(256)
  for (let index = 0; index < 256; index++) {
    const start = 3 * (index & pelMask)
    result[index] = packColor(widen(dac[start]!), widen(dac[start + 1]!), widen(dac[start + 2]!))
  }
  return result
}
