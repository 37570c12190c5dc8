import type { ControlledBalloon } from './types.ts'

export interface BalloonControllerOptions {
  readonly balloon: ControlledBalloon
  /** Time that passes while the guest runs: one that is stopped cannot follow. */
  readonly clock: { nowNs(): number }
  /** How long a guest may take for each step towards its target. Default: 5 seconds, five polls of a driver. */
  readonly patienceNs?: number
  /** Pages that make a step, or less if fewer are missing. Default: 256, what drivers send at once. */
  readonly stepPages?: number
}

/**
 * - `reached`: the guest has given up what it was asked for, and no more.
 * - `inflating`: it gives pages up, in time. `deflating`: it was asked for less, and may take its time.
 * - `absent`: pages are wanted, and there is no driver. A booting guest is `inflating` until its patience ends.
 * - `stalled`: there is a driver, and it did not get on in time.
 * - `lying`: it broke a rule, so its word counts for nothing until it is reset.
 */
export type BalloonState = 'reached' | 'inflating' | 'deflating' | 'absent' | 'stalled' | 'lying'

/**
 * Sets a balloon's target and watches whether the guest follows. What it does not give up has to be taken otherwise: that is its
 * `shortfall`. A guest that moves on is trusted again.
 *
 * ```ts
 * controller.setTarget(10_000)
 * setInterval(() => swapOut(controller.poll().shortfall), 1000)
 * ```
 */
export class BalloonController {
  readonly #balloon: ControlledBalloon
  readonly #clock: { nowNs(): number }
  readonly #patienceNs: number
  readonly #stepPages: number
  #target = 0
  #state: BalloonState = 'reached'
  /** Since when the guest has not made a step, and how many pages it had given up then. */
  #sinceNs: number
  #fromPages = 0

  constructor({ balloon, clock, patienceNs = 5e9, stepPages = 256 }: BalloonControllerOptions) {
    if (!(patienceNs > 0)) throw new RangeError(`patienceNs is ${patienceNs}; must be above 0`)
    if (!Number.isInteger(stepPages) || stepPages < 1)
      throw new RangeError(`stepPages is ${stepPages}; must be an integer from 1`)
    this.#balloon = balloon
    this.#clock = clock
    this.#patienceNs = patienceNs
    this.#stepPages = stepPages
    this.#sinceNs = clock.nowNs()
  }

  get target(): number {
    return this.#target
  }

  /** Pages that the guest has given up. */
  get actual(): number {
    return this.#balloon.inflatedPages
  }

  /** As of the last `poll`. */
  get state(): BalloonState {
    return this.#state
  }

  /** Whether the guest can be relied on to give up what it is asked for. */
  get isCompliant(): boolean {
    return this.#state !== 'absent' && this.#state !== 'stalled' && this.#state !== 'lying'
  }

  /** Pages that are wanted from the guest, and that it will not give up by itself. */
  get shortfall(): number {
    return this.isCompliant ? 0 : Math.max(0, this.#target - this.actual)
  }

  /** Pages that the guest shall give up. */
  setTarget(pages: number): void {
    this.#balloon.setTarget(pages)
    this.#target = pages
    // A new wish is a new chance for a guest that was where it should be, and none for one that has not followed the old one yet.
    if (this.#state === 'reached' || this.#state === 'deflating') this.#begin()
  }

  /** Looks how far the guest has got. To be called now and then: about once a second. */
  poll(): this {
    this.#state = this.#look()
    return this
  }

  #begin(): void {
    this.#sinceNs = this.#clock.nowNs()
    this.#fromPages = this.actual
  }

  #look(): BalloonState {
    const { violations, isActive } = this.#balloon
    if (violations > 0) return 'lying'
    // Another driver.
    if (this.#state === 'lying' || (this.#state === 'absent' && isActive)) {
      this.#state = 'inflating'
      this.#begin()
    }
    const missing = this.#target - this.actual
    if (missing <= 0) {
      this.#begin()
      return missing < 0 ? 'deflating' : 'reached'
    }
    const step = Math.min(this.#stepPages, this.#target - this.#fromPages)
    const hasMoved = this.actual - this.#fromPages >= step
    // Pages that it took back do not count twice.
    if (hasMoved) this.#begin()
    if (hasMoved || this.#clock.nowNs() - this.#sinceNs < this.#patienceNs)
      return this.isCompliant || hasMoved ? 'inflating' : this.#state
    return isActive ? 'stalled' : 'absent'
  }
}
