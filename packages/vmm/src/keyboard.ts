import type { I8042, KeyName, Timers } from '@mica-vm/pc-devices'
import { VmmError } from './errors.ts'
import type { ScreenWatch } from './internal/screen-watch.ts'
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
  readonly #watch: ScreenWatch
  readonly #onKey: () => void
  #strokes: Stroke[] = []
  /** A stroke was made, and the next one has to wait for its time. */
  #isPausing = false

  /** Lines that wait for the guest to wait for them. */
  #lines: string[] = []

  /** @internal */
  constructor(controller: I8042, timers: Timers, watch: ScreenWatch, onKey: () => void = () => {}) {
    this.#onKey = onKey
    this.#controller = controller
    this.#timers = timers
    this.#watch = watch
    controller.onReady = () => this.#next()
  }

  /** How much waits to be taken by the guest: movements of keys, and lines. Zero: it has everything. */
  get pending(): number {
    return this.#strokes.length + this.#lines.length
  }

  /**
   * Types a text; line ends press Enter.
   * @throws VmmError for a character that no key of a US keyboard types.
   */
  type(text: string): void {
    for (const chord of chordsOf(text)) this.press(...chord)
  }

  /**
   * Types a text line by line, each when the guest waits for it: when its screen has stood still for half a second of its time
   * behind a prompt, or for five seconds whatever it shows.
   * @throws VmmError for a character that no key of a US keyboard types.
   */
  typeOnDemand(text: string): void {
    chordsOf(text)
    const isIdle = this.#lines.length === 0
    this.#lines.push(...text.replaceAll('\r\n', '\n').split(/(?<=\n)/))
    if (isIdle) this.#nextLine()
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

  /** @internal The guest was reset: keys that it has not taken are forgotten, lines are not. */
  reset(): void {
    this.#strokes = []
  }

  #nextLine(): void {
    if (this.#lines.length === 0) return
    this.#watch.whenWaiting(() => {
      if (this.#strokes.length === 0) this.type(this.#lines.shift() ?? '')
      this.#nextLine()
    })
  }

  #queue(key: KeyName, down: boolean): void {
    this.#strokes.push({ key, down })
    this.#onKey()
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

/** The keys to be held and pressed for each character. */
function chordsOf(text: string): KeyName[][] {
  return [...text.replaceAll('\r\n', '\n')].map((character) => {
    const typed = typedKey(character)
    if (!typed) throw new VmmError('bad-option', `a US keyboard has no key for ${JSON.stringify(character)}`)
    const { key, shift, control = false } = typed
    return [...(shift ? (['ShiftLeft'] as const) : []), ...(control ? (['ControlLeft'] as const) : []), key]
  })
}
