import { Bda } from '../bda.ts'
import type { Context, FunctionTable, Resume } from '../context.ts'
import { dropKey, peekKey, putKey } from './buffer.ts'
import { updateLeds } from './interrupt.ts'

const GREY = 0xe0
/** Keys whose scan code is that of the prefix: keypad Enter and slash. */
const GREY_ENTER = 0xe00d
const GREY_CONTROL_ENTER = 0xe00a
const GREY_SLASH = 0xe02f

/** A keystroke as the functions of the 84-key keyboard show it; -1: not at all. */
function forOldKeyboard(key: number): number {
  if (key === GREY_ENTER || key === GREY_CONTROL_ENTER) return 0x1c00 | (key & 0xff)
  if (key === GREY_SLASH) return 0x352f
  const scan = key >> 8
  // F11, F12 and all that is newer has scan codes from 85h on; Alt codes have 0.
  if (scan > 0x84) return -1
  return (key & 0xff) === GREY && scan !== 0 ? key & 0xff00 : key
}

/** The same for the extended functions: F0h marks keys that the old ones do not have. */
function forNewKeyboard(key: number): number {
  return (key & 0xff) === 0xf0 && key >> 8 !== 0 ? key & 0xff00 : key
}

/** AH=00h, 10h: waits for a key. */
function read(context: Context, show: (key: number) => number): Resume {
  updateLeds(context)
  for (let key = peekKey(context); key >= 0; key = peekKey(context)) {
    dropKey(context)
    const shown = show(key)
    if (shown < 0) continue
    context.registers.ax = shown
    return undefined
  }
  return 'wait'
}

/** AH=01h, 11h: ZF tells that no key waits. */
function peek(context: Context, show: (key: number) => number): Resume {
  const { registers } = context
  updateLeds(context)
  let key = peekKey(context)
  while (key >= 0 && show(key) < 0) {
    dropKey(context)
    key = peekKey(context)
  }
  registers.zero = key < 0
  if (key >= 0) registers.ax = show(key)
  return undefined
}

function extendedShifts({ memory, registers }: Context): Resume {
  registers.al = memory.read8(Bda.SHIFT_FLAGS)
  // Bits 0-1 left Ctrl and Alt, 2-3 right ones, 4-6 locks that are down, 7 SysRq.
  const second = memory.read8(Bda.SHIFT_FLAGS_2)
  registers.ah = (second & 0x73) | ((second & 0x04) << 5) | (memory.read8(Bda.KEYBOARD_MODE) & 0x0c)
}

/** Typematic rates, keyboard functions (bits of AH=09h): 05h, 10h-12h. */
const FUNCTIONS = 0x30
const KEYBOARD_ID = 0x41ab

const TABLE: FunctionTable = new Map([
  [0x00, (context) => read(context, forOldKeyboard)],
  [0x01, (context) => peek(context, forOldKeyboard)],
  [0x02, ({ memory, registers }) => void (registers.al = memory.read8(Bda.SHIFT_FLAGS))],
  // Typematic rate and delay: the keyboard's repetition is the host's affair.
  [0x03, () => undefined],
  [0x05, (context) => void (context.registers.al = putKey(context, context.registers.cx) ? 0 : 1)],
  [0x09, ({ registers }) => void (registers.al = FUNCTIONS)],
  [0x0a, ({ registers }) => void (registers.bx = KEYBOARD_ID)],
  [0x10, (context) => read(context, forNewKeyboard)],
  [0x11, (context) => peek(context, forNewKeyboard)],
  [0x12, extendedShifts],
  // AH=92h and A2h: whether 10h-12h and 20h-22h are there; 80h off the question's number says they are.
  [0x92, ({ registers }) => void (registers.ah = 0x80)],
  [0xa2, () => undefined],
])

/** INT 16h. Functions that are not there change nothing. */
export function keyboardService(context: Context): Resume {
  return TABLE.get(context.registers.ah)?.(context)
}
