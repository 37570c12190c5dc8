const controlA = 0x01
/** Silence on a pipe after which a run with the instructions clock begins without waiting for the pipe's end. */
const silenceMs = 300

export interface TerminalCommands {
  quit(): void
  showStatistics(): void
}

/** Where what a person types goes. */
export interface InputSink {
  /** Resolves when there is room for more. */
  write(bytes: Uint8Array): Promise<void>
}

/** Standard input, on its way to a serial port or a keyboard. */
export class TerminalInput {
  readonly #stdin = process.stdin
  readonly #sink: InputSink
  readonly #commands: TerminalCommands
  #afterControlA = false
  #ended = false
  #heardAt = 0

  constructor(sink: InputSink, commands: TerminalCommands) {
    this.#sink = sink
    this.#commands = commands
  }

  /** Starts to read; on a terminal, key by key. */
  start(): void {
    if (this.#stdin.isTTY) {
      this.#stdin.setRawMode(true)
      process.on('exit', () => this.#stdin.setRawMode(false))
    }
    this.#heardAt = performance.now()
    void this.#pump()
  }

  /** Resolves when a pipe has told all that it has to tell: at its end, or when it has been silent for a moment. */
  async settled(): Promise<void> {
    while (!this.#ended && performance.now() - this.#heardAt < silenceMs) {
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }

  async #pump(): Promise<void> {
    try {
      for await (const chunk of this.#stdin as AsyncIterable<Uint8Array>) {
        this.#heardAt = performance.now()
        await this.#sink.write(this.#stdin.isTTY ? this.#withoutCommands(chunk) : chunk)
      }
    } catch {
      // Standard input that cannot be read has ended.
    }
    this.#ended = true
  }

  /** Carries out and removes what follows Ctrl-A. */
  #withoutCommands(bytes: Uint8Array): Uint8Array {
    const kept: number[] = []
    for (const byte of bytes) {
      if (!this.#afterControlA) {
        this.#afterControlA = byte === controlA
        if (!this.#afterControlA) kept.push(byte)
        continue
      }
      this.#afterControlA = false
      const key = String.fromCharCode(byte).toLowerCase()
      if (key === 'x') this.#commands.quit()
      else if (key === 'c') this.#commands.showStatistics()
      else if (byte === controlA) kept.push(byte)
    }
    return Uint8Array.from(kept)
  }
}
