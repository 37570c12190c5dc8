/**
 * Keys by the W3C names of `KeyboardEvent.code`, with their scan code set 2 make code; 0xe0xx stands for the prefix E0h.
 * PrintScreen and Pause have sequences of their own.
 */
export const KEY_CODES = {
  Escape: 0x76,
  F1: 0x05,
  F2: 0x06,
  F3: 0x04,
  F4: 0x0c,
  F5: 0x03,
  F6: 0x0b,
  F7: 0x83,
  F8: 0x0a,
  F9: 0x01,
  F10: 0x09,
  F11: 0x78,
  F12: 0x07,
  Backquote: 0x0e,
  Digit1: 0x16,
  Digit2: 0x1e,
  Digit3: 0x26,
  Digit4: 0x25,
  Digit5: 0x2e,
  Digit6: 0x36,
  Digit7: 0x3d,
  Digit8: 0x3e,
  Digit9: 0x46,
  Digit0: 0x45,
  Minus: 0x4e,
  Equal: 0x55,
  Backspace: 0x66,
  Tab: 0x0d,
  KeyQ: 0x15,
  KeyW: 0x1d,
  KeyE: 0x24,
  KeyR: 0x2d,
  KeyT: 0x2c,
  KeyY: 0x35,
  KeyU: 0x3c,
  KeyI: 0x43,
  KeyO: 0x44,
  KeyP: 0x4d,
  BracketLeft: 0x54,
  BracketRight: 0x5b,
  Enter: 0x5a,
  ControlLeft: 0x14,
  KeyA: 0x1c,
  KeyS: 0x1b,
  KeyD: 0x23,
  KeyF: 0x2b,
  KeyG: 0x34,
  KeyH: 0x33,
  KeyJ: 0x3b,
  KeyK: 0x42,
  KeyL: 0x4b,
  Semicolon: 0x4c,
  Quote: 0x52,
  Backslash: 0x5d,
  ShiftLeft: 0x12,
  IntlBackslash: 0x61,
  KeyZ: 0x1a,
  KeyX: 0x22,
  KeyC: 0x21,
  KeyV: 0x2a,
  KeyB: 0x32,
  KeyN: 0x31,
  KeyM: 0x3a,
  Comma: 0x41,
  Period: 0x49,
  Slash: 0x4a,
  ShiftRight: 0x59,
  AltLeft: 0x11,
  Space: 0x29,
  CapsLock: 0x58,
  NumLock: 0x77,
  ScrollLock: 0x7e,
  Numpad7: 0x6c,
  Numpad8: 0x75,
  Numpad9: 0x7d,
  NumpadSubtract: 0x7b,
  Numpad4: 0x6b,
  Numpad5: 0x73,
  Numpad6: 0x74,
  NumpadAdd: 0x79,
  Numpad1: 0x69,
  Numpad2: 0x72,
  Numpad3: 0x7a,
  Numpad0: 0x70,
  NumpadDecimal: 0x71,
  NumpadMultiply: 0x7c,
  NumpadEnter: 0xe05a,
  NumpadDivide: 0xe04a,
  ControlRight: 0xe014,
  AltRight: 0xe011,
  MetaLeft: 0xe01f,
  MetaRight: 0xe027,
  ContextMenu: 0xe02f,
  Home: 0xe06c,
  ArrowUp: 0xe075,
  PageUp: 0xe07d,
  ArrowLeft: 0xe06b,
  ArrowRight: 0xe074,
  End: 0xe069,
  ArrowDown: 0xe072,
  PageDown: 0xe07a,
  Insert: 0xe070,
  Delete: 0xe071,
} as const

export type KeyName = keyof typeof KEY_CODES | 'PrintScreen' | 'Pause'

const BREAK = 0xf0
const PAUSE = [0xe1, 0x14, 0x77, 0xe1, BREAK, 0x14, BREAK, 0x77]

/** The bytes of set 2 that a key sends, an empty list for a key that this keyboard lacks. */
export function scanCodeSet2(key: string, down: boolean): number[] {
  if (key === 'Pause') return down ? PAUSE : []
  if (key === 'PrintScreen') return down ? [0xe0, 0x12, 0xe0, 0x7c] : [0xe0, BREAK, 0x7c, 0xe0, BREAK, 0x12]
  if (!Object.hasOwn(KEY_CODES, key)) return []
  const code = KEY_CODES[key as keyof typeof KEY_CODES]
  return [...(code > 0xff ? [0xe0] : []), ...(down ? [] : [BREAK]), code & 0xff]
}

// Row n holds the set 1 codes of the set 2 codes 16 * n .. 16 * n + 15.
const TRANSLATION: readonly number[] = [
  'ff 43 41 3f 3d 3b 3c 58 64 44 42 40 3e 0f 29 59',
  '65 38 2a 70 1d 10 02 5a 66 71 2c 1f 1e 11 03 5b',
  '67 2e 2d 20 12 05 04 5c 68 39 2f 21 14 13 06 5d',
  '69 31 30 23 22 15 07 5e 6a 72 32 24 16 08 09 5f',
  '6b 33 25 17 18 0b 0a 60 6c 34 35 26 27 19 0c 61',
  '6d 73 28 74 1a 0d 62 6e 3a 36 1c 1b 75 2b 63 76',
  '55 56 77 78 79 7a 0e 7b 7c 4f 7d 4b 47 7e 7f 6f',
  '52 53 50 4c 4d 48 01 45 57 4e 51 4a 37 49 46 54',
].flatMap((row) => row.split(' ').map((pair) => Number.parseInt(pair, 16)))

/** The controller's translation of one set 2 byte to set 1. The break prefix is the caller's business. */
export function translate(code: number): number {
  if (code < 0x80) return TRANSLATION[code]!
  if (code === 0x83) return 0x41
  return code === 0x84 ? 0x54 : code
}
