import type { KeyName } from '@mica-vm/pc-devices'

/** The key of a US keyboard that types a character, and whether Shift is held. */
export interface TypedKey {
  readonly key: KeyName
  readonly shift: boolean
  readonly control?: boolean
}

const unshifted: readonly (readonly [characters: string, keys: readonly KeyName[]])[] = [
  ['`1234567890-=', ['Backquote', ...digits(), 'Minus', 'Equal']],
  ['[]\\', ['BracketLeft', 'BracketRight', 'Backslash']],
  [";'", ['Semicolon', 'Quote']],
  [',./ ', ['Comma', 'Period', 'Slash', 'Space']],
  ['\t\n\r\b\x7f\x1b', ['Tab', 'Enter', 'Enter', 'Backspace', 'Backspace', 'Escape']],
]

const shifted: readonly (readonly [characters: string, keys: readonly KeyName[]])[] = [
  ['~!@#$%^&*()_+', ['Backquote', ...digits(), 'Minus', 'Equal']],
  ['{}|', ['BracketLeft', 'BracketRight', 'Backslash']],
  [':"', ['Semicolon', 'Quote']],
  ['<>?', ['Comma', 'Period', 'Slash']],
]

function digits(): KeyName[] {
  return [...'1234567890'].map((digit) => `Digit${digit}` as KeyName)
}

const typedKeys: ReadonlyMap<string, TypedKey> = new Map([
  ...letters(),
  ...rows(unshifted, false),
  ...rows(shifted, true),
])

function* letters(): Generator<[string, TypedKey]> {
  for (const letter of 'abcdefghijklmnopqrstuvwxyz') {
    const key = `Key${letter.toUpperCase()}` as KeyName
    yield [letter, { key, shift: false }]
    yield [letter.toUpperCase(), { key, shift: true }]
  }
}

function* rows(table: typeof unshifted, shift: boolean): Generator<[string, TypedKey]> {
  for (const [characters, keys] of table) {
    for (const [index, character] of [...characters].entries()) yield [character, { key: keys[index]!, shift }]
  }
}

/**
 * How a US keyboard types a character; control characters that have no key of their own by Ctrl and a letter. Undefined: not
 * at all.
 */
export function typedKey(character: string): TypedKey | undefined {
  const known = typedKeys.get(character)
  if (known) return known
  const code = character.charCodeAt(0)
  if (code === 0 || code > 26) return undefined
  return { key: `Key${String.fromCharCode(0x40 + code)}` as KeyName, shift: false, control: true }
}
