import type { WriteStream } from 'node:tty'

/** One line on a terminal that is written over; nothing elsewhere. */
export class Progress {
  readonly #terminal: Pick<WriteStream, 'isTTY' | 'write' | 'columns'>
  #shown = false

  constructor(terminal: Pick<WriteStream, 'isTTY' | 'write' | 'columns'>) {
    this.#terminal = terminal
  }

  show(message: string): void {
    if (!this.#terminal.isTTY) return
    this.#terminal.write(`\r\x1b[K${message.slice(0, (this.#terminal.columns || 80) - 1)}`)
    this.#shown = true
  }

  clear(): void {
    if (this.#shown) this.#terminal.write('\r\x1b[K')
    this.#shown = false
  }
}
