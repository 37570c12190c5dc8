import type { SharingClock } from '../types.ts'

/** A clock that stands still until it is told. */
export class ManualClock implements SharingClock {
  #nowNs = 0

  nowNs(): number {
    return this.#nowNs
  }

  advance(ns: number): void {
    this.#nowNs += ns
  }
}
