const NS_PER_SECOND = 1e9

/**
 * Converts between nanoseconds and the ticks of a free-running oscillator that started at time 0.
 *
 * Exact for whole nanoseconds and frequencies below 9 MHz: seconds and the rest are converted apart, so that the largest
 * product is 1e9 * hz < 2^53; fractions are multiples of 1e-9 (or 1/hz), far above the rounding of the division.
 */
export class TickGrid {
  readonly #hz: number

  constructor(hz: number) {
    if (!(hz > 0 && hz < 9e6)) throw new RangeError(`frequency must lie in (0, 9e6) Hz, got ${hz}`)
    this.#hz = hz
  }

  /** How many ticks have happened at time `ns`. */
  ticksAt(ns: number): number {
    const seconds = Math.floor(ns / NS_PER_SECOND)
    return seconds * this.#hz + Math.floor(((ns - seconds * NS_PER_SECOND) * this.#hz) / NS_PER_SECOND)
  }

  /** The first whole nanosecond at which `tick` has happened. */
  nsAt(tick: number): number {
    const seconds = Math.floor(tick / this.#hz)
    return seconds * NS_PER_SECOND + Math.ceil(((tick - seconds * this.#hz) * NS_PER_SECOND) / this.#hz)
  }
}
