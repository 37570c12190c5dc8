import type { Clock } from '../timers.ts'
import { ClockTimers } from '../timers.ts'

/** A clock that stands still until it is told otherwise. */
export class ManualClock implements Clock {
  #ns: number

  constructor(ns = 0) {
    this.#ns = ns
  }

  nowNs(): number {
    return this.#ns
  }

  set(ns: number): void {
    if (!(ns >= this.#ns)) throw new RangeError(`time moves forward: ${ns} is before ${this.#ns}`)
    this.#ns = ns
  }
}

/**
 * Deterministic timers: time moves only by `advance`, which stops at every deadline on the way, so that each callback sees
 * exactly the time that it asked for.
 */
export class FakeTimers extends ClockTimers {
  readonly #manual: ManualClock

  constructor(startNs = 0) {
    const clock = new ManualClock(startNs)
    super({ clock })
    this.#manual = clock
  }

  /** Moves time by `ns`, running what falls due. Returns how many callbacks ran. */
  advance(ns: number): number {
    return this.advanceTo(this.nowNs() + ns)
  }

  advanceTo(ns: number): number {
    let count = 0
    for (let next = this.nextDeadline(); next <= ns; next = this.nextDeadline()) {
      this.#manual.set(Math.max(next, this.nowNs()))
      count += this.runDue(this.nowNs())
    }
    this.#manual.set(ns)
    return count
  }

  /** Moves time without stopping on the way, as a host that was busy would: everything due runs late, at once. */
  leap(ns: number): number {
    this.#manual.set(this.nowNs() + ns)
    return this.runDue(this.nowNs())
  }
}

/** A wall clock that follows the timers from a fixed start, by default 2024-02-29T12:00:00. */
export function fakeWallClock(timers: { nowNs(): number }, startMs = 1_709_208_000_000): { nowMs(): number } {
  return { nowMs: () => startMs + timers.nowNs() / 1e6 }
}
