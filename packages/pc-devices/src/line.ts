import type { Line } from './types.ts'

/** A line that several devices pull: asserted as long as one of them asserts it. */
export class WiredOr {
  readonly #target: Line
  #asserted = 0

  constructor(target: Line) {
    this.#target = target
  }

  get level(): boolean {
    return this.#asserted > 0
  }

  /** A new input of the line. */
  input(): Line {
    let own = false
    return (level) => {
      if (level === own) return
      own = level
      this.#asserted += level ? 1 : -1
      if (this.#asserted === (level ? 1 : 0)) this.#target(level)
    }
  }
}

/** The line that goes nowhere. */
export const NO_LINE: Line = () => {}

/** A line that another device can take over: while the gate is shut the target is released. */
export class GatedLine {
  readonly #target: Line
  #open = true
  #level = false

  constructor(target: Line) {
    this.#target = target
  }

  readonly input: Line = (level) => {
    this.#level = level
    if (this.#open) this.#target(level)
  }

  set open(open: boolean) {
    this.#open = open
    this.#target(open && this.#level)
  }
}
