import type { TimerHandle, Timers } from './types.ts'

/** A source of time that only moves forward: wall clock, or the count of retired instructions. */
export interface Clock {
  nowNs(): number
}

export interface ClockTimersOptions {
  clock: Clock
  /** The most callbacks that one `runDue` calls; the rest stays due. Default 4096. */
  maxPerRun?: number
}

interface Entry {
  deadlineNs: number
  sequence: number
  /** Place in the heap, -1 when run or cancelled. */
  place: number
  readonly callback: () => void
}

/**
 * Timers over an injected clock. Nothing happens by itself: the owner asks `nextDeadline()`, lets the guest run until then,
 * and calls `runDue(now)`. Callbacks run in the order of their deadlines, equal deadlines in the order of scheduling.
 */
export class ClockTimers implements Timers {
  readonly #clock: Clock
  readonly #maxPerRun: number
  readonly #heap: Entry[] = []
  #sequence = 0
  #floorNs = 0

  constructor({ clock, maxPerRun = 4096 }: ClockTimersOptions) {
    if (!(maxPerRun >= 1)) throw new RangeError(`maxPerRun must be at least 1, got ${maxPerRun}`)
    this.#clock = clock
    this.#maxPerRun = maxPerRun
  }

  /** The clock's time; inside `runDue(now)` at least `now`, and never less than what an earlier call saw there. */
  nowNs(): number {
    return Math.max(this.#clock.nowNs(), this.#floorNs)
  }

  /** How many timers wait. */
  get size(): number {
    return this.#heap.length
  }

  /** The earliest deadline, `Infinity` when nothing waits. */
  nextDeadline(): number {
    return this.#heap[0]?.deadlineNs ?? Infinity
  }

  /** The deadline behind the earliest one, `Infinity` when fewer than two timers wait. */
  deadlineAfterNext(): number {
    return Math.min(this.#heap[1]?.deadlineNs ?? Infinity, this.#heap[2]?.deadlineNs ?? Infinity)
  }

  schedule(deadlineNs: number, callback: () => void): TimerHandle {
    if (Number.isNaN(deadlineNs)) throw new RangeError('a deadline must be a number of nanoseconds, got NaN')
    const entry: Entry = { deadlineNs, sequence: this.#sequence++, place: this.#heap.length, callback }
    this.#heap.push(entry)
    this.#up(entry)
    return { cancel: () => this.#remove(entry) }
  }

  /** Calls what is due at `nowNs` and returns how many callbacks ran (at most `maxPerRun`). */
  runDue(nowNs: number): number {
    if (Number.isNaN(nowNs)) throw new RangeError('the time must be a number of nanoseconds, got NaN')
    this.#floorNs = Math.max(this.#floorNs, nowNs)
    let count = 0
    for (; count < this.#maxPerRun; count++) {
      const first = this.#heap[0]
      if (first === undefined || first.deadlineNs > nowNs) break
      this.#remove(first)
      first.callback()
    }
    return count
  }

  #remove(entry: Entry): void {
    const place = entry.place
    if (place < 0) return
    entry.place = -1
    const last = this.#heap.pop()!
    if (last === entry) return
    this.#heap[place] = last
    last.place = place
    this.#up(last)
    this.#down(last)
  }

  #up(entry: Entry): void {
    while (entry.place > 0) {
      const parent = this.#heap[(entry.place - 1) >> 1]!
      if (!before(entry, parent)) return
      this.#swap(entry, parent)
    }
  }

  #down(entry: Entry): void {
    for (;;) {
      const left = this.#heap[2 * entry.place + 1]
      const right = this.#heap[2 * entry.place + 2]
      const child = right !== undefined && left !== undefined && before(right, left) ? right : left
      if (child === undefined || !before(child, entry)) return
      this.#swap(child, entry)
    }
  }

  #swap(a: Entry, b: Entry): void {
    const place = a.place
    a.place = b.place
    b.place = place
    this.#heap[a.place] = a
    this.#heap[b.place] = b
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.deadlineNs < b.deadlineNs || (a.deadlineNs === b.deadlineNs && a.sequence < b.sequence)
}
