import { Bda } from '../bda.ts'
import type { Context, FunctionTable, Resume } from '../context.ts'
import { ROM_SEGMENT } from '../rom/layout.ts'
import { readColors, writeColors } from './vga-ports.ts'
import { displayDataChannel, isTimingPossible, pixelClock } from './display-services.ts'
import { setMode } from './mode-set.ts'
import { PartBit, restoreState, saveState, stateBytes } from './saved-state.ts'
import { controllerInformation, modeInformation } from './vbe-information.ts'
import { frameBytes, lineBytes, VBE_MODES, type VbeMode } from './vbe-modes.ts'
import { Dispi, DispiEnable, hasDispi, readDispi, writeDispi } from './vbe-registers.ts'

/** AX of a call: 4Fh that the function is there, AH how it went (VBE 3.0, section 4.1). */
const VbeStatus = { DONE: 0x004f, FAILED: 0x014f, INVALID_HERE: 0x034f } as const
const KEEP_MEMORY = 0x8000
const LINEAR = 0x4000
const OWN_TIMING = 0x0800
const MODE_NUMBER = 0x01ff
const BANK_BYTES = 0x1_0000
/** The data area keeps the VBE mode nowhere: the video mode byte says that it is one of them. */
const MODE_BYTE = 0x6f

function answer({ registers }: Context, isDone: boolean): void {
  registers.ax = isDone ? VbeStatus.DONE : VbeStatus.FAILED
}

function fits(context: Context, mode: VbeMode): boolean {
  return frameBytes(mode) <= readDispi(context, Dispi.MEMORY_64K) * BANK_BYTES
}

function isOn(context: Context): boolean {
  return (readDispi(context, Dispi.ENABLE) & DispiEnable.ENABLED) !== 0
}

/** The listed mode that the extensions show; undefined while they are off, or show what is not listed. */
function shown(context: Context): VbeMode | undefined {
  if (!isOn(context)) return undefined
  const [width, height, bits] = [Dispi.XRES, Dispi.YRES, Dispi.BPP].map((index) => readDispi(context, index))
  return VBE_MODES.find((mode) => mode.width === width && mode.height === height && mode.bits === bits)
}

function getMode(context: Context): Resume {
  const { registers, memory } = context
  const mode = shown(context)
  const isLinear = (readDispi(context, Dispi.ENABLE) & DispiEnable.LINEAR) !== 0
  registers.bx = mode ? mode.number | (isLinear ? LINEAR : 0) : memory.read8(Bda.VIDEO_MODE)
  answer(context, true)
}

function setVbeMode(context: Context): Resume {
  const { registers, memory } = context
  const { bx } = registers
  const number = bx & MODE_NUMBER
  if (number < 0x100) {
    setMode(context, number | (bx & KEEP_MEMORY ? 0x80 : 0))
    return answer(context, memory.read8(Bda.VIDEO_MODE) === (number & 0x7f))
  }
  const mode = VBE_MODES.find((candidate) => candidate.number === number)
  if (mode === undefined || !fits(context, mode)) return answer(context, false)
  if ((bx & OWN_TIMING) !== 0 && !isTimingPossible(context, mode)) return answer(context, false)
  // The VGA's registers as planar and 256-colour modes have them; its screen is covered.
  setMode(context, (mode.bits === 4 ? 0x12 : 0x13) | 0x80)
  writeDispi(context, Dispi.ENABLE, 0)
  writeDispi(context, Dispi.BPP, mode.bits)
  writeDispi(context, Dispi.XRES, mode.width)
  writeDispi(context, Dispi.YRES, mode.height)
  const linear = bx & LINEAR ? DispiEnable.LINEAR : 0
  writeDispi(context, Dispi.ENABLE, DispiEnable.ENABLED | linear | (bx & KEEP_MEMORY ? DispiEnable.NO_CLEAR : 0))
  memory.write8(Bda.VIDEO_MODE, MODE_BYTE)
  memory.write16(Bda.COLUMNS, mode.width / 8)
  memory.write8(Bda.ROWS_LESS_ONE, Math.min(255, Math.floor(mode.height / 16) - 1))
  memory.write16(Bda.CHARACTER_HEIGHT, 16)
  return answer(context, isOn(context))
}

/** AL=04h: DL=0 the blocks of 64 bytes that parts CX take, 1 saves, 2 restores, at ES:BX. */
function saveRestore(context: Context): Resume {
  const { registers } = context
  const { cx, dl } = registers
  if (dl > 2 || (cx & 0x0f) === 0) return answer(context, false)
  const at = registers.inEs(registers.bx)
  const own = stateBytes(cx & 7)
  const count = cx & PartBit.VBE ? VBE_STATE.length : 0
  if (dl === 0) registers.bx = Math.ceil((own + 2 * count) / 64)
  else if (dl === 1) {
    saveState(context, cx & 7, at)
    VBE_STATE.slice(0, count).forEach((index, place) =>
      context.memory.write16(at + own + 2 * place, readDispi(context, index)),
    )
  } else {
    restoreVbe(context, at + own, count)
    restoreState(context, cx & 7, at)
  }
  return answer(context, true)
}

/** In the order that they are restored: size before what it limits. */
const VBE_STATE = [
  Dispi.ENABLE,
  Dispi.XRES,
  Dispi.YRES,
  Dispi.BPP,
  Dispi.BANK,
  Dispi.VIRT_WIDTH,
  Dispi.X_OFFSET,
  Dispi.Y_OFFSET,
]

function restoreVbe(context: Context, at: number, count: number): void {
  if (count === 0) return
  const values = VBE_STATE.map((_, place) => context.memory.read16(at + 2 * place))
  writeDispi(context, Dispi.ENABLE, 0)
  for (const place of [1, 2, 3]) writeDispi(context, VBE_STATE[place]!, values[place]!)
  if (values[0]! & DispiEnable.ENABLED) writeDispi(context, Dispi.ENABLE, values[0]! | DispiEnable.NO_CLEAR)
  for (const place of [4, 5, 6, 7]) writeDispi(context, VBE_STATE[place]!, values[place]!)
}

/** AL=05h: BH=0 puts the window at bank DX, BH=1 asks; window B does not exist, nor any in a linear mode. */
function window(context: Context): Resume {
  const { registers } = context
  if (readDispi(context, Dispi.ENABLE) & DispiEnable.LINEAR) {
    registers.ax = VbeStatus.INVALID_HERE
    return
  }
  if (!isOn(context) || registers.bl !== 0 || registers.bh > 1) return answer(context, false)
  if (registers.bh === 1) {
    registers.dx = readDispi(context, Dispi.BANK)
    return answer(context, true)
  }
  writeDispi(context, Dispi.BANK, registers.dx)
  return answer(context, readDispi(context, Dispi.BANK) === registers.dx)
}

/** AL=06h: scan lines of CX pixels (BL=0) or bytes (2); 1 asks, 3 asks for the longest. */
function scanLine(context: Context): Resume {
  const { registers } = context
  const bits = readDispi(context, Dispi.BPP)
  if (!isOn(context) || registers.bl > 3) return answer(context, false)
  const perPixel = lineBytes(8, bits) / 8
  const memoryBytes = readDispi(context, Dispi.MEMORY_64K) * BANK_BYTES
  const most = Math.floor(memoryBytes / (readDispi(context, Dispi.YRES) * perPixel * (bits === 4 ? 4 : 1))) & ~7
  const wanted = registers.bl === 2 ? Math.ceil(registers.cx / perPixel) : registers.cx
  if (registers.bl === 0 || registers.bl === 2) {
    if (wanted > most) return answer(context, false)
    writeDispi(context, Dispi.VIRT_WIDTH, (wanted + 7) & ~7)
  }
  const pixels = registers.bl === 3 ? most : readDispi(context, Dispi.VIRT_WIDTH)
  registers.cx = pixels
  registers.bx = lineBytes(pixels, bits)
  registers.dx = Math.min(0xffff, Math.floor(memoryBytes / (lineBytes(pixels, bits) * (bits === 4 ? 4 : 1))))
  return answer(context, true)
}

/** AL=07h: the first pixel shown is CX in line DX (BL=0, 80h); BL=1 asks. */
function displayStart(context: Context): Resume {
  const { registers } = context
  const what = registers.bl & 0x7f
  if (!isOn(context) || what > 1) return answer(context, false)
  if (what === 1) {
    registers.bh = 0
    registers.cx = readDispi(context, Dispi.X_OFFSET)
    registers.dx = readDispi(context, Dispi.Y_OFFSET)
    return answer(context, true)
  }
  writeDispi(context, Dispi.X_OFFSET, registers.cx)
  writeDispi(context, Dispi.Y_OFFSET, registers.dx)
  const isThere =
    readDispi(context, Dispi.X_OFFSET) === registers.cx && readDispi(context, Dispi.Y_OFFSET) === registers.dx
  return answer(context, isThere)
}

/** AL=08h: colours of BH bits in the DAC (BL=0), 6 or 8; BL=1 asks. */
function dacFormat(context: Context): Resume {
  const { registers } = context
  if (!isOn(context) || readDispi(context, Dispi.BPP) > 8 || registers.bl > 1) {
    registers.ax = VbeStatus.INVALID_HERE
    return
  }
  const enable = readDispi(context, Dispi.ENABLE)
  if (registers.bl === 0) {
    const is8 = registers.bh >= 8
    writeDispi(context, Dispi.ENABLE, is8 ? enable | DispiEnable.DAC_8_BIT : enable & ~DispiEnable.DAC_8_BIT)
  }
  registers.bh = readDispi(context, Dispi.ENABLE) & DispiEnable.DAC_8_BIT ? 8 : 6
  return answer(context, true)
}

/** AL=09h: CX colours from DX on, at ES:DI, as blue, green, red and nothing. BL=0, 80h sets, 1 asks. */
function paletteData(context: Context): Resume {
  const { registers, memory, ports } = context
  const what = registers.bl & 0x7f
  const { cx, dx } = registers
  if (what > 1 || cx + dx > 256) return answer(context, false)
  const at = registers.inEs(registers.di)
  if (what === 0) {
    const entries = memory.bytes(at, 4 * cx)
    for (let index = 0; index < cx; index += 1) {
      const [blue = 0, green = 0, red = 0] = entries.subarray(4 * index)
      writeColors(ports, dx + index, [red, green, blue])
    }
  } else {
    const colors = readColors(ports, dx, cx)
    const entries = new Uint8Array(4 * cx)
    for (let index = 0; index < cx; index += 1) {
      entries.set([colors[3 * index + 2]!, colors[3 * index + 1]!, colors[3 * index]!], 4 * index)
    }
    memory.store(at, entries)
  }
  return answer(context, true)
}

/** AL=0Ah: where the same functions are as 32-bit code. */
function protectedMode(context: Context): Resume {
  const { registers, rom } = context
  if (registers.bl !== 0) return answer(context, false)
  registers.cpu.es = ROM_SEGMENT
  registers.di = rom.offsetOf('vbe-protected')
  registers.cx = rom.offsetOf('vbe-protected-end') - registers.di
  return answer(context, true)
}

const TABLE: FunctionTable = new Map([
  [0x00, (context) => answer(context, controllerInformation(context))],
  [0x01, (context) => answer(context, modeInformation(context))],
  [0x02, setVbeMode],
  [0x03, getMode],
  [0x04, saveRestore],
  [0x05, window],
  [0x06, scanLine],
  [0x07, displayStart],
  [0x08, dacFormat],
  [0x09, paletteData],
  [0x0a, protectedMode],
  [0x0b, (context) => answer(context, pixelClock(context))],
  [0x15, (context) => answer(context, displayDataChannel(context))],
])

/** AH=4Fh. A display without the extensions has none of it. */
export function vbeService(context: Context): Resume {
  const service = TABLE.get(context.registers.al)
  if (service && hasDispi(context)) return service(context)
  if (hasDispi(context)) context.registers.ah = 0x01
}
