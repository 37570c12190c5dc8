import type { I8042, KeyName, Timers } from '@mica-vm/pc-devices'
import { VmmError } from './errors.ts'
import { typedKey } from './typed-keys.ts'

/** Guest time between two strokes: twenty times as fast as a typist. */
const strokeNs = 10e6

interface Stroke {
  readonly key: KeyName
  readonly down: boolean
}

/**
 * The keyboard of a machine, a US one. A stroke waits until the guest has taken the one before,
 * so that nothing is lost.
 */
export class Keyboard {
  readonly #controller: I8042
  readonly #timers: Timers
  #strokes: Stroke[] = []
  /** A stroke was made, and the next one has to wait for its time. */
  #isPausing = false

  /** @internal */
  constructor(controller: I8042, timers: Timers) {
    this.#controller = controller
    this.#timers = timers
    controller.onReady = () => this.#next()
  }

  /** How many movements of keys wait to be taken by the guest. */
  get pending(): number {
    return this.#strokes.length
  }

  /**
   * Types a text; line ends press Enter.
   * @throws VmmError for a character that no key of a US keyboard types.
   */
  type(text: string): void {
    const keys = [...text.replaceAll('\r\n', '\n')].map((character) => {
      const typed = typedKey(character)
      if (typed) return typed
      throw new VmmError('bad-option', `a US keyboard has no key for ${JSON.stringify(character)}`)
    })
    for (const { key, shift, control = false } of keys) {
      this.press(...(shift ? (['ShiftLeft'] as const) : []), ...(control ? (['ControlLeft'] as const) : []), key)
    }
  }

  /** Presses keys in this order and releases them in the opposite one, as for `ControlLeft`, `AltLeft`, `Delete`. */
  press(...keys: readonly KeyName[]): void {
    for (const key of keys) this.#queue(key, true)
    for (const key of keys.toReversed()) this.#queue(key, false)
  }

  /** Presses a key and keeps it down. */
  down(key: KeyName): void {
    this.#queue(key, true)
  }

  /** Releases a key. */
  up(key: KeyName): void {
    this.#queue(key, false)
  }

  /** Forgets what the guest has not taken. */
  reset(): void {
    this.#strokes = []
  }

  #queue(key: KeyName, down: boolean): void {
    this.#strokes.push({ key, down })
    this.#next()
  }

  /** Gives the keyboard one stroke, if the guest has taken the one before. */
  #next(): void {
    const stroke = this.#strokes[0]
    if (stroke === undefined || this.#isPausing || !this.#controller.takesKeys) return
    this.#isPausing = true
    this.#strokes.shift()
    this.#controller.key(stroke.key, stroke.down)
    this.#timers.schedule(this.#timers.nowNs() + strokeNs, () => {
      this.#isPausing = false
      this.#next()
    })
  }
}
