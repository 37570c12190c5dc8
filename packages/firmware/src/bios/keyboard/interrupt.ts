import { Bda } from '../bda.ts'
import type { Context, Resume } from '../context.ts'
import { ROM_SEGMENT, RomOffset } from '../rom/layout.ts'
import { emptyKeys, putKey } from './buffer.ts'
import { setLeds } from './controller.ts'
import { EXTENDED_KEYS, KEY_TABLE } from './scan-codes.table.ts'

/** Bits of the shift flags at 0040:0017. */
export const Shift = {
  RIGHT: 0x01,
  LEFT: 0x02,
  CTRL: 0x04,
  ALT: 0x08,
  SCROLL_LOCK: 0x10,
  NUM_LOCK: 0x20,
  CAPS_LOCK: 0x40,
  INSERT: 0x80,
} as const
/** Bits of 0040:0018: keys that are down. */
const Shift2 = { LEFT_CTRL: 0x01, LEFT_ALT: 0x02, SYSRQ: 0x04, PAUSE: 0x08 } as const
/** Bits of 0040:0096. */
const Mode = { AFTER_E1: 0x01, AFTER_E0: 0x02, RIGHT_CTRL: 0x04, RIGHT_ALT: 0x08 } as const

const RELEASE = 0x80
const ScanCode = {
  CTRL: 0x1d,
  LEFT_SHIFT: 0x2a,
  RIGHT_SHIFT: 0x36,
  PRINT: 0x37,
  ALT: 0x38,
  CAPS_LOCK: 0x3a,
  NUM_LOCK: 0x45,
  SCROLL_LOCK: 0x46,
  KEYPAD_7: 0x47,
  INSERT: 0x52,
  DELETE: 0x53,
  SYSRQ: 0x54,
} as const

/** Digits of the keypad by scan code from 47h on; -1: no digit. */
const KEYPAD_DIGITS = [7, 8, 9, -1, 4, 5, 6, -1, 1, 2, 3, 0]
const WARM_BOOT = 0x1234
const BREAK_SEEN = 0x80
/** Scan codes from here on are the keyboard's answers, not keys. */
const ANSWERS = 0xee

/** INT 09h behind the intercept of INT 15h: AL is the scan code. */
export function keyboardInterrupt(context: Context): Resume {
  const { memory, registers } = context
  const code = registers.al
  const mode = memory.read8(Bda.KEYBOARD_MODE)
  if (code === 0xe0 || code === 0xe1) {
    memory.write8(Bda.KEYBOARD_MODE, mode | (code === 0xe0 ? Mode.AFTER_E0 : Mode.AFTER_E1))
    return undefined
  }
  if (code >= ANSWERS) return undefined
  const key = code & ~RELEASE
  const isDown = (code & RELEASE) === 0
  // Pause sends E1 1D 45: the prefix holds over its first code.
  const prefix = mode & (Mode.AFTER_E0 | Mode.AFTER_E1)
  const keepsPrefix = (prefix & Mode.AFTER_E1) !== 0 && key === ScanCode.CTRL
  if (!keepsPrefix) memory.write8(Bda.KEYBOARD_MODE, mode & ~(Mode.AFTER_E0 | Mode.AFTER_E1))
  if (prefix & Mode.AFTER_E1) return key === ScanCode.NUM_LOCK && isDown ? beginPause(context) : undefined
  const isExtended = (prefix & Mode.AFTER_E0) !== 0
  // A keyboard wraps its grey keys into shifts that nobody has pressed.
  if (isExtended && (key === ScanCode.LEFT_SHIFT || key === ScanCode.RIGHT_SHIFT)) return undefined
  if (isShift(key)) return shiftKey(context, key, isDown, isExtended)
  if (isLock(key) && !(isExtended && key === ScanCode.SCROLL_LOCK)) {
    const special = lockKey(context, key, isDown)
    if (special !== 'none') return special
  }
  if (key === ScanCode.SYSRQ) return systemRequest(context, isDown)
  if (!isDown) {
    if (key === ScanCode.INSERT) change(context, Bda.SHIFT_FLAGS_2, Shift.INSERT, false)
    return undefined
  }
  return press(context, key, isExtended)
}

function flags({ memory }: Context): number {
  return memory.read8(Bda.SHIFT_FLAGS)
}

function change({ memory }: Context, address: number, bits: number, on: boolean): void {
  const value = memory.read8(address)
  memory.write8(address, on ? value | bits : value & ~bits)
}

function isShift(key: number): boolean {
  return key === ScanCode.LEFT_SHIFT || key === ScanCode.RIGHT_SHIFT || key === ScanCode.CTRL || key === ScanCode.ALT
}

function shiftKey(context: Context, key: number, isDown: boolean, isExtended: boolean): Resume {
  if (key === ScanCode.LEFT_SHIFT) change(context, Bda.SHIFT_FLAGS, Shift.LEFT, isDown)
  else if (key === ScanCode.RIGHT_SHIFT) change(context, Bda.SHIFT_FLAGS, Shift.RIGHT, isDown)
  else if (key === ScanCode.CTRL) sided(context, isDown, isExtended, Shift2.LEFT_CTRL, Mode.RIGHT_CTRL, Shift.CTRL)
  else {
    sided(context, isDown, isExtended, Shift2.LEFT_ALT, Mode.RIGHT_ALT, Shift.ALT)
    if (!isDown && (flags(context) & Shift.ALT) === 0) endAltCode(context)
  }
  return undefined
}

/** Ctrl and Alt are down as long as one of the two is. */
function sided(context: Context, isDown: boolean, isRight: boolean, left: number, right: number, both: number): void {
  const { memory } = context
  if (isRight) change(context, Bda.KEYBOARD_MODE, right, isDown)
  else change(context, Bda.SHIFT_FLAGS_2, left, isDown)
  const isAnyDown = (memory.read8(Bda.SHIFT_FLAGS_2) & left) !== 0 || (memory.read8(Bda.KEYBOARD_MODE) & right) !== 0
  change(context, Bda.SHIFT_FLAGS, both, isAnyDown)
}

/** A character by its number, typed on the keypad while Alt was down. */
function endAltCode(context: Context): void {
  const { memory } = context
  const code = memory.read8(Bda.ALT_KEYPAD)
  memory.write8(Bda.ALT_KEYPAD, 0)
  if (code !== 0) putKey(context, code)
}

const LOCKS: ReadonlyMap<number, number> = new Map([
  [ScanCode.CAPS_LOCK, Shift.CAPS_LOCK],
  [ScanCode.NUM_LOCK, Shift.NUM_LOCK],
  [ScanCode.SCROLL_LOCK, Shift.SCROLL_LOCK],
])

function isLock(key: number): boolean {
  return LOCKS.has(key)
}

/** Locks flip when they go down; with Ctrl, Num Lock is Pause and Scroll Lock is Break. */
function lockKey(context: Context, key: number, isDown: boolean): Resume | 'none' {
  const { memory } = context
  const bit = LOCKS.get(key)!
  if (isDown && (flags(context) & Shift.CTRL) !== 0) {
    if (key === ScanCode.SCROLL_LOCK) return controlBreak(context)
    if (key === ScanCode.NUM_LOCK) return beginPause(context)
  }
  const wasDown = (memory.read8(Bda.SHIFT_FLAGS_2) & bit) !== 0
  change(context, Bda.SHIFT_FLAGS_2, bit, isDown)
  if (!isDown || wasDown) return undefined
  memory.write8(Bda.SHIFT_FLAGS, flags(context) ^ bit)
  updateLeds(context)
  return undefined
}

/** Brings the lights to what the shift flags say; a guest may have changed them itself. */
export function updateLeds(context: Context): void {
  const { memory, ports } = context
  const leds = (flags(context) >> 4) & 7
  const shown = memory.read8(Bda.KEYBOARD_LEDS)
  if ((shown & 7) === leds) return
  memory.write8(Bda.KEYBOARD_LEDS, (shown & ~7) | leds)
  setLeds(ports, leds)
}

function controlBreak(context: Context): Resume {
  const { memory } = context
  memory.write8(Bda.BREAK, BREAK_SEEN)
  emptyKeys(context)
  putKey(context, 0)
  return { label: 'key-break' }
}

function beginPause(context: Context): Resume {
  const { memory } = context
  if (memory.read8(Bda.SHIFT_FLAGS_2) & Shift2.PAUSE) return undefined
  change(context, Bda.SHIFT_FLAGS_2, Shift2.PAUSE, true)
  return { label: 'key-pause' }
}

/** Waits until the next key has ended the pause. */
export function pause({ memory }: Context): Resume {
  return memory.read8(Bda.SHIFT_FLAGS_2) & Shift2.PAUSE ? 'wait' : undefined
}

function systemRequest(context: Context, isDown: boolean): Resume {
  const { memory } = context
  const wasDown = (memory.read8(Bda.SHIFT_FLAGS_2) & Shift2.SYSRQ) !== 0
  if (wasDown === isDown) return undefined
  change(context, Bda.SHIFT_FLAGS_2, Shift2.SYSRQ, isDown)
  return { label: isDown ? 'key-system' : 'key-system-up' }
}

/** A key that is neither shift nor lock has gone down. */
function press(context: Context, key: number, isExtended: boolean): Resume {
  const { memory, registers } = context
  if (memory.read8(Bda.SHIFT_FLAGS_2) & Shift2.PAUSE) {
    change(context, Bda.SHIFT_FLAGS_2, Shift2.PAUSE, false)
    return undefined
  }
  const state = flags(context)
  if (key === ScanCode.DELETE && (state & (Shift.CTRL | Shift.ALT)) === (Shift.CTRL | Shift.ALT)) {
    memory.write16(Bda.RESET_FLAG, WARM_BOOT)
    registers.cpu.cs = ROM_SEGMENT
    registers.cpu.eip = RomOffset.RESET
    return 'elsewhere'
  }
  if (isExtended && key === ScanCode.SCROLL_LOCK) return controlBreak(context)
  // Print Screen alone is E0 37; with Ctrl it echoes, which the operating system sees to.
  if (key === ScanCode.PRINT && (isExtended || (state & (Shift.LEFT | Shift.RIGHT)) !== 0)) {
    if (state & Shift.CTRL) putKey(context, 0x7200)
    return state & Shift.CTRL ? undefined : { label: 'key-print' }
  }
  if (!isExtended && (state & Shift.ALT) !== 0 && altDigit(context, key)) return undefined
  if (key === ScanCode.INSERT) pressInsert(context)
  const stroke = keystroke(key, state, isExtended)
  if (stroke !== 0) putKey(context, stroke)
  return undefined
}

function pressInsert(context: Context): void {
  const { memory } = context
  if (memory.read8(Bda.SHIFT_FLAGS_2) & Shift.INSERT) return
  change(context, Bda.SHIFT_FLAGS_2, Shift.INSERT, true)
  memory.write8(Bda.SHIFT_FLAGS, flags(context) ^ Shift.INSERT)
}

/** Gathers the digits of an Alt code, modulo 256. */
function altDigit({ memory }: Context, key: number): boolean {
  const digit = KEYPAD_DIGITS[key - ScanCode.KEYPAD_7] ?? -1
  if (digit < 0) return false
  memory.write8(Bda.ALT_KEYPAD, (memory.read8(Bda.ALT_KEYPAD) * 10 + digit) & 0xff)
  return true
}

/** What goes into the buffer for a key: scan code and character; 0 for none. */
export function keystroke(key: number, state: number, isExtended: boolean): number {
  const row = isExtended ? EXTENDED_KEYS.get(key) : KEY_TABLE[key]
  if (row === undefined) return 0
  const [plain, shifted, control, alternate] = row
  if (state & Shift.ALT) return alternate
  if (state & Shift.CTRL) return control
  let isShifted = (state & (Shift.LEFT | Shift.RIGHT)) !== 0
  const character = plain & 0xff
  const isLetter = character >= 0x61 && character <= 0x7a
  const isKeypad = !isExtended && key >= ScanCode.KEYPAD_7 && key <= ScanCode.DELETE
  if (isLetter && (state & Shift.CAPS_LOCK) !== 0) isShifted = !isShifted
  if (isKeypad && (state & Shift.NUM_LOCK) !== 0) isShifted = !isShifted
  return isShifted ? shifted : plain
}
