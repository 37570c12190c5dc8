import { Bda } from '../bda.ts'
import { LittleEndian } from '../../little-endian.ts'
import type { Context, Resume } from '../context.ts'
import { ROM_SEGMENT } from '../rom/layout.ts'
import { currentMode } from './current-mode.ts'
import { type Part, restoreState, saveState, stateBytes } from './saved-state.ts'

const SUPPORTED_1A = 0x1a
const SUPPORTED_1B = 0x1b
const SUPPORTED_1C = 0x1c
const INFORMATION_BYTES = 64
const BLOCK_BYTES = 64

/** AH=1Ah: the adapter that is active in BL; BH would be a second one. */
export function displayCombination({ registers, memory }: Context): Resume {
  if (registers.al === 0) {
    registers.bx = memory.read8(Bda.DISPLAY_COMBINATION)
    registers.al = SUPPORTED_1A
  } else if (registers.al === 1) {
    memory.write8(Bda.DISPLAY_COMBINATION, registers.bl)
    registers.al = SUPPORTED_1A
  }
}

/** Scan lines as the state table counts them: 200, 350, 400, 480. */
function lineCode(lines: number): number {
  return [200, 350, 400, 480].indexOf(lines)
}

const COLORS: Readonly<Record<string, number>> = { text: 16, cga4: 4, cga2: 2, planar: 16, linear: 256 }
/** Modes 11h and 0Fh have two colours though they are planar. */
const TWO_COLORS = [0x0f, 0x11]

/** AH=1Bh: 64 bytes at ES:DI of what is set; the first four point to what could be. */
export function functionality(context: Context): Resume {
  const { registers, memory, rom } = context
  if (registers.bx !== 0) return
  const mode = currentMode(context)
  const block = new LittleEndian(INFORMATION_BYTES)
  block.u32(0, ROM_SEGMENT * 0x10000 + rom.offsetOf('static-functionality'))
  block.copy(4, memory.bytes(Bda.VIDEO_MODE, 0x1e))
  block.u8(0x22, memory.read8(Bda.ROWS_LESS_ONE) + 1)
  block.u16(0x23, memory.read16(Bda.CHARACTER_HEIGHT))
  block.u8(0x25, memory.read8(Bda.DISPLAY_COMBINATION))
  block.u16(0x27, TWO_COLORS.includes(mode.number) ? 2 : COLORS[mode.kind]!)
  block.u8(0x29, mode.pages)
  block.u8(0x2a, Math.max(0, lineCode(mode.height)))
  block.u8(0x2d, (memory.read8(Bda.VGA_FLAGS) & 0x0f) | ((memory.read8(Bda.VIDEO_CONTROL) & 1) << 4))
  // 256 KiB.
  block.u8(0x31, 3)
  memory.store(registers.inEs(registers.di), block.bytes)
  registers.al = SUPPORTED_1B
}

/** AH=1Ch: CX says which parts, at ES:BX. AL=0 asks for the blocks of 64 bytes that they take. */
export function saveRestore(context: Context): Resume {
  const { registers } = context
  const parts = registers.cx as Part
  if (registers.al > 2 || (parts & 7) === 0) return
  const at = registers.inEs(registers.bx)
  if (registers.al === 0) registers.bx = Math.ceil(stateBytes(parts) / BLOCK_BYTES)
  else if (registers.al === 1) saveState(context, parts, at)
  else restoreState(context, parts, at)
  registers.al = SUPPORTED_1C
}
