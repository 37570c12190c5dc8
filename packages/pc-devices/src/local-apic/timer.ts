import type { TimerHandle, Timers } from '../types.ts'
import { TimerMode } from './registers.ts'
import type { ApicTimerState } from './state.ts'

export interface ApicTimerOptions {
  timers: Timers
  /** Nanoseconds per tick of the undivided timer clock. */
  tickNs: number
  shortestEdgeNs: number
  tsc: { toNs: (tsc: number) => number } | undefined
  /** The count reached zero. */
  onExpire: () => void
}

/** The local APIC's timer: a count that is computed when read, and one host timer for the next expiry. */
export class ApicTimer {
  readonly #options: ApicTimerOptions
  #state: ApicTimerState
  #mode: number = TimerMode.OneShot
  #masked = true
  #handle: TimerHandle | undefined

  constructor(options: ApicTimerOptions, state: ApicTimerState) {
    this.#options = options
    this.#state = state
  }

  /** The state is shared with the APIC's. */
  restore(state: ApicTimerState, mode: number, masked: boolean): void {
    this.#state = state
    this.#mode = mode
    this.#masked = masked
    this.#wait(state.dueNs ?? Infinity)
  }

  /** The LVT entry changed. Going to or from TSC-deadline mode disarms the timer (SDM vol. 3, 11.5.4.1). */
  configure(mode: number, masked: boolean): void {
    if (mode === this.#mode && masked === this.#masked) return
    this.#expireIfDue()
    if (mode !== this.#mode) {
      const count = this.current()
      const disarm = mode === TimerMode.TscDeadline || this.#mode === TimerMode.TscDeadline
      this.#mode = mode
      this.#state.tscDeadline = { low: 0, high: 0 }
      this.#anchor(disarm ? 0 : count)
      if (disarm) this.#state.initial = 0
    }
    this.#masked = masked
    this.#schedule()
  }

  /** When a timer expires that is not periodic: its one interrupt is not lost, nor any other put off, when that happens late. Null: none. */
  get oneShotDueNs(): number | null {
    return this.#mode === TimerMode.Periodic ? null : this.#state.dueNs
  }

  setInitial(count: number): void {
    if (this.#mode === TimerMode.TscDeadline) return
    this.#expireIfDue()
    this.#state.initial = count
    this.#anchor(count)
    this.#schedule()
  }

  setDivide(value: number): void {
    this.#expireIfDue()
    const count = this.current()
    this.#state.divide = value & 0x0b
    this.#anchor(count)
    this.#schedule()
  }

  setTscDeadline(low: number, high: number): void {
    if (this.#mode !== TimerMode.TscDeadline) return
    this.#expireIfDue()
    this.#state.tscDeadline = { low, high }
    this.#schedule()
  }

  /** Current count register. */
  current(): number {
    const { initial, anchorNs, anchorCount } = this.#state
    const ticks = Math.max(0, Math.floor((this.#now() - anchorNs) / this.#tickNs()))
    if (ticks < anchorCount) return anchorCount - ticks
    if (this.#mode !== TimerMode.Periodic || initial === 0) return 0
    return initial - ((ticks - anchorCount) % initial)
  }

  #anchor(count: number): void {
    this.#state.anchorNs = this.#now()
    this.#state.anchorCount = count
  }

  #now(): number {
    return this.#options.timers.nowNs()
  }

  /** Divide configuration, bits 3, 1, 0: 000 divides by 2 ... 110 by 128, 111 by 1. */
  #tickNs(): number {
    const code = (this.#state.divide & 3) | ((this.#state.divide & 8) >> 1)
    return this.#options.tickNs * (code === 7 ? 1 : 2 << code)
  }

  #schedule(): void {
    this.#wait(this.#masked ? Infinity : this.#deadline())
  }

  #wait(dueNs: number): void {
    this.#handle?.cancel()
    this.#handle = undefined
    this.#state.dueNs = dueNs === Infinity ? null : dueNs
    if (dueNs < Infinity) this.#handle = this.#options.timers.schedule(dueNs, () => this.#expired())
  }

  /** What the guest changes now must not undo an expiry that only waits for the host. */
  #expireIfDue(): void {
    const { dueNs } = this.#state
    if (dueNs !== null && dueNs <= this.#now()) this.#expired()
  }

  #deadline(): number {
    const { anchorNs, anchorCount, initial, tscDeadline } = this.#state
    if (this.#mode === TimerMode.TscDeadline) {
      const tsc = tscDeadline.high * 2 ** 32 + tscDeadline.low
      return tsc > 0 && this.#options.tsc ? this.#options.tsc.toNs(tsc) : Infinity
    }
    const first = anchorNs + anchorCount * this.#tickNs()
    const now = this.#now()
    if (anchorCount > 0 && first > now) return first
    if (this.#mode !== TimerMode.Periodic || initial === 0) return Infinity
    const period = initial * this.#tickNs()
    return first + (Math.floor((now - first) / period) + 1) * period
  }

  /** Expiries that were missed, or that come faster than the shortest edge, are folded into one. */
  #expired(): void {
    if (this.#mode === TimerMode.TscDeadline) this.#state.tscDeadline = { low: 0, high: 0 }
    const earliest = this.#now() + Math.max(1, this.#options.shortestEdgeNs)
    this.#wait(this.#mode === TimerMode.Periodic ? Math.max(this.#deadline(), earliest) : Infinity)
    this.#options.onExpire()
  }
}
