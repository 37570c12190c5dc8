import type { KeyName } from '@mica-vm/pc-devices'
import type { Keyboard } from '../keyboard.ts'
import { typedKey } from '../typed-keys.ts'
import type { InputSink } from './terminal.ts'

/** What terminals send for keys that are no characters (ECMA-48 and xterm's control sequences). */
const sequences: Readonly<Record<string, KeyName>> = {
  '[A': 'ArrowUp',
  '[B': 'ArrowDown',
  '[C': 'ArrowRight',
  '[D': 'ArrowLeft',
  OA: 'ArrowUp',
  OB: 'ArrowDown',
  OC: 'ArrowRight',
  OD: 'ArrowLeft',
  '[H': 'Home',
  '[F': 'End',
  OH: 'Home',
  OF: 'End',
  '[1~': 'Home',
  '[2~': 'Insert',
  '[3~': 'Delete',
  '[4~': 'End',
  '[5~': 'PageUp',
  '[6~': 'PageDown',
  OP: 'F1',
  OQ: 'F2',
  OR: 'F3',
  OS: 'F4',
  '[15~': 'F5',
  '[17~': 'F6',
  '[18~': 'F7',
  '[19~': 'F8',
  '[20~': 'F9',
  '[21~': 'F10',
  '[23~': 'F11',
  '[24~': 'F12',
}

/** An escape sequence, or any character. */
const key = new RegExp('\\u001b(\\[[\\d;]*[A-Za-z~]|O[A-Z])|[^]', 'gu')

/** A person's keys, each pressed as it comes; a script's text, line by line when the guest waits for it. */
export class KeyboardSink implements InputSink {
  readonly #keyboard: Keyboard
  readonly #isTerminal: boolean
  readonly #decoder = new TextDecoder()
  readonly #onUnknown: (character: string) => void

  /** `onUnknown` hears of characters that no key types. */
  constructor(keyboard: Keyboard, isTerminal: boolean, onUnknown: (character: string) => void) {
    this.#keyboard = keyboard
    this.#isTerminal = isTerminal
    this.#onUnknown = onUnknown
  }

  write(bytes: Uint8Array): Promise<void> {
    const text = this.#decoder.decode(bytes, { stream: true })
    if (this.#isTerminal) for (const [whole, sequence] of text.matchAll(key)) this.#press(whole, sequence)
    else this.#keyboard.typeOnDemand([...text].filter((character) => this.#isKnown(character)).join(''))
    return Promise.resolve()
  }

  #press(text: string, sequence: string | undefined): void {
    const name = sequence === undefined ? undefined : sequences[sequence]
    if (name) this.#keyboard.press(name)
    else if (sequence === undefined && this.#isKnown(text)) this.#keyboard.type(text)
  }

  #isKnown(character: string): boolean {
    const known = typedKey(character) !== undefined
    if (!known) this.#onUnknown(character)
    return known
  }
}
