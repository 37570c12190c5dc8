const NS_PER_SECOND = 1e9

/** Lets `perSecond` pages through on the average, and at most what one second allows (and one page) at once. */
export class RateCap {
  readonly #perSecond: number
  readonly #most: number
  #allowed: number
  #sinceNs: number

  constructor(perSecond: number, nowNs: number) {
    this.#perSecond = perSecond
    this.#most = Math.max(1, perSecond)
    this.#allowed = perSecond === 0 ? 0 : this.#most
    this.#sinceNs = nowNs
  }

  advance(nowNs: number): void {
    const elapsedNs = Math.max(0, nowNs - this.#sinceNs)
    this.#sinceNs = nowNs
    if (this.#perSecond !== Infinity)
      this.#allowed = Math.min(this.#most, this.#allowed + (elapsedNs * this.#perSecond) / NS_PER_SECOND)
  }

  get isOpen(): boolean {
    return this.#allowed >= 1
  }

  take(): void {
    this.#allowed--
  }
}
