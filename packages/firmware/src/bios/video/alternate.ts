import { Bda } from '../bda.ts'
import type { Context, FunctionTable, Resume } from '../context.ts'
import { VgaPort, readSequencer, writeSequencer } from './vga-ports.ts'

const SUPPORTED = 0x12
const MISC_RAM_ENABLE = 0x02
const CLOCKING_MODE = 1
const SCREEN_OFF = 0x20
/** Bits of 0040:0089. */
const VgaFlag = { GREY: 0x02, KEEP_PALETTE: 0x08 } as const
const NO_CURSOR_EMULATION = 0x01
const MEMORY_256_KIB = 3
const SWITCHES = 0x0f

/** BL=10h: monochrome or not, how much memory, feature bits and switches. */
function information({ registers, memory }: Context): Resume {
  registers.bh = memory.read16(Bda.CRTC_PORT) === VgaPort.MONO_CRTC ? 1 : 0
  registers.bl = MEMORY_256_KIB
  registers.cx = memory.read8(Bda.VIDEO_SWITCHES) & SWITCHES
}

/** Functions that turn a bit of the data area on (AL=0) or off (AL=1), or the other way round. */
function toggle(address: number, bit: number, setBy: 0 | 1) {
  return ({ registers, memory }: Context): Resume => {
    if (registers.al > 1) return
    const before = memory.read8(address)
    memory.write8(address, registers.al === setBy ? before | bit : before & ~bit)
    registers.al = SUPPORTED
  }
}

/** BL=32h: whether the processor reaches video memory. */
function addressing({ registers, ports }: Context): Resume {
  if (registers.al > 1) return
  const misc = ports.in8(VgaPort.MISC_READ)
  ports.out8(VgaPort.MISC_WRITE, registers.al === 0 ? misc | MISC_RAM_ENABLE : misc & ~MISC_RAM_ENABLE)
  registers.al = SUPPORTED
}

/** BL=36h. */
function refresh({ registers, ports }: Context): Resume {
  if (registers.al > 1) return
  const mode = readSequencer(ports, CLOCKING_MODE)
  writeSequencer(ports, CLOCKING_MODE, registers.al === 0 ? mode & ~SCREEN_OFF : mode | SCREEN_OFF)
  registers.al = SUPPORTED
}

const LINES_400 = 2

const TABLE: FunctionTable = new Map([
  [0x10, information],
  // Print screen is INT 05h's as it is.
  [0x20, () => undefined],
  // Text has 400 lines; other counts are not to be had.
  [0x30, ({ registers }) => void (registers.al = registers.al === LINES_400 ? SUPPORTED : 0)],
  [0x31, toggle(Bda.VGA_FLAGS, VgaFlag.KEEP_PALETTE, 1)],
  [0x32, addressing],
  [0x33, toggle(Bda.VGA_FLAGS, VgaFlag.GREY, 0)],
  [0x34, toggle(Bda.VIDEO_CONTROL, NO_CURSOR_EMULATION, 1)],
  [0x36, refresh],
])

/** AH=12h. */
export function alternateSelect(context: Context): Resume {
  return TABLE.get(context.registers.bl)?.(context)
}
