/** Looks at something every few milliseconds while an experiment runs: in turns of the event loop, and so between slices of its machines. */
export class Timeline<Moment> {
  readonly moments: Moment[] = []
  readonly #timer: ReturnType<typeof setInterval>
  readonly #look: () => Moment

  constructor(look: () => Moment, everyMs: number = 20) {
    this.#look = look
    this.moments.push(look())
    this.#timer = setInterval(() => void this.moments.push(look()), everyMs)
  }

  /** The last look. */
  end(): void {
    clearInterval(this.#timer)
    this.moments.push(this.#look())
  }
}
