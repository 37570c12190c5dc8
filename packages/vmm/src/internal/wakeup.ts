/** The longest that a runtime's timer waits. */
const longestMs = 2 ** 31 - 1

/** Sleep that can be cut short. */
export class Wakeup {
  #wake: () => void = () => {}

  /** Ends the sleep under way, if there is one. */
  wake(): void {
    this.#wake()
  }

  /** Resolves after `ms` milliseconds with true, or when woken with false. A sleep keeps the runtime alive. */
  sleep(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (hasPassed: boolean): void => {
        clearTimeout(timer)
        this.#wake = () => {}
        resolve(hasPassed)
      }
      const timer = setTimeout(() => end(true), Math.min(ms, longestMs))
      this.#wake = () => end(false)
    })
  }
}
