/** The longest that a runtime's timer waits. */
const longestMs = 2 ** 31 - 1

/** Sleep that can be cut short. */
export class Wakeup {
  #wake: () => void = () => {}

  /** Ends the sleep under way, if there is one. */
  wake(): void {
    this.#wake()
  }

  /** Resolves after `ms` milliseconds, or when woken. A sleep keeps the runtime alive. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#wake(), Math.min(ms, longestMs))
      this.#wake = () => {
        clearTimeout(timer)
        this.#wake = () => {}
        resolve()
      }
    })
  }
}
