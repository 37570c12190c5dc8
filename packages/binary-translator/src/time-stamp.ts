import type { CpuState } from './state/cpu-state.ts'
import { Layout } from './state/layout.ts'
import type { Quad, TimeStampCounter } from './system/types.ts'

const two32 = 2 ** 32
/** Scales and values are whole parts of a count, so many of them; what the guest reads is rounded down. A power of two. */
export const TIME_STAMP_PARTS = 16
const parts = TIME_STAMP_PARTS
/** Counts per instruction that fit into their cell. */
const largestScale = two32 / parts

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

  /** Counts per instruction from the next run on: a multiple of 1/16 above 0. */
  set scale(counts: number) {
    if (!Number.isInteger(counts * parts) || counts <= 0 || counts >= largestScale)
      throw new RangeError(`scale is ${counts}; must be a multiple of 1/${parts} between 0 and ${largestScale}`)
    this.#scale = counts
  }

  /** Moves the counter forward to `value`, for a clock that runs on while no instruction does. */
  advanceTo(value: number): void {
    const target = Math.floor(value * parts) / parts
    if (target > this.#value) this.#stop(target)
  }

  /** The counter between runs, without what WRMSR added. */
  get value(): number {
    return Math.floor(this.#value)
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
    const whole = Math.floor(this.#base)
    const counter = whole + this.#offset
    this.#state.set(Layout.tscBase, counter % two32)
    this.#state.set(Layout.tscBase + 4, Math.floor(counter / two32))
    this.#state.set(Layout.tscScale, this.#scale * parts)
    this.#state.set(Layout.tscFraction, (this.#base - whole) * parts)
  }

  read(): Quad {
    const counter = Math.floor(this.#now()) + this.#offset
    return { low: counter >>> 0, high: Math.floor(counter / two32) >>> 0 }
  }

  /** What `value` is when the guest reads `counter`. */
  valueAt(counter: number): number {
    return counter - this.#offset
  }

  write(low: number, high: number): void {
    this.#offset = high * two32 + low - Math.floor(this.#now())
    this.#store()
  }
}
