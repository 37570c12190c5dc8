import { VmmError } from '../errors.ts'

/** A kernel that runs so many instructions from halt to halt does more than answer its tick. */
const busyInstructions = 50_000
/** Of the time for which a guest has been idle, the part that its next timer may be late. */
const lateness = 1 / 20
const longestNs = 1e9
/** Slack of less is not made use of: a runtime's timers count in milliseconds. */
const shortestNs = 1e6

/** What a processor has done in its life. */
export interface Work {
  readonly retired: number
  readonly userEntries: number
}

/**
 * How late the timers of an idle guest may be. Many kernels tick while they have nothing to do; whoever has been idle for long does
 * not notice when that happens later, and the host has less to wake up for. A guest that works, that runs a program of its user's, or that
 * something but its timer has woken up, is served on time, and gets its slack back as it goes on being idle.
 */
export class TimerSlack {
  readonly #mostNs: number
  #idleSinceNs = 0
  #retired = 0
  #userEntries = 0

  /** @throws VmmError when `mostNs` is out of its range. */
  constructor(mostNs: number) {
    if (!(mostNs >= 0 && mostNs <= longestNs)) {
      throw new VmmError('bad-option', `timerSlackNs is ${mostNs}; must be from 0 to ${longestNs}`)
    }
    this.#mostNs = mostNs
  }

  /** The processor halts at `nowNs`, having retired so many instructions in its life, and entered user mode so many times. */
  halted(nowNs: number, { retired, userEntries }: Work): void {
    const isIdle = userEntries === this.#userEntries && retired - this.#retired < busyInstructions
    if (!isIdle) this.#idleSinceNs = nowNs
    this.#retired = retired
    this.#userEntries = userEntries
  }

  /** The guest was woken up by something else than its timer. */
  disturbed(nowNs: number): void {
    this.#idleSinceNs = nowNs
  }

  /** What the next timer may be late by. */
  ns(nowNs: number): number {
    return Math.min(this.#mostNs, Math.max(0, (nowNs - this.#idleSinceNs) * lateness))
  }

  /**
   * When to wake a guest up whose timer expires at `dueNs` and may be late by `slackNs`: at a multiple of what its slack can be, or of a half,
   * a quarter and so on of that. So guests wake up together, and find in the processor's caches what the one before has brought there.
   */
  wakeNs(dueNs: number, slackNs: number): number {
    if (slackNs < shortestNs) return dueNs
    let unit = this.#mostNs
    while (unit > slackNs) unit /= 2
    return Math.floor((dueNs + slackNs) / unit) * unit
  }
}
