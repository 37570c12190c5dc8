import { VmmError } from '../errors.ts'

/** A guest that runs so many instructions from halt to halt does more than answer its tick. */
const busyInstructions = 50_000
/** Of the time for which a guest has been idle, the part that its next timer may be late. */
const lateness = 1 / 20
const longestNs = 1e9

/**
 * How late the timers of an idle guest may be. Many kernels tick while they have nothing to do; whoever has been idle for long does
 * not notice when that happens later, and the host has less to wake up for. A guest that works, or that something but its
 * timer has woken up, is served on time, and gets its slack back as it goes on being idle.
 */
export class TimerSlack {
  readonly #mostNs: number
  #idleSinceNs = 0
  #retired = 0

  /** @throws VmmError when `mostNs` is out of its range. */
  constructor(mostNs: number) {
    if (!(mostNs >= 0 && mostNs <= longestNs)) {
      throw new VmmError('bad-option', `timerSlackNs is ${mostNs}; must be from 0 to ${longestNs}`)
    }
    this.#mostNs = mostNs
  }

  /** The processor halts at `nowNs`, having retired so many instructions in its life. */
  halted(nowNs: number, retired: number): void {
    if (retired - this.#retired >= busyInstructions) this.#idleSinceNs = nowNs
    this.#retired = retired
  }

  /** The guest was woken up by something else than its timer. */
  disturbed(nowNs: number): void {
    this.#idleSinceNs = nowNs
  }

  /** What the next timer may be late by. */
  ns(nowNs: number): number {
    return Math.min(this.#mostNs, Math.max(0, (nowNs - this.#idleSinceNs) * lateness))
  }
}
