/** Finds a text in bytes that come in pieces. */
export class TextWatch {
  readonly #wanted: string
  #tail = ''

  /** An empty text is found at the first byte. */
  constructor(text: string) {
    // One character per byte, so that a text in UTF-8 is found whatever the pieces.
    this.#wanted = Buffer.from(text, 'utf8').toString('latin1')
  }

  /** Whether the text has appeared, now or at the end of what came before. */
  sees(bytes: Uint8Array): boolean {
    const text = this.#tail + Buffer.from(bytes).toString('latin1')
    if (text.includes(this.#wanted)) return true
    this.#tail = this.#wanted.length > 1 ? text.slice(1 - this.#wanted.length) : ''
    return false
  }
}
