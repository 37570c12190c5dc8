import { renameSync, writeFileSync } from 'node:fs'
import { UsageError } from '../status.ts'
import { metricsOf } from './metrics.ts'
import type { HostSample } from './sample.ts'

/** Where `--metrics` goes: standard output, or a file that always holds a whole sample, as Prometheus' textfile collector wants it. */
export class MetricsOutput {
  readonly toStandardOutput: boolean
  readonly #path: string

  /** @throws UsageError when the file cannot be written. */
  constructor(path: string) {
    this.#path = path
    this.toStandardOutput = path === 'stdout'
    if (!this.toStandardOutput) this.#replace('')
  }

  /** Writes a sample. @throws UsageError when the file can no longer be written. */
  write(sample: HostSample): void {
    const text = metricsOf(sample)
    if (this.toStandardOutput) process.stdout.write(text)
    else this.#replace(text)
  }

  #replace(text: string): void {
    const draft = `${this.#path}.tmp`
    try {
      writeFileSync(draft, text)
      renameSync(draft, this.#path)
    } catch (error) {
      throw new UsageError(`--metrics ${this.#path}: cannot be written (${(error as NodeJS.ErrnoException).code})`)
    }
  }
}
