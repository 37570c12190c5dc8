import { copyOf } from '../internal/copy.ts'
import type { Stateful } from '../types.ts'
import { scanCodeSet2, translate } from './keys.ts'
import { KeyboardCommand, Reply } from './registers.ts'
import type { KeyboardState } from './state.ts'

/** The keyboard's own buffer; what does not fit is lost, as in the real one. */
const KEY_BUFFER_BYTES = 16

const BREAK = 0xf0

export function initialKeyboardState(): KeyboardState {
  return { replies: [], keys: [], scanning: true, scanCodeSet: 2, leds: 0, awaiting: 0, last: 0 }
}

/** A PS/2 keyboard with scan code sets 1 and 2. */
export class Keyboard implements Stateful<KeyboardState> {
  readonly #onLeds: (leds: number) => void
  #state: KeyboardState = initialKeyboardState()

  constructor(onLeds: (leds: number) => void = () => {}) {
    this.#onLeds = onLeds
  }

  /** Whether the key was taken: false if it is unknown, scanning is off or the buffer is full. */
  key(key: string, down: boolean): boolean {
    const state = this.#state
    const codes = scanCodeSet2(key, down)
    const bytes = state.scanCodeSet === 1 ? toSet1(codes) : codes
    if (bytes.length === 0 || !state.scanning || state.keys.length + bytes.length > KEY_BUFFER_BYTES) return false
    state.keys.push(...bytes)
    return true
  }

  /** Scans its keys, and has nothing to say of earlier ones. */
  get takesKeys(): boolean {
    return this.#state.scanning && this.#state.keys.length === 0
  }

  /** The next byte to the controller, -1 if there is none. */
  take(): number {
    const state = this.#state
    const byte = state.replies.shift() ?? state.keys.shift() ?? -1
    if (byte >= 0) state.last = byte
    return byte
  }

  /** A byte from the controller. It cuts off what an earlier command still had to say. */
  write(value: number): void {
    const state = this.#state
    state.replies = []
    const awaiting = state.awaiting
    state.awaiting = 0
    if (awaiting !== 0 && value < 0xed) this.#argument(awaiting, value)
    else this.#command(value)
  }

  snapshot(): KeyboardState {
    return copyOf(this.#state)
  }

  restore(state: KeyboardState): void {
    this.#state = copyOf(state)
  }

  #argument(command: number, value: number): void {
    const state = this.#state
    state.replies = [Reply.ACK]
    if (command === KeyboardCommand.SetLeds) {
      state.leds = value & 7
      this.#onLeds(state.leds)
    } else if (command === KeyboardCommand.ScanCodeSet) {
      if (value === 0) state.replies.push(state.scanCodeSet)
      else if (value < 3) state.scanCodeSet = value
      else state.replies = [Reply.RESEND]
    }
  }

  #command(command: number): void {
    const state = this.#state
    state.replies = [Reply.ACK]
    switch (command) {
      case KeyboardCommand.Echo:
        state.replies = [Reply.ECHO]
        break
      case KeyboardCommand.SetLeds:
      case KeyboardCommand.ScanCodeSet:
      case KeyboardCommand.Typematic:
        state.awaiting = command
        break
      case KeyboardCommand.Identify:
        state.replies.push(0xab, 0x83)
        break
      case KeyboardCommand.Enable:
        state.scanning = true
        state.keys = []
        break
      case KeyboardCommand.Disable:
      case KeyboardCommand.SetDefaults:
        this.#defaults(command === KeyboardCommand.SetDefaults)
        break
      case KeyboardCommand.Resend:
        state.replies = [state.last]
        break
      case KeyboardCommand.Reset:
        this.#defaults(true)
        state.replies.push(Reply.SELF_TEST_PASSED)
        break
      default:
        // F7h..FDh set up scan code set 3 and are acknowledged; below EDh nothing is a command.
        if (command < 0xed || command === 0xef || command === 0xf1) state.replies = [Reply.RESEND]
    }
  }

  #defaults(scanning: boolean): void {
    const state = this.#state
    state.scanning = scanning
    state.scanCodeSet = 2
    state.keys = []
    state.leds = 0
  }
}

function toSet1(codes: readonly number[]): number[] {
  const bytes: number[] = []
  let released = 0
  for (const code of codes) {
    if (code === BREAK) {
      released = 0x80
    } else {
      bytes.push(translate(code) | released)
      released = 0
    }
  }
  return bytes
}
