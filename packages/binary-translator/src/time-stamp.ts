import type { CpuState } from './state/cpu-state.ts'
import { Layout } from './state/layout.ts'
import type { Quad, TimeStampCounter } from './system/types.ts'

const two32 = 2 ** 32

/**
 * The time-stamp counter. RDTSC in translated code computes base - (budget + remaining) * scale without leaving it;
 * the monitor moves the base between runs, so that the counter follows the clock it wants, never backwards.
 */
export class TimeStamp implements TimeStampCounter {
  readonly #state: CpuState
  readonly #left: () => number
  /** Value that the counter has reached when no run is under way. */
  #value = 0
  /** Added to `#value` by WRMSR. */
  #base = 0
  #scale = 1

  constructor(state: CpuState, budgetLeft: () => number) {
    this.#state = state
    this.#left = budgetLeft
  }

  /** Counts per instruction (a positive integer) from the next run on. */
  set scale(counts: number) {
    if (!Number.isSafeInteger(counts) || counts < 1)
      throw new RangeError(`scale is ${counts}; must be a positive integer`)
    this.#scale = counts
  }

  /** Moves the counter forward to `value`, for a clock that runs on while no instruction does. */
  advanceTo(value: number): void {
    const target = Math.floor(value)
    if (target > this.#value) this.#stop(target)
  }

  /** The counter between runs, without what WRMSR added. */
  get value(): number {
    return this.#value
  }

  /** A run of `budget` instructions begins. */
  begin(budget: number): void {
    this.#base = this.#value + budget * this.#scale
    this.#store()
  }

  /** The run ended with `budget` instructions left. */
  end(): void {
    this.#stop(this.#now())
  }

  /** No run is under way: no budget is left to subtract from the base. */
  #stop(value: number): void {
    this.#value = value
    this.#base = value
  }

  #now(): number {
    return this.#base - this.#left() * this.#scale
  }

  #offset = 0

  #store(): void {
    const counter = this.#base + this.#offset
    this.#state.set(Layout.tscBase, counter % two32)
    this.#state.set(Layout.tscBase + 4, Math.floor(counter / two32))
    this.#state.set(Layout.tscScale, this.#scale)
    this.#state.set(Layout.tscScale + 4, 0)
  }

  read(): Quad {
    const counter = this.#now() + this.#offset
    return { low: counter >>> 0, high: Math.floor(counter / two32) >>> 0 }
  }

  /** What `value` is when the guest reads `counter`. */
  valueAt(counter: number): number {
    return counter - this.#offset
  }

  write(low: number, high: number): void {
    this.#offset = high * two32 + low - this.#now()
    this.#store()
  }
}
