import type { Context } from '../context.ts'
import { edid } from './edid.ts'
import { MOST_PIXEL_CLOCK_HZ, VBE_MODES, type VbeMode } from './vbe-modes.ts'

/** Functions about the screen behind the controller. Each answers whether it could. */

/** AL=0Bh, BL=0: any pixel clock up to the highest can be had, in hertz, for a mode that is listed. (VBE 3.0, section 4.14.) */
export function pixelClock({ registers }: Context): boolean {
  const isListed = VBE_MODES.some(({ number }) => number === (registers.dx & 0x1ff))
  if (registers.bl !== 0 || !isListed) return false
  registers.cpu.ecx = Math.min(registers.cpu.ecx, MOST_PIXEL_CLOCK_HZ)
  return true
}

/** Offsets of a CRTC information block (VBE 3.0, section 4.5). */
const Crtc = { HORIZONTAL_TOTAL: 0, HORIZONTAL_SYNC: 2, VERTICAL_TOTAL: 6, VERTICAL_SYNC: 8, PIXEL_CLOCK: 13 } as const

/** Whether a screen could show a mode by the timing at ES:DI: it changes nothing of what is seen here. */
export function isTimingPossible({ registers, memory }: Context, { width, height }: VbeMode): boolean {
  const at = registers.inEs(registers.di)
  const encloses = (total: number, sync: number, shown: number): boolean => {
    const [end, start, stop] = [total, sync, sync + 2].map((offset) => memory.read16(at + offset))
    return shown <= start! && start! < stop! && stop! <= end!
  }
  const clock = memory.read32(at + Crtc.PIXEL_CLOCK)
  return (
    clock > 0 &&
    clock <= MOST_PIXEL_CLOCK_HZ &&
    encloses(Crtc.HORIZONTAL_TOTAL, Crtc.HORIZONTAL_SYNC, width) &&
    encloses(Crtc.VERTICAL_TOTAL, Crtc.VERTICAL_SYNC, height)
  )
}

const Ddc = { CAPABILITIES: 0, READ: 1 } as const
/** DDC2, and the screen is not blanked meanwhile. */
const DDC2 = 0x02
const SECONDS_FOR_A_BLOCK = 1

/** AL=15h: the display data channel (VBE/DDC 1.1): BL=0 what it can do, BL=1 reads block DX of unit CX to ES:DI. */
export function displayDataChannel({ registers, memory }: Context): boolean {
  if (registers.cx !== 0) return false
  if (registers.bl === Ddc.CAPABILITIES) {
    registers.bh = SECONDS_FOR_A_BLOCK
    registers.bl = DDC2
    return true
  }
  if (registers.bl !== Ddc.READ || registers.dx !== 0) return false
  return memory.store(registers.inEs(registers.di), edid())
}
