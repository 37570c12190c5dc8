import { Bda } from '../bda.ts'
import type { Context, FunctionTable, Resume } from '../context.ts'
import { alternateSelect } from './alternate.ts'
import { setCursor, setCursorShape, setPage } from './cursor.ts'
import { fontService } from './font-services.ts'
import { setMode } from './mode-set.ts'
import { paletteService, setColors } from './palette-services.ts'
import { displayCombination, functionality, saveRestore } from './state-services.ts'
import {
  readCharacter,
  readCursor,
  readPixel,
  scroll,
  writeCharacter,
  writePixel,
  writeString,
  writeTeletype,
} from './text-services.ts'
import { vbeService } from './vbe-services.ts'

/** What AL says after a mode set: whether it is text, mode 6, or graphics. */
function afterModeSet(mode: number): number {
  if (mode === 6) return 0x3f
  return mode > 7 ? 0x20 : 0x30
}

function setVideoMode(context: Context): Resume {
  const { registers } = context
  const mode = registers.al
  setMode(context, mode)
  registers.al = afterModeSet(mode & 0x7f)
}

/** AH=0Fh: mode with the bit that kept memory, columns, page. */
function getVideoMode({ registers, memory }: Context): Resume {
  registers.al = memory.read8(Bda.VIDEO_MODE) | (memory.read8(Bda.VIDEO_CONTROL) & 0x80)
  registers.ah = memory.read8(Bda.COLUMNS)
  registers.bh = memory.read8(Bda.ACTIVE_PAGE)
}

const TABLE: FunctionTable = new Map([
  [0x00, setVideoMode],
  [0x01, (context) => setCursorShape(context, context.registers.cx)],
  [
    0x02,
    (context) => {
      const { bh, dh, dl } = context.registers
      setCursor(context, bh, { column: dl, row: dh })
    },
  ],
  [0x03, readCursor],
  // There is no light pen.
  [0x04, ({ registers }) => void (registers.ah = 0)],
  [0x05, (context) => setPage(context, context.registers.al)],
  [0x06, scroll],
  [0x07, scroll],
  [0x08, readCharacter],
  [0x09, writeCharacter],
  [0x0a, writeCharacter],
  [0x0b, setColors],
  [0x0c, writePixel],
  [0x0d, readPixel],
  [0x0e, writeTeletype],
  [0x0f, getVideoMode],
  [0x10, paletteService],
  [0x11, fontService],
  [0x12, alternateSelect],
  [0x13, writeString],
  [0x1a, displayCombination],
  [0x1b, functionality],
  [0x1c, saveRestore],
  [0x4f, vbeService],
])

/** INT 10h. Functions that are not there change nothing. */
export function videoService(context: Context): Resume {
  return TABLE.get(context.registers.ah)?.(context)
}
