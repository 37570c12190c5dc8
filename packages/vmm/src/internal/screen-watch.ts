import type { Timers } from '@mica-vm/pc-devices'
import type { Screen } from '../types.ts'

/** How often the screen is looked at. */
const lookNs = 50e6
/** Behind a prompt, a screen that stood still for so long waits for a line. */
const promptNs = 500e6
/** Whatever it shows, a screen that stood still for so long waits for keys. */
const patienceNs = 5e9

/** Tells from what a guest shows when it waits for keys. All times are the guest's, so that each run tells the same. */
export class ScreenWatch {
  readonly #timers: Timers
  readonly #screen: Screen | null
  #shown = ''
  #stillSinceNs = 0
  #callback: (() => void) | null = null
  #isScheduled = false

  constructor(timers: Timers, screen: Screen | null) {
    this.#timers = timers
    this.#screen = screen
  }

  /** Calls back once, when the guest waits: its screen stands still, half a second behind a prompt, five seconds anyhow. */
  whenWaiting(callback: () => void): void {
    this.#callback = callback
    this.#stillSinceNs = this.#timers.nowNs()
    this.#schedule()
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    this.#timers.schedule(this.#timers.nowNs() + lookNs, () => {
      this.#isScheduled = false
      this.#look()
    })
  }

  #look(): void {
    const callback = this.#callback
    if (callback === null) return
    const lines = this.#screen?.text() ?? []
    const { column, row } = this.#screen?.cursor ?? { column: 0, row: 0 }
    const shown = `${column},${row}\n${lines.join('\n')}`
    const now = this.#timers.nowNs()
    if (shown !== this.#shown) this.#stillSinceNs = now
    this.#shown = shown
    const isPrompt = lines[row]?.slice(0, column).trim() !== ''
    if (now - this.#stillSinceNs < (isPrompt ? promptNs : patienceNs)) return this.#schedule()
    this.#callback = null
    callback()
  }
}
