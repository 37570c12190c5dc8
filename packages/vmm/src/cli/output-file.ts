import { closeSync, openSync, writeSync } from 'node:fs'
import { UsageError } from './status.ts'

/** A file to write at the end; opened at the beginning, so that nobody runs a guest for nothing. */
export class OutputFile {
  readonly #descriptor: number
  readonly #path: string

  /** @throws UsageError when it cannot be written. */
  constructor(path: string, option: string) {
    this.#path = `${option} ${path}`
    try {
      this.#descriptor = openSync(path, 'w')
    } catch (error) {
      throw new UsageError(`${option} ${path}: cannot be written (${(error as NodeJS.ErrnoException).code})`)
    }
  }

  write(content: string | Uint8Array): void {
    try {
      const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
      for (let at = 0; at < bytes.length;) at += writeSync(this.#descriptor, bytes, at)
    } catch (error) {
      throw new UsageError(`${this.#path}: cannot be written (${(error as NodeJS.ErrnoException).code})`)
    }
  }

  close(): void {
    closeSync(this.#descriptor)
  }
}
